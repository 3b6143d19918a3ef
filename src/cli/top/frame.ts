// What `lwaftr top` shows, as lines: pure, for a terminal or a file.
//
//   title, alarms │ traffic │ queues │ counters, as many as there is room for │ keys
import { matcher } from '../read-counters.js'
import { isReason, type Rates, ratesBetween, secondsBetween } from '../watch/rates.js'
import {
  type Counters,
  type InstanceView,
  type QueueView,
  type RelayState,
  sum,
} from '../watch/relay-state.js'
import { clock, flowRates, grouped, short } from '../watch/traffic.js'
import { nextHop } from './next-hop.js'
import { KEYS, type View } from './view.js'

export type Style = 'head' | 'alarm' | 'dim'
export interface Line {
  readonly text: string
  readonly style?: Style
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Picture {
  readonly title: string
  readonly before: RelayState
  readonly now: RelayState
  readonly at: Date
  /** Why there is no newer state. */
  readonly problem: string
}

/** Queues that are shown one by one when there is not much room. */
const SOME_QUEUES = 6
/** Beside them at least so many counters. */
const SOME_COUNTERS = 4

export function frame(picture: Picture, view: View, size: Size): Line[] {
  const { before, now } = picture
  const seconds = secondsBetween(before, now)
  const shown = chosen(now, view)
  const earlier = before.instances.filter(({ device }) => shown.some((one) => one.device === device))
  const counters = sum(shown.map((one) => one.counters))
  const rates = ratesBetween(sum(earlier.map((one) => one.counters)), counters, seconds)
  const top = [...heading(picture, view, shown), ...traffic(rates, counters)]
  const bottom = keys(view)
  const room = size.rows - top.length - bottom.length
  const queues = queueLines(shown, earlier, seconds, Math.max(SOME_QUEUES, room - SOME_COUNTERS - 4))
  const list = counterLines(rates, counters, view, room - queues.length)
  const lines = [...top, ...queues, ...list]
  const space = Array<Line>(Math.max(0, size.rows - lines.length - bottom.length)).fill({ text: '' })
  return [...lines.slice(0, size.rows - bottom.length), ...space, ...bottom].map((line) => ({
    ...line,
    text: line.text.slice(0, size.columns).padEnd(size.columns),
  }))
}

/** The same for a file: everything, without keys. */
export function plainFrame(picture: Picture, view: View): string {
  const lines = frame(picture, view, { columns: 200, rows: 500 })
  const last = lines.slice(0, -1).findLastIndex(({ text }) => text.trim() !== '')
  return `${lines
    .slice(0, last + 1)
    .map(({ text }) => text.trimEnd())
    .join('\n')}\n`
}

function chosen({ instances }: RelayState, { instance }: View): readonly InstanceView[] {
  const one = instance === undefined ? undefined : instances[instance]
  return one ? [one] : instances
}

function heading({ title, now, at, problem }: Picture, view: View, shown: readonly InstanceView[]): Line[] {
  const which = shown.length === now.instances.length ? '' : `, only ${shown[0]?.device}`
  const left = `${['lwaftr', title].filter(Boolean).join(' ')}: ${grouped(now.softwires)} softwires${which}`
  const right = `${view.paused ? 'paused ' : ''}${clock(at)}, every ${view.interval} s`
  const [worst, ...others] = now.alarms
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  const first: Line = { text: `${left.padEnd(Math.max(left.length + 2, 80 - right.length))}${right}` }
  if (problem !== '') return [first, { text: problem, style: 'alarm' }]
  if (worst === undefined) return [first, { text: 'no alarms', style: 'dim' }]
  return [first, { text: `${worst['perceived-severity']}: ${worst['alarm-text']}${more}`, style: 'alarm' }]
}

function traffic(rates: Rates, counters: Counters): Line[] {
  const row = (title: string, packets: string, bits: string, total: string) =>
    `${title.padEnd(14)}${packets.padStart(14)}${bits.padStart(14)}${total.padStart(38)}`
  return [
    { text: row('TRAFFIC', 'packets/s', 'bit/s', 'packets'), style: 'head' },
    ...flowRates(rates, counters).map(({ title, packets, bits, total }) => ({
      text: row(title, short(packets), bits === undefined ? '' : short(bits), grouped(total)),
    })),
  ]
}

function queueLines(
  instances: readonly InstanceView[],
  earlier: readonly InstanceView[],
  seconds: number,
  most: number,
): Line[] {
  const rows = instances.flatMap(({ device, queues }) => {
    const old = earlier.find((one) => one.device === device)
    return queues.map((queue) =>
      queueRow(
        device,
        queue,
        old?.queues.find(({ id }) => id === queue.id),
        seconds,
      ),
    )
  })
  const head = 'INSTANCE         Q  CPU IPV4 NEXT HOP     IPV6 NEXT HOP     PASSTHRU IN/s  OUT/s'
  const left = rows.length - most
  const shown = left > 0 ? rows.slice(0, most - 1) : rows
  return [
    { text: head, style: 'head' },
    ...shown,
    ...(left > 0 ? [{ text: `and ${left + 1} more queues`, style: 'dim' as const }] : []),
  ]
}

function queueRow(device: string, queue: QueueView, old: QueueView | undefined, seconds: number): Line {
  const { id, cpuTime, ipv4, ipv6, passthru } = queue
  // One that began anew has taken what it shows.
  const taken = old !== undefined && old.cpuTime <= cpuTime ? cpuTime - old.cpuTime : cpuTime
  const cpu = `${Math.min(100, Math.round(taken / seconds / 10))}%`
  const rates = passthru && ratesBetween(old?.passthru?.counters ?? new Map(), passthru.counters, seconds)
  const rate = (name: string) => short(rates?.get(name) ?? 0)
  const words = [
    device.slice(0, 15).padEnd(15),
    String(id).padStart(3),
    cpu.padStart(5),
    ` ${nextHop(ipv4)}`.padEnd(18),
    ` ${nextHop(ipv6)}`.padEnd(18),
    passthru
      ? ` ${passthru.status.padEnd(5)}${rate('in-passthru-packets').padStart(8)}${rate('out-passthru-packets').padStart(7)}`
      : ' -',
  ]
  const unwell = [ipv4, ipv6].some(({ standing }) => standing !== 'announced' && standing !== 'drained')
  return { text: words.join(''), ...(unwell || passthru?.status === 'down' ? { style: 'alarm' } : {}) }
}

function counterLines(rates: Rates, counters: Counters, view: View, room: number): Line[] {
  const matches = matcher(view.filter)
  const rows = [...counters]
    .filter(([name, total]) => total > 0n && matches(name) && (view.counters === 'all' || isReason(name)))
    .map(([name, total]) => ({ name, total, rate: rates.get(name) ?? 0 }))
    .sort((a, b) => {
      if (view.order === 'name') return a.name < b.name ? -1 : 1
      const byTotal = a.total < b.total ? 1 : a.total > b.total ? -1 : 0
      return view.order === 'total' ? byTotal : b.rate - a.rate || byTotal
    })
  const title = view.counters === 'all' ? 'COUNTERS' : 'DROPS BY REASON'
  const filter = view.filter === '' && !view.typing ? '' : ` /${view.filter}${view.typing ? '_' : ''}`
  const about = `${title}, by ${view.order}${filter}`
  const from = Math.max(0, Math.min(view.scroll, rows.length - room + 1))
  return [
    { text: `${about.padEnd(52)}${'/s'.padStart(8)}${'total'.padStart(20)}`, style: 'head' },
    ...rows.slice(from, from + room - 1).map(({ name, total, rate }) => ({
      text: `${name.padEnd(52)}${short(rate).padStart(8)}${grouped(total).padStart(20)}`,
    })),
    ...(rows.length === 0 ? [{ text: 'none', style: 'dim' as const }] : []),
  ]
}

function keys(view: View): Line[] {
  const typing = 'type a part of a name, * is anything; Enter keeps it, Escape shows all'
  return [{ text: view.typing ? typing : KEYS, style: 'dim' }]
}
