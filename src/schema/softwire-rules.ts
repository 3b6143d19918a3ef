/**
 * The model's rules for one softwire, on its record: what libyang says of the entry, at the price of a few comparisons.
 * A test holds the two verdicts against each other; whoever meets a refusal asks validateSoftwire for the reason.
 */
import type { JsonObject, JsonValue } from './json-types.js'
import { isObject } from './shape.js'

/** Whether JSON has all members of a softwire and no others, in their types; addresses may still not be any. */
export function isPlainSoftwire(softwire: JsonValue): softwire is JsonObject {
  if (!isObject(softwire)) return false
  const { ipv4, psid, padding, 'b4-ipv6': b4, 'br-address': br, 'port-set': portSet } = softwire
  if (!isObject(portSet) || typeof ipv4 !== 'string' || typeof b4 !== 'string' || typeof br !== 'string')
    return false
  const { 'psid-length': length, 'reserved-ports-bit-count': reserved } = portSet
  return (
    isUint(psid, 0xffff) &&
    isUint(padding ?? 0, 0xffff) &&
    isUint(length, 16) &&
    isUint(reserved ?? 0, 16) &&
    Object.keys(softwire).length === (padding === undefined ? 5 : 6) &&
    Object.keys(portSet).length === (reserved === undefined ? 1 : 2)
  )
}

function isUint(value: JsonValue | undefined, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}

/** Whether the record's values can be a softwire's. */
export function isSoundSoftwire(bytes: Uint8Array, offset: number): boolean {
  const psid = (bytes[offset + 4] as number) | ((bytes[offset + 5] as number) << 8)
  const psidLength = bytes[offset + 6] as number
  const reservedPortsBitCount = bytes[offset + 7] as number
  return (
    psidLength + reservedPortsBitCount <= 16 &&
    psid >> psidLength === 0 &&
    isHostIpv4(bytes, offset) &&
    isHostIpv6(bytes, offset + 16) &&
    isHostIpv6(bytes, offset + 32)
  )
}

/** Not 0.0.0.0/8, multicast or broadcast. */
function isHostIpv4(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] as number
  if (first === 0 || (first >= 224 && first < 240)) return false
  return first !== 255 || bytes[at + 1] !== 255 || bytes[at + 2] !== 255 || bytes[at + 3] !== 255
}

/** Not unspecified or multicast. */
function isHostIpv6(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === 0xff) return false
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== 0) return true
  return false
}
