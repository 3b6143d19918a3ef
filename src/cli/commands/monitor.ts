// lwaftr monitor: rates of a running relay, a line each second.
import { type Command, Option } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { countersOf, matching } from '../read-counters.js'
import { type LookOptions, looks, withLooks } from '../watch/looks.js'
import { drops, type Rates, ratesBetween, secondsBetween } from '../watch/rates.js'
import type { Counters, RelayState } from '../watch/relay-state.js'
import { clock, FLOWS, short } from '../watch/traffic.js'

interface MonitorOptions extends ConnectionOptions, LookOptions {
  readonly format: 'text' | 'json'
}

/** Lines after which a terminal shows the head again. */
const PAGE = 20

export function monitorCommand(): Command {
  return withLooks(clientCommand('monitor'))
    .description(
      'Print what a running relay carries and drops each second, until interrupted; with PATTERN the rates\n' +
        'of the counters named like that.',
    )
    .argument('[pattern]', 'counters with this in their name; * is anything')
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Rates are of packets, and of bits of their Ethernet frames without FCS.

Examples:
  lwaftr monitor
  lwaftr monitor 'drop-*-packets'
  lwaftr monitor --count 60 --format json > minute.jsonl`,
    )
    .action(monitor)
}

async function monitor(pattern: string | undefined, options: MonitorOptions): Promise<void> {
  const { interval, count = Infinity, instance, format } = options
  const warn = (problem: string) => process.stderr.write(`lwaftr: ${problem}; trying again\n`)
  let before: RelayState | undefined
  let lines = 0
  for await (const state of looks(
    () => connect(options),
    () => interval,
    warn,
  )) {
    const counters = chosen(state, instance, pattern)
    if (before !== undefined) {
      const old = countersOf(before, instance)
      const rates = ratesBetween(old, counters, secondsBetween(before, state))
      if (format === 'json') process.stdout.write(jsonLine(rates))
      else if (pattern !== undefined) process.stdout.write(namedLines(rates))
      else process.stdout.write((lines % pageLength() === 0 ? HEAD : '') + line(rates))
      if (++lines === count) return
    }
    before = state
  }
}

function chosen(state: RelayState, instance: string | undefined, pattern: string | undefined): Counters {
  const counters = countersOf(state, instance)
  return pattern === undefined ? counters : matching(counters, pattern)
}

/** What goes into a file has its head once. */
function pageLength(): number {
  return process.stdout.isTTY ? PAGE : Infinity
}

const HEAD = `${[
  ''.padEnd(8),
  ...FLOWS.map(({ title }) => title.padStart(16)),
  ' dropped\n',
  'time    ',
  ...FLOWS.map(() => '   pkt/s   bit/s'),
  '   pkt/s',
].join('')}\n`

function line(rates: Rates): string {
  const flows = FLOWS.flatMap(({ packets, bytes }) => [rates.get(packets) ?? 0, 8 * (rates.get(bytes) ?? 0)])
  return `${[clock(new Date()), ...[...flows, drops(rates)].map((rate) => short(rate).padStart(8))].join('')}\n`
}

/** Those that move; a look at which none does says so. */
function namedLines(rates: Rates): string {
  const moving = [...rates].filter(([, rate]) => rate > 0)
  const time = clock(new Date())
  if (moving.length === 0) return `${time} none\n`
  return moving.map(([name, rate]) => `${time} ${name} ${short(rate)}/s\n`).join('')
}

function jsonLine(rates: Rates): string {
  const rounded = [...rates].map(([name, rate]) => [name, Math.round(rate * 1000) / 1000])
  return `${JSON.stringify({ time: new Date().toISOString(), rates: Object.fromEntries(rounded) })}\n`
}
