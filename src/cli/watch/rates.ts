// What went on between two looks at a relay, per second.
import { native } from '../../dataplane/native.js'
import type { Counters, RelayState } from './relay-state.js'

/** Per second, by counter. */
export type Rates = ReadonlyMap<string, number>

/** A counter that fell began anew meanwhile: what it shows is what came since. */
export function ratesBetween(before: Counters, after: Counters, seconds: number): Rates {
  const rates = new Map<string, number>()
  for (const [name, value] of after) {
    const old = before.get(name) ?? 0n
    rates.set(name, Number(value >= old ? value - old : value) / seconds)
  }
  return rates
}

export function secondsBetween(before: RelayState, after: RelayState): number {
  return Math.max(after.time - before.time, 1) / 1000
}

/** Whether a counter is the reason of a drop, rather than the sum of several or their bytes. */
export function isReason(name: string): boolean {
  return name === 'ingress-packet-drops' || (/^drop-(?!all-)/.test(name) && !name.endsWith('-bytes'))
}

/** The parts that all drops are the sum of (native/core/conservation.h): the core has sums of its own. */
const PARTS = native
  .counters()
  .filter(
    ({ name, stage }) =>
      name === 'ingress-packet-drops' ||
      name === 'drop-inner-frag-packets' ||
      /^drop-all-.*-packets$/.test(name) ||
      (stage !== 'core' && /^drop-.*-packets$/.test(name)),
  )
  .map(({ name }) => name)

/** Packets dropped, for whatever reason, out of what there is of each counter. */
export function drops<T extends number | bigint>(values: ReadonlyMap<string, T>): number {
  return PARTS.reduce((total, name) => total + Number(values.get(name) ?? 0), 0)
}
