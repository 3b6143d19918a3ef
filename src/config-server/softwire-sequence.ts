// The softwires as pages are cut from them. In their own order the table itself is the sequence, and what is passed
// over is never read; filtered or sorted, the records that match are.
import { error } from '../errors.js'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../schema/addresses.js'
import type { JsonValue } from '../schema/json-types.js'
import type { SchemaNode } from '../schema/schema.js'
import { recordSize } from '../schema/softwire-record.js'
import type { ReadableTable } from './datastore.js'
import type { Direction, Pagination, Sequence } from './pagination.js'
import { keyAt, keyBehind, keyNumber, pages, type SoftwireKey, softwireKey } from './softwire-scan.js'
import type { EntryReader } from './where.js'

/** Records in pieces, in the order that they are shown in. */
export type Records = Iterable<Uint8Array>

/** Entries in one piece of an answer: some hundred kilobytes of text. */
export const PIECE = 1024

export function softwireSequence(
  node: SchemaNode,
  table: ReadableTable,
  { where, sortBy }: Pagination,
): Sequence<Records> {
  const sort = sortBy?.leaf.name
  if (sort !== undefined && !node.keys.includes(sort))
    throw error('bad-page', { name: 'sort-by', problem: `softwires are sorted by ${node.keys.join(' or ')}` })
  if (!where && sort !== 'psid') return tableSequence(node, table)
  const records = where
    ? Buffer.concat(matching(pages(table), where(recordReader)))
    : table.scan(0, 0, table.size)
  return recordSequence(node, records, sort === 'psid' ? byPsid(records) : undefined)
}

function tableSequence(node: SchemaNode, table: ReadableTable): Sequence<Records> {
  return {
    node,
    size: table.size,
    keysAt: (index) => keysOf(table.nth(index) ?? new Uint8Array(recordSize)),
    find: (keys, direction) => {
      const key = keyOf(keys)
      if (!key) return undefined
      const before = table.rank(key.ipv4, key.psid)
      const there = table.get(key.ipv4, key.psid) !== null
      return direction === 'forwards' || there ? before : before - 1
    },
    slice: (from, to, direction) => {
      const [begin, end] = [from, to].map((index) => keyOfNth(table, index))
      if (!begin) return []
      return repeatable(() => (direction === 'forwards' ? onwards : backwards)(table, begin, end ?? null))
    },
  }
}

/**
 * The entries from one key up to, not including, another (null: all from there on). By their keys and not by their
 * places, since it takes time to send them: what comes and goes behind moves none that is ahead.
 */
function* onwards(table: ReadableTable, begin: SoftwireKey, end: SoftwireKey | null): Records {
  for (let from: SoftwireKey | null = begin; from; ) {
    const records = table.scan(from.ipv4, from.psid, PIECE)
    let length = records.length
    while (end && length > 0 && !isBefore(keyAt(records, length - recordSize), end)) length -= recordSize
    if (length > 0) yield records.subarray(0, length)
    from = length < records.length ? null : keyBehind(records, PIECE)
  }
}

/** The same from the last of them. */
function* backwards(table: ReadableTable, begin: SoftwireKey, end: SoftwireKey | null): Records {
  const placeOf = ({ ipv4, psid }: SoftwireKey) => table.rank(ipv4, psid)
  for (let before = end; ; ) {
    const to = before ? placeOf(before) : table.size
    const from = Math.max(placeOf(begin), to - PIECE)
    const first = from < to ? keyOfNth(table, from) : null
    if (!first) return
    yield reversed(table.scan(first.ipv4, first.psid, to - from))
    before = first
  }
}

function keyOfNth(table: ReadableTable, index: number): SoftwireKey | null {
  const record = table.nth(index)
  return record && keyAt(record, 0)
}

function isBefore(one: SoftwireKey, other: SoftwireKey): boolean {
  return keyNumber(one) < keyNumber(other)
}

/** `order`: where they stand in the records, if they are not to be in the table's order. */
function recordSequence(
  node: SchemaNode,
  records: Uint8Array,
  order: Uint32Array | undefined,
): Sequence<Records> {
  const size = records.length / recordSize
  const offsetOf = (index: number) => (order ? (order[index] as number) : index) * recordSize
  return {
    node,
    size,
    keysAt: (index) => keysOf(records.subarray(offsetOf(index))),
    find: (keys, direction) => {
      const key = keyOf(keys)
      if (!key) return undefined
      let before = 0
      for (let index = 0; index < size; index++) {
        const ipv4 = ipv4At(records, offsetOf(index))
        const psid = psidAt(records, offsetOf(index))
        if (ipv4 === key.ipv4 && psid === key.psid) return index
        if (ipv4 < key.ipv4 || (ipv4 === key.ipv4 && psid < key.psid)) before = index + 1
      }
      // In an order of its own, what is gone has no neighbours.
      if (order) return undefined
      return direction === 'forwards' ? before : before - 1
    },
    slice: (from, to, direction) =>
      blocks(from, to, direction, (begin, end) => {
        if (!order) return records.subarray(begin * recordSize, end * recordSize)
        const piece = new Uint8Array((end - begin) * recordSize)
        for (let index = begin; index < end; index++) {
          const offset = offsetOf(index)
          piece.set(records.subarray(offset, offset + recordSize), (index - begin) * recordSize)
        }
        return piece
      }),
  }
}

