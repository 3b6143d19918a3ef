// The softwires of inputs.ts as requests name them.
import { TABLE } from './relay.js'
import type { Scale } from './trial.js'

const PSIDS = 63

export interface Key {
  readonly ipv4: string
  readonly psid: number
}

/** One of the scale's million, scattered. */
export function keyOf(scale: Scale, n: number): Key {
  const index = Math.imul(n + 1, 0x9e3779b1) >>> 0
  const address = Math.floor(index / PSIDS) % scale.addresses.million
  return { ipv4: `193.0.${address >> 8}.${address & 255}`, psid: 1 + (index % PSIDS) }
}

export function pathOf({ ipv4, psid }: Key): string {
  return `${TABLE}/softwire=${ipv4},${psid}`
}

/** The B4 that version `n` of a softwire has. */
export function b4Of(n: number): string {
  return `fd00::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`
}

export function bodyOf(key: Key, version: number): { 'snabb-softwire-v3:softwire': unknown[] } {
  const ends = { 'b4-ipv6': b4Of(version), 'br-address': 'fc00::100' }
  return { 'snabb-softwire-v3:softwire': [{ ...key, ...ends, 'port-set': { 'psid-length': 6 } }] }
}
