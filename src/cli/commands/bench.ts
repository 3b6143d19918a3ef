import { Command, InvalidArgumentError } from 'commander'
import {
  type BenchOptions,
  type BenchResult,
  bench,
  benchLive,
  type Run,
  type Throughput,
} from '../../dataplane/bench.js'
import type { NativeBindingTable } from '../../dataplane/native.js'
import { wholeNumber } from '../argument.js'
import { openOffline } from '../offline.js'

const COUNT = wholeNumber(0, 999_999_999)

interface Options {
  readonly duration: number
  readonly json?: true
  readonly cpu?: number
  readonly stages?: true
  readonly edits?: number
  readonly reloads?: number
}

export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Loop two pcap files through one data-plane thread in memory, as many packets of each, and print\n' +
        'how many per second leave in each direction.',
    )
    .argument('<conf>', "configuration; its first instance's first queue is used")
    .argument('<v4-in>', 'pcap of what arrives at the external (IPv4) interface')
    .argument('<v6-in>', 'pcap of what arrives at the internal (IPv6) interface')
    .option('-D, --duration <seconds>', 'how long', seconds, 5)
    .option('--json', 'print one JSON object')
    .option('--cpu <list>', 'pin the thread to the first of these CPUs', firstCpu)
    .option('--stages', 'also print how long each stage takes, in ns per packet')
    .option('--edits <n>', 'instead: forward while another thread edits so many softwires', COUNT)
    .option('--reloads <n>', 'and replaces all of them so many times', COUNT)
    .addHelpText(
      'after',
      `
Mpps and Gbps are of the Ethernet frames sent, without FCS: encap towards the B4s, decap towards the
internet. Packets that are dropped do not count.

With --edits or --reloads three runs are made, each of the duration: undisturbed, disturbed, and disturbed
with every packet held against the tunnels that were legal for it at that moment. Rates are then of packets
received, in both directions together.

Examples:
  lwaftr bench -D 10 --cpu 1 relay.conf v4.pcap v6.pcap
  lwaftr bench --edits 10000 --reloads 3 relay.conf v4.pcap v6.pcap`,
    )
    .action(run)
}

async function run(conf: string, v4In: string, v6In: string, options: Options): Promise<void> {
  const { queue, table } = await openOffline(conf)
  const how = { settings: queue, v4In, v6In, seconds: options.duration, cpu: options.cpu ?? null }
  const live = options.edits !== undefined || options.reloads !== undefined
  const report = live ? disturbed(table, how, options) : undisturbed(table, how, options)
  table.close()
  process.stdout.write(options.json ? `${JSON.stringify(report.json)}\n` : report.text)
}

interface Report {
  readonly json: unknown
  readonly text: string
}

function undisturbed(table: NativeBindingTable, how: BenchOptions, options: Options): Report {
  const softwires = table.size
  const result = bench(table, how, options.stages)
  const duration = round(result.duration)
  const encap = rates(result.encap, result.duration)
  const decap = rates(result.decap, result.duration)
  const stages = options.stages && nanoseconds(result)
  const text =
    `${softwires} softwires, ${duration} s\n` +
    `encap: ${encap.mpps} Mpps, ${encap.gbps} Gbps\n` +
    `decap: ${decap.mpps} Mpps, ${decap.gbps} Gbps\n`
  const json = { duration, encap, decap, softwires, cpu: share(result), ...(stages && { stages }) }
  return { json, text: stages ? `${text}\n${stageTable(result)}` : text }
}

/** ns for each packet that came in; stages of one direction alone are spread over both. */
function nanoseconds({ stages, received }: BenchResult): Record<string, number> {
  return Object.fromEntries(stages.map(({ name, seconds }) => [name, round((seconds / received) * 1e9)]))
}

function stageTable(result: BenchResult): string {
  const each = nanoseconds(result)
  const total = Object.values(each).reduce((sum, value) => sum + value, 0)
  const line = (ns: number, name: string, meaning: string) =>
    `${ns.toFixed(2).padStart(7)}  ${name.padEnd(22)} ${meaning}`.trimEnd()
  const lines = result.stages.map(({ name, meaning }) => line(each[name] ?? 0, name, meaning))
  return [' ns per packet received, each direction half of them', ...lines, line(total, 'all', ''), ''].join(
    '\n',
  )
}

function disturbed(table: NativeBindingTable, how: BenchOptions, options: Options): Report {
  const { edits = 0, reloads = 0 } = options
  const quiet = benchLive(table, how, { edits: 0, reloads: 0, check: false })
  const busy = benchLive(table, how, { edits, reloads, check: false })
  const checked = benchLive(table, how, { edits, reloads, check: true })
  const before = rate(quiet)
  const during = rate(busy)
  const dip = round(100 * (1 - during / before))
  const reload = reloads > 0 ? round(busy.reloadSeconds / busy.reloads) : 0
  const { wrong, marked, received } = checked
  const json = {
    softwires: table.size,
    edits,
    reloads,
    quiet: before,
    busy: during,
    dip,
    reload,
    wrong,
    marked,
    received,
  }
  const text =
    `${table.size} softwires, ${edits} edits and ${reloads} reloads in ${round(busy.duration)} s\n` +
    `undisturbed: ${before} Mpps; disturbed: ${during} Mpps, ${dip} % less (by CPU time of the forwarding thread)\n` +
    (reloads > 0 ? `a reload took ${reload} s to build and swap\n` : '') +
    `${received} packets checked, ${marked} of them on edited softwires: ${wrong} wrong\n`
  return { json, text }
}

/** Mpps received, per second that the thread had a CPU: what other programs took is nobody's fault here. */
function rate({ received, cpuSeconds }: Run): number {
  return round(received / cpuSeconds / 1e6)
}

function rates({ packets, bytes }: Throughput, duration: number): { mpps: number; gbps: number } {
  return { mpps: round(packets / duration / 1e6), gbps: round((bytes * 8) / duration / 1e9) }
}

/** The part of the time for which the thread had a CPU. */
function share({ cpuSeconds, duration }: Run): number {
  return round(cpuSeconds / duration)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86400)) throw new InvalidArgumentError('It must be a number of seconds.')
  return value
}

function firstCpu(text: string): number {
  if (!/^\d{1,4}([,-]\d{1,4})*$/.test(text))
    throw new InvalidArgumentError('It must be a list of CPUs such as 1 or 2-3.')
  return Number.parseInt(text, 10)
}
