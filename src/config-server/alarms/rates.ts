// How fast what the thresholds are about goes, instance by instance: the mean of the last half minute. Values in, values
// out.
import type { DataPlaneState } from '../../dataplane/dataplane.js'

/** Counters that are summed. */
const COUNTERS = {
  'ingress-drops': ['ingress-packet-drops'],
  'bad-softwires': ['drop-no-source-softwire-ipv6-packets', 'drop-no-dest-softwire-ipv4-packets'],
  fragmentation: [
    'in-ipv4-frag-needs-reassembly',
    'in-ipv6-frag-needs-reassembly',
    'in-inner-frag-needs-reassembly',
    'out-ipv4-frag',
    'out-ipv6-frag',
  ],
  'filter-drops': [
    'drop-ingress-filter-ipv4-packets',
    'drop-ingress-filter-ipv6-packets',
    'drop-egress-filter-ipv4-packets',
    'drop-egress-filter-ipv6-packets',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type RateName = keyof typeof COUNTERS
export const RATES = Object.keys(COUNTERS) as RateName[]

interface Sample {
  /** Milliseconds of a clock that nobody sets. */
  readonly time: number
  /** Packets, by instance and rate. */
  readonly counts: ReadonlyMap<string, Readonly<Record<RateName, bigint>>>
}

interface Point {
  readonly time: number
  readonly count: bigint
}

/** Oldest first. */
export type Samples = readonly Sample[]

/** Milliseconds: what a rate is the mean of, at most and at least, and what is between two samples. */
const WINDOW = 30_000
const LEAST = 10_000
const SPACING = 1_000

export function sampled(samples: Samples, { instances }: DataPlaneState, time: number): Samples {
  const last = samples.at(-1)
  if (last && time - last.time < SPACING) return samples
  const counts = new Map(
    instances.map(({ device, queues }) => {
      const sum = (name: RateName) =>
        queues.reduce(
          (total, { counters }) =>
            COUNTERS[name].reduce((count, counter) => count + (counters.get(counter) ?? 0n), total),
          0n,
        )
      return [device, Object.fromEntries(RATES.map((name) => [name, sum(name)])) as Record<RateName, bigint>]
    }),
  )
  return [...samples.filter((sample) => time - sample.time <= WINDOW), { time, counts }]
}

/** Packets a second; null: it is not known yet, or not any more since counters began anew. */
export function rateOf(samples: Samples, device: string, name: RateName): number | null {
  let first: Point | undefined
  let last: Point | undefined
  for (const { time, counts } of samples) {
    const count = counts.get(device)?.[name]
    const point = count === undefined ? undefined : { time, count }
    const goesOn = point && last && point.count >= last.count
    if (!goesOn) first = point
    last = point
  }
  if (!first || !last || last.time - first.time < LEAST) return null
  return (Number(last.count - first.count) * 1000) / (last.time - first.time)
}
