/** What a load test saw, from two looks at its counters: pure arithmetic, and how it is printed. */
import type { Directions, LoadDirection, LoadTotals } from '../../dataplane/load.js'

/** A look at the test, all counts since its start. */
export interface Look {
  /** Milliseconds of a clock that only goes forward. */
  readonly time: number
  readonly totals: LoadTotals
  /** Packets by how long they took; buckets as `bounds` has them. */
  readonly latency: Directions<Float64Array>
}

/** Microseconds; null when nothing came back. */
export type Latency = Readonly<Record<(typeof PERCENTILES)[number][0] | 'max', number>> | null

export interface DirectionReport {
  /** Left our device. */
  readonly sent: number
  readonly received: number
  readonly lost: number
  /** Per cent of those sent. */
  readonly loss: number
  readonly duplicates: number
  readonly reordered: number
  /** Received: of Ethernet frames without tag and FCS. */
  readonly mpps: number
  readonly gbps: number
  readonly 'latency-us': Latency
}

export interface Report extends Directions<DirectionReport> {
  /** Seconds of sending. */
  readonly duration: number
  /** Sent, in both directions. */
  readonly 'offered-mpps': number
  readonly loss: number
  /** Frames that our own device did not take, did not keep, or that are none of the test's. */
  readonly unsent: number
  readonly 'kernel-drops': number
  readonly unexpected: number
}

const PERCENTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p99.9', 0.999],
] as const

const DIRECTIONS = ['encap', 'decap'] as const

/** Between two looks, the second of them when nothing was on its way any more. `milliseconds`: of sending. */
export function report(
  from: Look,
  to: Look,
  bounds: Float64Array,
  milliseconds = to.time - from.time,
): Report {
  const seconds = milliseconds / 1000
  const direction = (name: (typeof DIRECTIONS)[number]): DirectionReport => {
    const grown = growth(from.totals[name], to.totals[name])
    const sent = grown.sent - grown.unsent
    const lost = Math.max(0, sent - grown.received)
    return {
      sent,
      received: grown.received,
      lost,
      loss: percent(lost, sent),
      duplicates: grown.duplicates,
      reordered: grown.reordered,
      mpps: round(grown.received / seconds / 1e6, 6),
      gbps: round((grown.bytes * 8) / seconds / 1e9, 6),
      'latency-us': latency(from.latency[name], to.latency[name], bounds),
    }
  }
  const [encap, decap] = [direction('encap'), direction('decap')]
  const sent = encap.sent + decap.sent
  return {
    duration: round(seconds, 3),
    'offered-mpps': round(sent / seconds / 1e6, 6),
    encap,
    decap,
    loss: percent(encap.lost + decap.lost, sent),
    unsent: DIRECTIONS.reduce((sum, name) => sum + to.totals[name].unsent - from.totals[name].unsent, 0),
    'kernel-drops': to.totals.kernelDrops - from.totals.kernelDrops,
    unexpected: to.totals.unexpected - from.totals.unexpected,
  }
}

/** `v6+v4: 1.500+1.500 = 3.000 Mpps, 4.462+3.982 = 8.443 Gbps, lost 0.000%`: what came back in a second or so. */
export function liveLine(before: Look, from: Look, to: Look): string {
  const seconds = (to.time - from.time) / 1000
  const grown = DIRECTIONS.map((name) => growth(from.totals[name], to.totals[name]))
  const sums = (of: (direction: LoadDirection) => number) => {
    const [v6 = 0, v4 = 0] = grown.map((direction) => of(direction) / seconds)
    return `${v6.toFixed(3)}+${v4.toFixed(3)} = ${(v6 + v4).toFixed(3)}`
  }
  const sent = grown.reduce((sum, direction) => sum + direction.sent - direction.unsent, 0)
  const lost = missing(from, to) - missing(before, from)
  const mpps = sums(({ received }) => received / 1e6)
  const gbps = sums(({ bytes }) => (bytes * 8) / 1e9)
  return `v6+v4: ${mpps} Mpps, ${gbps} Gbps, lost ${percent(Math.max(0, lost), sent).toFixed(3)}%`
}

/**
 * Packets that are surely missing: a later one came back, or they were sent before the look before this one. What
 * was sent since may still be on its way.
 */
function missing(before: Look, now: Look): number {
  return DIRECTIONS.reduce((sum, name) => {
    const { expected, unsent, received } = now.totals[name]
    return sum + Math.max(0, Math.max(expected, before.totals[name].sent) - unsent - received)
  }, 0)
}

function growth(from: LoadDirection, to: LoadDirection): LoadDirection {
  const names = Object.keys(to) as (keyof LoadDirection)[]
  return Object.fromEntries(names.map((name) => [name, to[name] - from[name]])) as unknown as LoadDirection
}

/** Of the packets that came back between two looks. */
export function latency(from: Float64Array, to: Float64Array, bounds: Float64Array): Latency {
  const counts = to.map((count, i) => count - (from[i] ?? 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const within = (part: number) => {
    const wanted = Math.ceil(total * part)
    let seen = 0
    const bucket = counts.findIndex((count) => {
      seen += count
      return seen >= wanted
    })
    return round((bounds[bucket] ?? 0) / 1000, 1)
  }
  const named = [...PERCENTILES, ['max', 1] as const].map(([name, part]) => [name, within(part)])
  return Object.fromEntries(named) as Latency
}

export function summary({ duration, encap, decap, ...rest }: Report): string {
  const line = (name: string, direction: DirectionReport) => {
    const { sent, received, lost, loss, mpps, gbps } = direction
    const counts = `${sent} sent, ${received} received, ${lost} lost (${loss.toFixed(3)}%)`
    return `${name}: ${mpps.toFixed(3)} Mpps, ${gbps.toFixed(3)} Gbps; ${counts}; ${latencyText(direction)}\n`
  }
  const oddities = [
    [encap.duplicates + decap.duplicates, 'came twice'],
    [encap.reordered + decap.reordered, 'came out of order'],
    [rest.unsent, 'not taken by our own device: they count as not sent'],
    [rest['kernel-drops'], 'dropped by our own device: they count as lost'],
    [rest.unexpected, 'others came, such as ICMP errors'],
  ].filter(([count]) => count !== 0)
  return (
    `${duration} s, ${rest['offered-mpps'].toFixed(3)} Mpps offered, lost ${rest.loss.toFixed(3)}%\n` +
    line('encap', encap) +
    line('decap', decap) +
    oddities.map(([count, what]) => `${count} ${what}\n`).join('')
  )
}

function latencyText({ 'latency-us': latency }: DirectionReport): string {
  if (latency === null) return 'no latency: nothing came back'
  const parts = Object.entries(latency).map(([name, value]) => `${name} ${value}`)
  return `latency ${parts.join(', ')} µs`
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : round((100 * part) / whole, 6)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
