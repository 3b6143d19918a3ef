// Pages of a list (draft-ietf-netconf-list-pagination and -rc): what a client asks for, and which part of the entries
// that is. They are filtered (where), put in order (sort-by, direction), passed over (offset or cursor) and counted
// off (limit), in this sequence; sublist-limit is for the lists inside them.
import { error } from '../errors.js'
import type { JsonObject } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import type { SchemaNode } from '../schema/schema.js'
import { type LeafPath, leafPath } from './leaf-path.js'
import type { Parameters } from './query.js'
import { type Condition, parseWhere } from './where.js'

const MODULE = 'ietf-list-pagination'

const PARAMETERS = [
  'limit',
  'offset',
  'cursor',
  'direction',
  'sort-by',
  'locale',
  'where',
  'sublist-limit',
] as const

export const PAGINATION_PARAMETERS: readonly string[] = PARAMETERS

export const PAGINATION_CAPABILITIES = PARAMETERS.map(
  (name) => `urn:ietf:params:restconf:capability:${name}:1.0`,
)

export type Direction = 'forwards' | 'backwards'

export interface Pagination {
  readonly where: Condition | undefined
  readonly sortBy: LeafPath | undefined
  /** Absent: by the values' code points. */
  readonly collator: Intl.Collator | undefined
  readonly direction: Direction
  readonly offset: number
  /** Keys of the entry to begin with. */
  readonly cursor: readonly string[] | undefined
  /** Infinity where there is none. */
  readonly limit: number
  readonly sublistLimit: number
}

export const WHOLE: Pagination = {
  where: undefined,
  sortBy: undefined,
  collator: undefined,
  direction: 'forwards',
  offset: 0,
  cursor: undefined,
  limit: Number.POSITIVE_INFINITY,
  sublistLimit: Number.POSITIVE_INFINITY,
}

/** What the target's query says of pages. Throws LwaftrError where it has none. */
export function parsePagination(given: Parameters, { steps }: DataPath): Pagination {
  const asked = PARAMETERS.find((name) => given.has(name))
  if (asked === undefined) return WHOLE
  const last = steps.at(-1)
  const listed = last?.node.kind === 'list' || last?.node.kind === 'leaf-list'
  if (!last || !listed || last.keys.length > 0) throw error('lists-only', { name: asked })
  const { node } = last
  const sortBy = given.get('sort-by')
  const where = given.get('where')
  if (given.has('locale') && sortBy === undefined) throw wrong('locale', 'it needs sort-by')
  if (given.has('cursor') && given.has('offset'))
    throw wrong('cursor', 'it says where to begin, as offset does; give one')
  return {
    where: where === undefined ? undefined : parseWhere(node, where),
    sortBy: sortBy === undefined ? undefined : leafPath(node, sortBy, 'sort-by'),
    collator: collatorOf(given.get('locale')),
    direction: directionOf(given.get('direction')),
    offset: offsetOf(given.get('offset')),
    cursor: cursorOf(given.get('cursor'), node),
    limit: limitOf(given, 'limit'),
    sublistLimit: limitOf(given, 'sublist-limit'),
  }
}

/** Entries of a list in an order of their own, where pages are cut from. */
export interface Sequence<Piece> {
  readonly node: SchemaNode
  readonly size: number
  /** Keys of the entry at an index. */
  keysAt(index: number): readonly string[]
  /**
   * The index of the entry with these keys; where it is gone, of what comes next in that direction (beyond the last, or
   * -1, when nothing does). Undefined when the sequence cannot tell.
   */
  find(keys: readonly string[], direction: Direction): number | undefined
  /** Entries from an index up to, not including, another; backwards from the last of them. */
  slice(from: number, to: number, direction: Direction): Piece
}

export interface PageOf<Piece> {
  readonly piece: Piece
  /** Annotations of the first entry (RFC 7952); undefined for none. */
  readonly metadata: JsonObject | undefined
}

