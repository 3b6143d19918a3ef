// Softwires on disk: records in pages of a few dozen, each by the key of its first one. A million are twelve thousand
// values to write instead of a million, and as many bytes as they have; one edit writes one page of the disk more.
import type { Database } from 'lmdb'
import { native } from '../dataplane/native.js'
import { recordSize } from '../schema/softwire-record.js'
import { checked, sealed } from './checksum.js'
import { compareKeys, isDelete, keyAt, keyNumber, keyOfRecord, recordsIn } from './softwire-scan.js'

/** Records in a page at most: with their checksum and lmdb's own 16 bytes they fill 4096, a page of the file. */
const MOST = 84
/** As many as a page gets that another one is split into, so that the next edits find room. */
const ROOMY = 64

/** By 6 bytes, address and PSID in network byte order, that no record of the page lies below. */
export type PageDatabase = Database<Buffer, Buffer>

/** All of them, in order. Throws Damaged. */
export function readSoftwires(pages: PageDatabase): Uint8Array {
  return joined(pages, (value) => checked('softwires', value))
}

/** The same from pages of format 2 and 3, which had no checksums. */
export function readSoftwiresUnchecked(pages: PageDatabase): Uint8Array {
  return joined(pages, (value) => value)
}

function joined(pages: PageDatabase, recordsOf: (value: Buffer) => Buffer): Uint8Array {
  // What full pages would take; where some are not, the rest is address space without memory.
  const records = new Uint8Array(pages.getCount() * (MOST + 1) * recordSize)
  let end = 0
  for (const { value } of pages.getRange()) {
    const page = recordsOf(value)
    records.set(page, end)
    end += page.length
  }
  return records.subarray(0, end)
}

/** What format 1 of the store kept: a record's bytes after its key, by the key. */
export function readSoftwiresOneByOne(entries: PageDatabase): Uint8Array {
  const records = new Uint8Array(entries.getCount() * recordSize)
  let at = 0
  for (const { key, value } of entries.getRange()) {
    records.set(key.subarray(0, 4), at)
    records[at + 4] = key[5] as number
    records[at + 5] = key[4] as number
    records.set(value, at + key.length)
    at += recordSize
  }
  return records
}

/** Puts these in place of all there are; in a transaction. */
export function replaceSoftwires(pages: PageDatabase, records: Uint8Array): void {
  pages.clearSync()
  putPages(pages, native.BindingTable.inOrder(records), MOST)
}

/** Carries out edits, of which no two are of one softwire, in a transaction; answers how many more there are then. */
export function editSoftwires(pages: PageDatabase, edits: Uint8Array): number {
  const ordered = native.BindingTable.inOrder(edits)
  let grown = 0
  // A page is looked for once for all of its edits: that costs more than what is done with it.
  let next = ordered.length > 0 ? pageOf(pages, keyOf(ordered, 0)) : undefined
  for (let at = 0; at < ordered.length; ) {
    const key = next
    const page = key && pages.get(key)
    const before = page ? checked('softwires', page) : Buffer.alloc(0)
    const last = before.subarray(-recordSize)
    const isHere = () => {
      if (!key || compareKeys(ordered.subarray(at), last) <= 0) return true
      next = pageOf(pages, keyOf(ordered, at))
      return next?.equals(key) ?? false
    }
    const begin = at
    do at += recordSize
    while (at < ordered.length && isHere())
    const after = merged(before, ordered.subarray(begin, at))
    if (key && (after.length === 0 || !keyOf(after, 0).equals(key))) pages.removeSync(key)
    putPages(pages, after, after.length > MOST * recordSize ? ROOMY : MOST)
    grown += (after.length - before.length) / recordSize
  }
  return grown
}

/** The page that a key belongs to: the last that begins at or before it, else the first; undefined where is none. */
function pageOf(pages: PageDatabase, key: Buffer): Buffer | undefined {
  return firstKey(pages, { start: key, reverse: true }) ?? firstKey(pages, {})
}

function firstKey(pages: PageDatabase, range: Parameters<PageDatabase['getKeys']>[0]): Buffer | undefined {
  const [key] = pages.getKeys({ ...range, limit: 1 })
  return key
}

/** A page's records with edits made to them, all of it in order. */
function merged(page: Uint8Array, edits: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  let kept = 0
  for (const edit of recordsIn(edits)) {
    const key = keyOfRecord(edit)
    let at = kept
    while (at < page.length && keyNumber(keyAt(page, at)) < key) at += recordSize
    parts.push(page.subarray(kept, at))
    if (!isDelete(edit)) parts.push(edit)
    const replaced = at < page.length && keyNumber(keyAt(page, at)) === key
    kept = replaced ? at + recordSize : at
  }
  parts.push(page.subarray(kept))
  return Buffer.concat(parts)
}

/** Writes records as pages of `most` each, or of somewhat fewer, so that all are equal. */
function putPages(pages: PageDatabase, records: Uint8Array, most: number): void {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.length)
  const count = records.length / recordSize
  const size = Math.ceil(count / Math.ceil(count / most)) * recordSize
  for (let at = 0; at < bytes.length; at += size)
    pages.putSync(keyOf(bytes, at), sealed(bytes.subarray(at, at + size)))
}

function keyOf(records: Uint8Array, offset: number): Buffer {
  const { ipv4, psid } = keyAt(records, offset)
  const key = Buffer.alloc(6)
  key.writeUInt32BE(ipv4, 0)
  key.writeUInt16BE(psid, 4)
  return key
}
