// Softwires on disk: records in pages of a few dozen, each by the key of its first one. A million are twelve thousand
// values to write instead of a million, and as many bytes as they have; one edit writes one page of the disk more.
import type { Database } from 'lmdb'
import { native } from '../dataplane/native.js'
import { recordSize } from '../schema/softwire-record.js'
import { checked, Damaged, sealed } from './checksum.js'
import { isDelete, keyAt, keyNumber, keyOfRecord, recordsIn } from './softwire-scan.js'

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

/** Where each page begins, by its key as a number, in order: what is changed by edits, and read anew after a failure. */
export function pageStarts(pages: PageDatabase): number[] {
  return [...pages.getKeys({})].map((key) => key.readUIntBE(0, KEY))
}

/**
 * Carries out edits, of which no two are of one softwire, in a transaction; answers how many more there are then.
 * `starts` goes along: to look in the file for the page of each edit would cost more than all that is done with it.
 */
export function editSoftwires(pages: PageDatabase, starts: number[], edits: Uint8Array): number {
  const ordered = native.BindingTable.inOrder(edits)
  let grown = 0
  for (let at = 0; at < ordered.length; ) {
    const begin = at
    const index = pageOf(starts, keyNumber(keyAt(ordered, begin)))
    const start = starts[index]
    const next = starts[index + 1] ?? Number.POSITIVE_INFINITY
    do at += recordSize
    while (at < ordered.length && keyNumber(keyAt(ordered, at)) < next)
    const before = start === undefined ? Buffer.alloc(0) : pageAt(pages, start)
    const after = merged(before, ordered.subarray(begin, at))
    grown += (after.length - before.length) / recordSize
    // Before they are written: one of the pages that it becomes may begin where it did.
    const first = after.length > 0 ? keyNumber(keyAt(after, 0)) : undefined
    if (start !== undefined && start !== first) pages.removeSync(keyBytes(start))
    const written = putPages(pages, after, after.length > MOST * recordSize ? ROOMY : MOST)
    starts.splice(index, start === undefined ? 0 : 1, ...written)
  }
  return grown
}

/** The page that a key belongs to: the last that begins at or before it, else the first. */
function pageOf(starts: readonly number[], key: number): number {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] as number) <= key) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** Good until the next one is read. */
function pageAt(pages: PageDatabase, start: number): Buffer {
  const page = pages.getBinaryFast(keyBytes(start))
  if (!page) throw new Damaged('softwires')
  return checked('softwires', page)
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

/** Writes records as pages of `most` each, or of somewhat fewer, so that all are equal; answers where they begin. */
function putPages(pages: PageDatabase, records: Uint8Array, most: number): number[] {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.length)
  const count = records.length / recordSize
  const size = Math.ceil(count / Math.ceil(count / most)) * recordSize
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const start = keyNumber(keyAt(bytes, at))
    pages.putSync(keyBytes(start), sealed(bytes.subarray(at, at + size)))
    starts.push(start)
  }
  return starts
}

/** Bytes of a key. */
const KEY = 6

function keyBytes(number: number): Buffer {
  const key = Buffer.allocUnsafe(KEY)
  key.writeUIntBE(number, 0, KEY)
  return key
}
