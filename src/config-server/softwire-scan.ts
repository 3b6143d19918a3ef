// Walking the binding table in key order, and the few bytes of a record that walking and comparing need.
import type { NativeBindingTable } from '../dataplane/native.js'

import { operationDelete, operationPut, recordSize } from '../schema/softwire-record.js'

const PAGE = 4096
/** Where a record says what it does in a list of edits. */
const OPERATION = 11

export interface SoftwireKey {
  /** In host order. */
  readonly ipv4: number
  readonly psid: number
}

/** The entries from a key on, in order, a few thousand at a time. */
export function* pages(table: Pick<NativeBindingTable, 'scan'>, page = PAGE): Iterable<Uint8Array> {
  for (let from: SoftwireKey | null = FIRST; from; ) {
    const records = table.scan(from.ipv4, from.psid, page)
    if (records.length > 0) yield records
    from = keyBehind(records, page)
  }
}

export const FIRST: SoftwireKey = { ipv4: 0, psid: 0 }

/** Where to read on behind these records, of which at most `page` were asked for; null when there are no more. */
export function keyBehind(records: Uint8Array, page: number): SoftwireKey | null {
  if (records.length < page * recordSize) return null
  const { ipv4, psid } = keyAt(records, records.length - recordSize)
  if (psid < 0xffff) return { ipv4, psid: psid + 1 }
  return ipv4 < 0xffffffff ? { ipv4: ipv4 + 1, psid: 0 } : null
}

/** The key at a record's offset. */
export function keyAt(records: Uint8Array, offset: number): SoftwireKey {
  const byte = (at: number) => records[offset + at] as number
  // By hand: a DataView for each costs more than all the rest of an edit.
  const ipv4 = ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0
  return { ipv4, psid: byte(4) | (byte(5) << 8) }
}

/** The key that two key values of a path stand for. */
export function softwireKey([ipv4 = '', psid = '']: readonly string[]): SoftwireKey {
  return { ipv4: ipv4.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0), psid: Number(psid) }
}

/** A key as one number, in the same order: 32 bits of address, 16 of PSID. */
export function keyNumber({ ipv4, psid }: SoftwireKey): number {
  return ipv4 * 65536 + psid
}

export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const one = keyAt(a, 0)
  const other = keyAt(b, 0)
  return one.ipv4 - other.ipv4 || one.psid - other.psid
}

export function withOperation(record: Uint8Array, operation: 'put' | 'delete'): Uint8Array {
  const edit = Uint8Array.from(record)
  edit[OPERATION] = operation === 'put' ? operationPut : operationDelete
  return edit
}

export function isDelete(record: Uint8Array): boolean {
  return record[OPERATION] === operationDelete
}

/** Records one behind the other, one by one; they share memory. */
export function* recordsIn(bytes: Uint8Array): Generator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += recordSize) yield bytes.subarray(at, at + recordSize)
}

/**
 * Records one behind the other, in memory of their own: feeds keep those of a commit for long, and a few bytes of the
 * pool that Buffer.concat() takes them from would keep all that was there at the time.
 */
export function joined(records: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(records.length * recordSize)
  for (const [i, record] of records.entries()) bytes.set(record, i * recordSize)
  return bytes
}

/** The record's key as a number. */
export function keyOfRecord(record: Uint8Array): number {
  return keyNumber(keyAt(record, 0))
}
