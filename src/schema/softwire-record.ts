/**
 * A softwire as 48 bytes: how the binding table, the datastore and the codecs hand softwires to each other, without an
 * object for each. The layout's other half is native/core/softwire_record.h.
 *
 *    0 ipv4 (network order)   4 psid (LE)   6 psid-length   7 reserved-ports-bit-count
 *    8 padding (LE)          10 explicit leaves            11 operation (edits)   12 zero
 *   16 b4-ipv6               32 br-address
 */
import { formatIpv4, formatIpv6, writeIpv4, writeIpv6 } from './addresses.js'
import type { JsonObject, JsonValue } from './json-types.js'

/** Bytes of one record. */
export const recordSize = 48

/** Bits of byte 10: leaves with a default that were given all the same. */
export const explicitPadding = 1
export const explicitReservedPorts = 2

/** Byte 11, in lists of edits. */
export const operationPut = 0
export const operationDelete = 1

function number(value: JsonValue | undefined, fallback = 0): number {
  return typeof value === 'number' ? value : fallback
}

/** Writes a valid softwire (RFC 7951) into `bytes` at `offset`, which must be zero there. */
export function writeSoftwire(softwire: JsonObject, bytes: Uint8Array, offset: number): void {
  if (!tryWriteSoftwire(softwire, bytes, offset))
    throw new Error(`softwire was not validated: ${JSON.stringify(softwire)}`)
}

/** The same for one whose addresses may be none: false then, and some of the record is written. */
export function tryWriteSoftwire(softwire: JsonObject, bytes: Uint8Array, offset: number): boolean {
  const portSet = softwire['port-set'] as JsonObject | undefined
  const psid = number(softwire.psid)
  bytes[offset + 4] = psid & 0xff
  bytes[offset + 5] = psid >> 8
  bytes[offset + 6] = number(portSet?.['psid-length'])
  bytes[offset + 7] = number(portSet?.['reserved-ports-bit-count'])
  const padding = number(softwire.padding)
  bytes[offset + 8] = padding & 0xff
  bytes[offset + 9] = padding >> 8
  bytes[offset + 10] =
    (softwire.padding === undefined ? 0 : explicitPadding) |
    (portSet?.['reserved-ports-bit-count'] === undefined ? 0 : explicitReservedPorts)
  return (
    writeIpv4(String(softwire.ipv4), bytes, offset) &&
    writeIpv6(String(softwire['b4-ipv6']), bytes, offset + 16) &&
    writeIpv6(String(softwire['br-address']), bytes, offset + 32)
  )
}

export function encodeSoftwire(softwire: JsonObject): Uint8Array {
  const bytes = new Uint8Array(recordSize)
  writeSoftwire(softwire, bytes, 0)
  return bytes
}

/** The record at `offset` as RFC 7951 has it, canonical, in the model's order, without what was not given. */
export function decodeSoftwire(bytes: Uint8Array, offset = 0): JsonObject {
  const word = (at: number) => (bytes[offset + at] as number) | ((bytes[offset + at + 1] as number) << 8)
  const given = bytes[offset + 10] as number
  return {
    ipv4: formatIpv4(bytes, offset),
    psid: word(4),
    ...(given & explicitPadding ? { padding: word(8) } : {}),
    'br-address': formatIpv6(bytes, offset + 32),
    'b4-ipv6': formatIpv6(bytes, offset + 16),
    'port-set': {
      'psid-length': bytes[offset + 6] as number,
      ...(given & explicitReservedPorts ? { 'reserved-ports-bit-count': bytes[offset + 7] as number } : {}),
    },
  }
}

/** Records one behind the other in a buffer that grows. */
export class SoftwireRecords {
  #bytes: Uint8Array
  #used: number

  constructor(capacity = 16) {
    this.#bytes = new Uint8Array(capacity * recordSize)
    this.#used = 0
  }

  /** Takes the bytes as they are; a later push copies them. */
  static of(bytes: Uint8Array): SoftwireRecords {
    if (bytes.length % recordSize !== 0)
      throw new Error(`${bytes.length} bytes are no whole number of softwires`)
    const records = new SoftwireRecords(0)
    records.#bytes = bytes
    records.#used = bytes.length
    return records
  }

  get count(): number {
    return this.#used / recordSize
  }

  /** All records; shares memory with this object until the next push. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used)
  }

  /** The record's bytes, shared. */
  at(index: number): Uint8Array {
    if (index < 0 || index >= this.count) throw new RangeError(`no softwire ${index} of ${this.count}`)
    return this.#bytes.subarray(index * recordSize, (index + 1) * recordSize)
  }

  /** Appends a valid softwire. */
  push(softwire: JsonObject): void {
    const offset = this.reserve()
    writeSoftwire(softwire, this.#bytes, offset)
  }

  /** Appends a zeroed record for the caller to fill: its offset in `buffer`. */
  reserve(): number {
    const offset = this.#used
    if (offset + recordSize > this.#bytes.length) this.#grow(offset + recordSize)
    this.#used += recordSize
    return offset
  }

  /** Takes the last record back. */
  drop(): void {
    this.#used -= recordSize
    this.#bytes.fill(0, this.#used, this.#used + recordSize)
  }

  /** Appends records; to none it takes the bytes as they are. */
  append(bytes: Uint8Array): void {
    if (this.#used === 0) this.#bytes = bytes
    else {
      if (this.#used + bytes.length > this.#bytes.length) this.#grow(this.#used + bytes.length)
      this.#bytes.set(bytes, this.#used)
    }
    this.#used += bytes.length
  }

  /** What reserve() gives offsets into; a new one each time it had to grow. */
  get buffer(): Uint8Array {
    return this.#bytes
  }

  /** By half: a million entries copy about three times their size altogether. */
  #grow(least: number): void {
    const records = Math.ceil(Math.max(least, this.#bytes.length * 1.5, 64 * recordSize) / recordSize)
    const bytes = new Uint8Array(records * recordSize)
    bytes.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = bytes
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (let i = 0; i < this.count; i++) yield this.at(i)
  }
}