/** Records that can be gone through more than once. */
export function repeatable(records: () => Records): Records {
  return { [Symbol.iterator]: () => records()[Symbol.iterator]() }
}

/** A page of many entries is read piece by piece, from the end where it goes backwards. */
function blocks(
  from: number,
  to: number,
  direction: Direction,
  read: (begin: number, end: number) => Uint8Array,
): Records {
  return repeatable(function* () {
    if (direction === 'forwards')
      for (let begin = from; begin < to; begin += PIECE) yield read(begin, Math.min(to, begin + PIECE))
    else for (let end = to; end > from; end -= PIECE) yield reversed(read(Math.max(from, end - PIECE), end))
  })
}

function reversed(records: Uint8Array): Uint8Array {
  const turned = new Uint8Array(records.length)
  for (let at = 0; at < records.length; at += recordSize)
    turned.set(records.subarray(at, at + recordSize), records.length - at - recordSize)
  return turned
}

function matching(pieces: Records, condition: (at: RecordAt) => boolean): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const records of pieces) {
    // One for all of them: this is done a million times.
    const at = { records, offset: 0 }
    for (; at.offset < records.length; at.offset += recordSize)
      if (condition(at)) found.push(records.subarray(at.offset, at.offset + recordSize))
  }
  return found
}

/** Indexes of the records by PSID, those of one PSID as they were: how many have a lower one is where it begins. */
function byPsid(records: Uint8Array): Uint32Array {
  const next = new Uint32Array(65537)
  for (let offset = 0; offset < records.length; offset += recordSize) {
    const above = psidAt(records, offset) + 1
    next[above] = (next[above] as number) + 1
  }
  for (let psid = 1; psid < next.length; psid++)
    next[psid] = (next[psid] as number) + (next[psid - 1] as number)
  const order = new Uint32Array(records.length / recordSize)
  for (let index = 0; index < order.length; index++) {
    const psid = psidAt(records, index * recordSize)
    const place = next[psid] as number
    order[place] = index
    next[psid] = place + 1
  }
  return order
}

function ipv4At(records: Uint8Array, offset: number): number {
  const low = ((records[offset + 1] as number) << 16) | ((records[offset + 2] as number) << 8)
  return (records[offset] as number) * 2 ** 24 + (low | (records[offset + 3] as number))
}

function psidAt(records: Uint8Array, offset: number): number {
  return (records[offset + 4] as number) | ((records[offset + 5] as number) << 8)
}

interface RecordAt {
  readonly records: Uint8Array
  readonly offset: number
}

/** Leaves of a record, without making an object of all of it; see softwire-record.ts for where they are. */
const LEAVES: Readonly<Record<string, (at: RecordAt) => JsonValue>> = {
  ipv4: ({ records, offset }) => formatIpv4(records, offset),
  psid: ({ records, offset }) => psidAt(records, offset),
  padding: ({ records, offset }) => (records[offset + 8] as number) + (records[offset + 9] as number) * 256,
  'psid-length': ({ records, offset }) => records[offset + 6] as number,
  'reserved-ports-bit-count': ({ records, offset }) => records[offset + 7] as number,
  'b4-ipv6': ({ records, offset }) => formatIpv6(records, offset + 16),
  'br-address': ({ records, offset }) => formatIpv6(records, offset + 32),
}

const ADDRESSES: Readonly<
  Record<string, readonly [offset: number, parse: (text: string) => Uint8Array | null]>
> = {
  ipv4: [0, parseIpv4],
  'b4-ipv6': [16, parseIpv6],
  'br-address': [32, parseIpv6],
}

const recordReader: EntryReader<RecordAt> = {
  read: ({ leaf }) => {
    const read = LEAVES[leaf.name]
    if (!read)
      throw error('bad-page', { name: 'where', problem: `softwires are not searched by ${leaf.name}` })
    return read
  },
  // Bytes are compared: text of a million addresses takes a second to make.
  equals: ({ leaf }, value) => {
    const [at, parse] = ADDRESSES[leaf.name] ?? []
    if (at === undefined || !parse) return undefined
    const bytes = parse(value)
    if (!bytes) return () => false
    // From the end, where addresses differ.
    return ({ records, offset }) => {
      let i = bytes.length - 1
      while (i >= 0 && records[offset + at + i] === bytes[i]) i--
      return i < 0
    }
  },
}

function keysOf(record: Uint8Array): string[] {
  return [formatIpv4(record), String(keyAt(record, 0).psid)]
}

function keyOf(keys: readonly string[]): { ipv4: number; psid: number } | undefined {
  const [ipv4 = '', psid = ''] = keys
  if (!parseIpv4(ipv4) || !/^\d{1,5}$/.test(psid) || Number(psid) > 65535) return undefined
  return softwireKey(keys)
}
