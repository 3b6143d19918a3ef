// Two tables compared entry by entry, both walked in key order: what turns one into the other, as edit records.
import type { NativeBindingTable } from '../dataplane/native.js'
import { recordSize } from '../schema/softwire-record.js'
import { compareKeys, pages, withOperation } from './softwire-scan.js'

type Scanned = Pick<NativeBindingTable, 'scan'>

/** Edit records that turn `before` into `after`; null when there are more than `limit`. */
export function changesBetween(before: Scanned, after: Scanned, limit: number): Uint8Array[] | null {
  const edits: Uint8Array[] = []
  const old = new Cursor(before)
  const fresh = new Cursor(after)
  while (old.record || fresh.record) {
    if (edits.length > limit) return null
    if (old.samePage(fresh)) continue
    const order = old.record && fresh.record ? compareKeys(old.record, fresh.record) : old.record ? -1 : 1
    if (order < 0) edits.push(withOperation(old.take(), 'delete'))
    else if (order > 0) edits.push(withOperation(fresh.take(), 'put'))
    else {
      const record = fresh.take()
      if (Buffer.compare(old.take(), record) !== 0) edits.push(withOperation(record, 'put'))
    }
  }
  return edits.length > limit ? null : edits
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
    return this.#offset < this.#page.length
      ? this.#page.subarray(this.#offset, this.#offset + recordSize)
      : null
  }

  take(): Uint8Array {
    const record = this.#page.subarray(this.#offset, this.#offset + recordSize)
    this.#offset += recordSize
    if (this.#offset >= this.#page.length) this.#turn()
    return record
  }

  /** Passes both cursors over a page that is the same in both, which is most of a large table after a small edit. */
  samePage(other: Cursor): boolean {
    if (this.#offset !== 0 || other.#offset !== 0 || this.#page.length === 0) return false
    if (Buffer.compare(this.#page, other.#page) !== 0) return false
    this.#turn()
    other.#turn()
    return true
  }

  #turn(): void {
    const next = this.#pages.next()
    this.#page = next.done ? new Uint8Array(0) : next.value
    this.#offset = 0
  }
}
