// Two tables compared entry by entry, both walked in key order: what differs, and what turns one into the other.
import type { NativeBindingTable } from '../dataplane/native.js'
import { recordSize } from '../schema/softwire-record.js'
import { compareKeys, pages, withOperation } from './softwire-scan.js'

/** Bytes of the records that are looked at as one. */
const RUN = 64 * recordSize

type Scanned = Pick<NativeBindingTable, 'scan'>

/** A softwire's records in two tables, null where it is absent. */
export type SoftwirePair = readonly [before: Uint8Array | null, after: Uint8Array | null]

/** Perhaps many: found as they are asked for. */
export type SoftwirePairs = Iterable<SoftwirePair> | AsyncIterable<SoftwirePair>

/** Of each softwire that differs, in order of the keys. Both tables must stay as they are meanwhile. */
export function* pairsBetween(before: Scanned, after: Scanned): Iterable<SoftwirePair> {
  const old = new Cursor(before)
  const fresh = new Cursor(after)
  while (old.record || fresh.record) {
    if (old.passEqual(fresh)) continue
    const order = old.record && fresh.record ? compareKeys(old.record, fresh.record) : old.record ? -1 : 1
    if (order < 0) yield [old.take(), null]
    else if (order > 0) yield [null, fresh.take()]
    else {
      const pair = [old.take(), fresh.take()] as const
      if (Buffer.compare(...pair) !== 0) yield pair
    }
  }
}

/** Edit records that turn `before` into `after`; null when there are more than `limit`. */
export function changesBetween(before: Scanned, after: Scanned, limit: number): Uint8Array[] | null {
  const edits: Uint8Array[] = []
  for (const [old, fresh] of pairsBetween(before, after)) {
    if (edits.length >= limit) return null
    if (fresh) edits.push(withOperation(fresh, 'put'))
    else if (old) edits.push(withOperation(old, 'delete'))
  }
  return edits
}

/** Walks a table record by record. */
class Cursor {
  readonly #pages: Iterator<Uint8Array>
  #page: Uint8Array = new Uint8Array(0)
  #offset = 0

  constructor(table: Scanned) {
    this.#pages = pages(table)[Symbol.iterator]()
    this.#turn()
  }

  get record(): Uint8Array | null {
    return this.#offset < this.#page.length ? this.#ahead(recordSize) : null
  }

  take(): Uint8Array {
    const record = this.#ahead(recordSize)
    this.#pass(recordSize)
    return record
  }

  /**
   * Passes both cursors over what is the same in both, which is most of a large table after a small edit: as far as
   * both pages reach, or a few records, or nothing (false).
   */
  passEqual(other: Cursor): boolean {
    const both = Math.min(this.#page.length - this.#offset, other.#page.length - other.#offset)
    for (const length of both > RUN ? [both, RUN] : [both]) {
      if (length === 0 || Buffer.compare(this.#ahead(length), other.#ahead(length)) !== 0) continue
      this.#pass(length)
      other.#pass(length)
      return true
    }
    return false
  }

  #ahead(length: number): Uint8Array {
    return this.#page.subarray(this.#offset, this.#offset + length)
  }

  #pass(length: number): void {
    this.#offset += length
    if (this.#offset >= this.#page.length) this.#turn()
  }

  #turn(): void {
    const next = this.#pages.next()
    this.#page = next.done ? new Uint8Array(0) : next.value
    this.#offset = 0
  }
}
