// Walking the binding table in key order, and the few bytes of a record that walking and comparing need.
import type { NativeBindingTable } from '../dataplane/native.js'

import { operationDelete, operationPut, recordSize } from '../schema/softwire-record.js'

const PAGE = 4096
/** Where a record says what it does in a list of edits. */
const OPERATION = 11

/** The entries from a key on, in order, a few thousand at a time. */
export function* pages(table: NativeBindingTable, page = PAGE): Iterable<Uint8Array> {
  let from = { ipv4: 0, psid: 0 }
  for (;;) {
    const records = table.scan(from.ipv4, from.psid, page)
    if (records.length > 0) yield records
    if (records.length < page * recordSize) return
    const last = keyAt(records, records.length - recordSize)
    if (last.ipv4 === 0xffffffff && last.psid === 0xffff) return
    from = last.psid === 0xffff ? { ipv4: last.ipv4 + 1, psid: 0 } : { ipv4: last.ipv4, psid: last.psid + 1 }
  }
}

/** The key at a record's offset: address in host order, and PSID. */
export function keyAt(records: Uint8Array, offset: number): { ipv4: number; psid: number } {
  const view = new DataView(records.buffer, records.byteOffset + offset, recordSize)
  return { ipv4: view.getUint32(0), psid: view.getUint16(4, true) }
}

/** The key that two key values of a path stand for. */
export function softwireKey([ipv4 = '', psid = '']: readonly string[]): { ipv4: number; psid: number } {
  return { ipv4: ipv4.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0), psid: Number(psid) }
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
