// lwaftr top: what a running relay does, on a live screen.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { hint } from '../../schema/suggest.js'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { Refused } from '../failure.js'
import { frame, type Picture, plainFrame } from '../top/frame.js'
import { Screen } from '../top/screen.js'
import { KEYS, press, type View } from '../top/view.js'
import { type LookOptions, looks, withLooks } from '../watch/looks.js'
import type { RelayState } from '../watch/relay-state.js'

type TopOptions = ConnectionOptions & LookOptions

/** Seconds between the first two looks: nobody likes an empty screen. */
const FIRST = 0.2

export function topCommand(): Command {
  return withLooks(clientCommand('top'))
    .description(
      'Show what a running relay does: traffic, queues with their CPU and next hops, drops by reason.\n' +
        'Where stdout is no terminal it is printed once, or --count times.',
    )
    .addHelpText(
      'after',
      `
Keys: ${KEYS.replaceAll('  ', ', ')}.

Rates are of packets, and of bits of their Ethernet frames without FCS. CPU is of the queue's thread.
IN and OUT of the passthru are what its device got and what came from it.

Examples:
  lwaftr top
  lwaftr top --instance eth1 --interval 5
  lwaftr top --count 1 | cat`,
    )
    .action(top)
}

async function top(options: TopOptions): Promise<void> {
  const interactive = process.stdout.isTTY && process.stdin.isTTY
  await (interactive ? live(options) : plain(options))
}

async function plain({ count = 1, ...options }: TopOptions): Promise<void> {
  const warn = (problem: string) => process.stderr.write(`lwaftr: ${problem}; trying again\n`)
  let before: RelayState | undefined
  let printed = 0
  for await (const now of looks(
    () => connect(options),
    () => options.interval,
    warn,
  )) {
    if (before !== undefined) {
      const view = firstView(options, now)
      process.stdout.write((printed > 0 ? '\n' : '') + plainFrame(picture(options, before, now), view))
      if (++printed === count) return
    }
    before = now
  }
}

async function live({ count = Infinity, ...options }: TopOptions): Promise<void> {
  const screen = new Screen(process.stdin, process.stdout, process.env)
  let view: View | undefined
  let last: Picture | undefined
  const draw = () => view && last && screen.draw(frame(last, view, screen.size))
  const interval = () => (last === undefined ? FIRST : (view?.interval ?? options.interval))
  const warn = (problem: string) => {
    if (last) last = { ...last, problem: `${problem}; trying again` }
    draw()
  }
  let before: RelayState | undefined
  let drawn = 0
  for await (const now of looks(() => connect(options), interval, warn)) {
    if (view === undefined) {
      view = firstView(options, now)
      screen.open({
        onRedraw: draw,
        onKey(key) {
          const pressed = view && press(view, key, (last?.now ?? now).instances.length)
          if (pressed === 'quit') process.exit(0)
          view = pressed
          draw()
        },
      })
    }
    while (view?.paused) await sleep(100)
    if (before !== undefined) {
      last = picture(options, before, now)
      draw()
      if (++drawn === count) break
    }
    before = now
  }
  screen.close()
}

function picture({ name, url }: TopOptions, before: RelayState, now: RelayState): Picture {
  return { title: name ?? url?.host ?? '', before, now, at: new Date(), problem: '' }
}

function firstView({ interval, instance }: TopOptions, { instances }: RelayState): View {
  const devices = instances.map(({ device }) => device)
  const index = instance === undefined ? -1 : devices.indexOf(instance)
  if (instance !== undefined && index < 0)
    throw new Refused(`the relay has no instance ${instance}${hint(instance, devices)}`)
  return {
    counters: 'drops',
    order: 'rate',
    filter: '',
    typing: false,
    instance: index < 0 ? undefined : index,
    paused: false,
    scroll: 0,
    interval,
  }
}
