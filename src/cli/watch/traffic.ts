// The relay's traffic in a few lines, and numbers as people read them.
import { drops, type Rates } from './rates.js'
import type { Counters } from './relay-state.js'

export interface Flow {
  readonly title: string
  readonly packets: string
  readonly bytes: string
}

/** In a packet's order, towards the subscribers and from them. */
export const FLOWS: readonly Flow[] = [
  { title: 'IPv4 in', packets: 'in-ipv4-packets', bytes: 'in-ipv4-bytes' },
  { title: 'IPv6 out', packets: 'out-ipv6-packets', bytes: 'out-ipv6-bytes' },
  { title: 'IPv6 in', packets: 'in-ipv6-packets', bytes: 'in-ipv6-bytes' },
  { title: 'IPv4 out', packets: 'out-ipv4-packets', bytes: 'out-ipv4-bytes' },
]

export interface FlowRate {
  readonly title: string
  readonly packets: number
  /** Undefined where nobody counts bytes. */
  readonly bits: number | undefined
  readonly total: number
}

export function flowRates(rates: Rates, counters: Counters): FlowRate[] {
  const hairpin = { title: 'hairpinned', packets: 'hairpin-ipv4-packets', bytes: 'hairpin-ipv4-bytes' }
  return [
    ...[...FLOWS, hairpin].map(({ title, packets, bytes }) => ({
      title,
      packets: rates.get(packets) ?? 0,
      bits: 8 * (rates.get(bytes) ?? 0),
      total: Number(counters.get(packets) ?? 0n),
    })),
    { title: 'dropped', packets: drops(rates), bits: undefined, total: drops(counters) },
  ]
}

/** Four digits at most and a unit: `0`, `12.3`, `999`, `1.23k`, `45.6M`. */
export function short(value: number): string {
  let scaled = value
  let unit = 0
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000
    unit++
  }
  if (unit === 0 && scaled >= 99.95) return String(Math.round(scaled))
  const digits = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
  return `${unit === 0 ? trimmed(scaled.toFixed(Math.min(digits, 1))) : scaled.toFixed(digits)}${UNITS[unit]}`
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const

function trimmed(number: string): string {
  return number.replace(/\.0$/, '')
}

/** A count in full, in groups of three. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US')
}

export function clock(date: Date): string {
  return date.toTimeString().slice(0, 8)
}
