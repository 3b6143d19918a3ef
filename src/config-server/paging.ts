// Pages of a list: which entries of it a GET shows.
import { error } from '../errors.js'
import type { JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { recordSize } from '../schema/softwire-record.js'
import type { Parameters } from './query.js'

export interface Page {
  /** How many entries; undefined for all. */
  readonly limit: number | undefined
  /** How many to pass over first. */
  readonly offset: number
}

export const WHOLE: Page = { limit: undefined, offset: 0 }

/** Parameters that the target of a GET takes because it is a list. */
export function pagingParameters({ steps }: DataPath): readonly string[] {
  const last = steps.at(-1)
  return last?.node.kind === 'list' && last.keys.length === 0 ? ['limit', 'offset'] : []
}

export function parsePage(given: Parameters): Page {
  return { limit: count(given, 'limit'), offset: count(given, 'offset') ?? 0 }
}

export function pageOfEntries(entries: JsonValue[], { offset, limit }: Page): JsonValue[] {
  return entries.slice(offset, limit === undefined ? undefined : offset + limit)
}

/** The same of softwires, which come as records in pieces of any size. */
export function* pageOfSoftwires(
  pieces: Iterable<Uint8Array>,
  { limit, offset }: Page,
): Iterable<Uint8Array> {
  let skip = offset
  let left = limit ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  for (const piece of pieces) {
    const count = piece.length / recordSize
    const from = Math.min(skip, count)
    const to = Math.min(count, from + left)
    skip -= from
    left -= to - from
    if (to > from) yield piece.subarray(from * recordSize, to * recordSize)
    if (left === 0) return
  }
}

function count(given: Parameters, name: string): number | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  if (!/^\d{1,10}$/.test(value)) throw error('bad-query', { name, problem: `${value} is not a count` })
  return Number(value)
}