export function pageOf<Piece>(sequence: Sequence<Piece>, pagination: Pagination): PageOf<Piece> {
  const { size } = sequence
  const { direction, limit } = pagination
  // A place counted from the side that the client begins on.
  const turned = (index: number) => (direction === 'forwards' ? index : size - 1 - index)
  const begin = beginning(sequence, pagination, turned)
  const end = Math.min(size, begin + limit)
  const [from, to] = direction === 'forwards' ? [begin, end] : [size - end, size - begin]
  const cursorAt = (place: number) => formatCursor(sequence.keysAt(turned(place)))
  const limited = Number.isFinite(limit)
  const cursors = limited && sequence.node.keys.length > 0
  const metadata = {
    ...(end < size ? { [`${MODULE}:remaining`]: size - end } : {}),
    ...(cursors && end < size ? { [`${MODULE}:next`]: cursorAt(end) } : {}),
    ...(cursors && begin > 0 ? { [`${MODULE}:previous`]: cursorAt(Math.max(0, begin - limit)) } : {}),
    ...(pagination.sortBy ? { [`${MODULE}:locale`]: localeOf(pagination) } : {}),
  }
  return {
    piece: sequence.slice(from, to, direction),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  }
}

function beginning<Piece>(
  sequence: Sequence<Piece>,
  { cursor, offset, direction }: Pagination,
  turned: (index: number) => number,
): number {
  if (!cursor) {
    if (offset <= sequence.size) return offset
    throw error('offset-out-of-range', { offset, count: sequence.size })
  }
  const index = sequence.find(cursor, direction)
  if (index === undefined) throw error('cursor-not-found', { cursor: formatCursor(cursor) })
  return turned(index)
}

/** Opaque to clients; it outlives edits, as it holds nothing but keys. */
function formatCursor(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url')
}

function cursorOf(text: string | undefined, node: SchemaNode): readonly string[] | undefined {
  if (text === undefined) return undefined
  if (node.keys.length === 0) throw error('cursor-not-supported', { name: node.name })
  const keys = parsedCursor(text)
  if (keys.length !== node.keys.length) throw error('cursor-not-found', { cursor: text.slice(0, 100) })
  return keys
}

function parsedCursor(text: string): string[] {
  try {
    const keys: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : []
  } catch {
    return []
  }
}

function directionOf(value = 'forwards'): Direction {
  if (value === 'forwards' || value === 'backwards') return value
  throw wrong('direction', `${value} is neither forwards nor backwards`)
}

function offsetOf(value = '0'): number {
  if (/^\d{1,10}$/.test(value) && Number(value) < 2 ** 32) return Number(value)
  throw wrong('offset', `${value} is not a number from 0 to 4294967295`)
}

function limitOf(given: Parameters, name: string): number {
  const value = given.get(name) ?? 'unbounded'
  if (value === 'unbounded') return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,9}$/.test(value) && Number(value) < 2 ** 32) return Number(value)
  throw wrong(name, `${value} is not a number from 1 to 4294967295, or unbounded`)
}

/** `sv_SE`, `sv_SE.UTF-8` and `sv-SE` are one; C is the order of code points. */
function collatorOf(locale: string | undefined): Intl.Collator | undefined {
  const tag = locale?.replace(/\.utf-?8$/i, '').replaceAll('_', '-')
  if (tag === undefined || tag === 'C' || tag === 'POSIX') return undefined
  try {
    if (Intl.Collator.supportedLocalesOf(tag).length > 0) return new Intl.Collator(tag)
  } catch {
    // Not a language tag at all.
  }
  throw error('locale-unavailable', { locale: locale ?? '' })
}

function localeOf({ collator }: Pagination): string {
  return collator?.resolvedOptions().locale.replaceAll('-', '_') ?? 'C'
}

function wrong(name: string, problem: string): Error {
  return error('bad-page', { name, problem })
}
