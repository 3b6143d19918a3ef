// Entries of an ordinary list, or values of a leaf-list, as pages are cut from them.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { SchemaNode } from '../schema/schema.js'
import { valueToText } from '../schema/values.js'
import { type LeafPath, leafValue } from './leaf-path.js'
import type { Pagination, Sequence } from './pagination.js'
import { isObject, keysOf } from './tree.js'

/** Those that match, in the order that is asked for. */
export function entrySequence(
  node: SchemaNode,
  list: readonly JsonValue[],
  { where, sortBy, collator }: Pagination,
): Sequence<JsonValue[]> {
  const read = (path: LeafPath) => (entry: JsonValue) => leafValue(path, entry)
  const matching = where ? list.filter(where({ read })) : [...list]
  const entries = sortBy ? sorted(matching, sortBy, collator) : matching
  return {
    node,
    size: entries.length,
    keysAt: (index) => keysOf(node, entries[index] ?? null),
    find: (keys) => {
      const index = entries.findIndex((entry) => keysOf(node, entry).every((key, i) => key === keys[i]))
      return index < 0 ? undefined : index
    },
    slice: (from, to, direction) => {
      const piece = entries.slice(from, to)
      return direction === 'forwards' ? piece : piece.reverse()
    },
  }
}

/** Ascending: numbers by their value, all else as text. What lacks the leaf comes last. */
function sorted(entries: JsonValue[], path: LeafPath, collator: Intl.Collator | undefined): JsonValue[] {
  const numeric = /^(u?int\d+|decimal64)$/.test(path.leaf.type?.base ?? '')
  const compareText = (a: string, b: string) =>
    collator ? collator.compare(a, b) : a < b ? -1 : Number(a > b)
  const compare = (a: string, b: string) =>
    numeric && Number(a) !== Number(b) ? Number(a) - Number(b) : compareText(a, b)
  const keyed = entries.map((entry) => ({ entry, value: leafValue(path, entry) }))
  keyed.sort((a, b) => {
    if (a.value === undefined || b.value === undefined)
      return Number(a.value === undefined) - Number(b.value === undefined)
    return compare(valueToText(a.value), valueToText(b.value))
  })
  return keyed.map(({ entry }) => entry)
}

/** The entries with lists inside them cut to `limit`, each annotated with what is missing. */
export function limitSublists(node: SchemaNode, entries: JsonValue[], limit: number): JsonValue[] {
  if (!Number.isFinite(limit)) return entries
  return entries.map((entry) => (isObject(entry) ? limitMembers(node, entry, limit) : entry))
}

function limitMembers(node: SchemaNode, object: JsonObject, limit: number): JsonObject {
  const limited: JsonObject = {}
  for (const [name, value] of Object.entries(object)) {
    const child = node.children.get(name)
    if (!child || value === undefined) limited[name] = value ?? null
    else if (Array.isArray(value)) {
      const metadata =
        value.length > limit ? { 'ietf-list-pagination:remaining': value.length - limit } : undefined
      const kept = limitSublists(child, value.slice(0, limit), limit)
      limited[name] = child.kind === 'list' ? annotated(kept, metadata) : kept
      if (metadata && child.kind === 'leaf-list') limited[`@${name}`] = [metadata]
    } else limited[name] = isObject(value) ? limitMembers(child, value, limit) : value
  }
  return limited
}

/** An object with annotations, besides those that it has. */
export function withMetadata(value: JsonObject, metadata: JsonObject): JsonObject {
  const { '@': own = {}, ...members } = value as Record<string, JsonValue>
  return { '@': { ...metadata, ...(own as JsonObject) }, ...members }
}

/** The first entry of a list carries what there is to say of the list (RFC 7952 s5.2.2). */
export function annotated(entries: JsonValue[], metadata: JsonObject | undefined): JsonValue[] {
  const [first, ...rest] = entries
  return metadata && isObject(first) ? [withMetadata(first, metadata), ...rest] : entries
}
