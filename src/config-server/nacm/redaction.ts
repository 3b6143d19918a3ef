// A softwire's record without leaves that may not be read: zeros in their place, so that neither filters nor orders find
// out what they were. Where each stands is in softwire-record.ts.
import type { JsonObject } from '../../schema/json-types.js'
import { explicitPadding, explicitReservedPorts } from '../../schema/softwire-record.js'
import { isObject } from '../tree.js'

const EXPLICIT = 10

/** `shown` is what may be read of it, as RFC 7951 has it. */
export function withoutLeaves(record: Uint8Array, shown: JsonObject): Uint8Array {
  const kept = Uint8Array.from(record)
  const portSet = isObject(shown['port-set']) ? shown['port-set'] : {}
  const hide = (from: number, to: number, explicit = 0) => {
    kept.fill(0, from, to)
    kept[EXPLICIT] = (kept[EXPLICIT] as number) & ~explicit
  }
  if (portSet['psid-length'] === undefined) hide(6, 7)
  if (portSet['reserved-ports-bit-count'] === undefined) hide(7, 8, explicitReservedPorts)
  if (shown.padding === undefined) hide(8, 10, explicitPadding)
  if (shown['b4-ipv6'] === undefined) hide(16, 32)
  if (shown['br-address'] === undefined) hide(32, 48)
  return kept
}
