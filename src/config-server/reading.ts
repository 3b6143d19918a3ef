// What a GET finds: a part of the tree, of the softwires, or of both, from configuration, state, or both.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import type { Schema, SchemaNode } from '../schema/schema.js'
import { decodeSoftwire, recordSize } from '../schema/softwire-record.js'
import { withSoftwireDefaults } from '../schema/xml.js'
import type { Datastore } from './datastore.js'
import { withDefaults } from './defaults.js'
import { placeOf } from './place.js'
import type { Content, RetrievalQuery } from './query.js'
import { pages, softwireKey } from './softwire-scan.js'
import { type StateProvider, stateAt } from './state-provider.js'
import { find, merge } from './tree.js'

export interface Reading {
  /** Of the node at the path. Softwires that belong in it, above their list, are not in it but in `softwires`. */
  readonly value: JsonValue
  /** Records of the softwires of the list, or of what is above it, in key order and in pieces of some thousand. */
  readonly softwires: Iterable<Uint8Array> | undefined
  /** Defaults are to be shown, too: in `value` they are. */
  readonly defaults: boolean
  /** True when nothing in it can change without a commit. */
  readonly configOnly: boolean
}

export interface Sources {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly state: readonly StateProvider[]
}

/** Undefined when there is no data at the path. */
export function read(sources: Sources, path: DataPath, query: RetrievalQuery): Reading | undefined {
  const place = placeOf(sources.schema, path)
  if (place === 'beside' || place === 'above') return readTree(sources, path, query, place === 'above')
  if (query.content === 'nonconfig') return undefined
  if (place === 'list')
    return { value: [], softwires: softwires(sources, query), defaults: query.defaults, configOnly: true }
  const value = readSoftwire(sources, path, query.defaults)
  return value === undefined ? undefined : shaped(sources, path, value, query)
}

/** True when there is configuration at the path. */
export function exists(sources: Sources, path: DataPath): boolean {
  const { schema, datastore } = sources
  const place = placeOf(schema, path)
  if (place === 'entry' || place === 'inside') return readSoftwire(sources, path) !== undefined
  const here = find(datastore.running.tree, path) !== undefined
  return place === 'beside' ? here : here || datastore.table.size > 0
}

function readTree(
  sources: Sources,
  path: DataPath,
  query: RetrievalQuery,
  above: boolean,
): Reading | undefined {
  const { schema, datastore, state: providers } = sources
  const config = datastore.running.tree
  const state = query.content === 'config' ? {} : stateAt(schema, providers, { config, path })
  const tree = combined(schema, config, state, query.content)
  const value = find(query.defaults ? (withDefaults(schema.roots, tree) as JsonObject) : tree, path)
  if (Array.isArray(value) && path.steps.at(-1)?.node.kind === 'list')
    return shaped(sources, path, paged(value, query), query)
  const held = above && query.content !== 'nonconfig' && datastore.table.size > 0
  if (value === undefined && !held) return undefined
  const unpaged = { ...query, limit: undefined, offset: 0 }
  return shaped(sources, path, value ?? {}, query, held ? softwires(sources, unpaged) : undefined)
}

function combined(schema: Schema, config: JsonObject, state: JsonObject, content: Content): JsonObject {
  if (content === 'config') return config
  if (content === 'nonconfig') return state
  return merge(null, schema.roots, config, state) as JsonObject
}

function readSoftwire(
  { schema, datastore }: Sources,
  path: DataPath,
  defaults = false,
): JsonValue | undefined {
  const at = path.steps.findIndex((step) => step.node === schema.softwires)
  const { ipv4, psid } = softwireKey(path.steps[at]?.keys ?? [])
  const record = datastore.table.get(ipv4, psid)
  if (record === null) return undefined
  const entry = decodeSoftwire(record)
  return find(defaults ? withSoftwireDefaults(entry) : entry, { steps: path.steps.slice(at + 1) })
}

function* softwires({ datastore }: Sources, { limit, offset }: RetrievalQuery): Iterable<Uint8Array> {
  let skip = offset
  let left = limit ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  for (const page of pages(datastore.table, PAGE)) {
    const count = page.length / recordSize
    const from = Math.min(skip, count)
    const to = Math.min(count, from + left)
    skip -= from
    left -= to - from
    if (to > from) yield page.subarray(from * recordSize, to * recordSize)
    if (left === 0) return
  }
}

/** Entries in one piece of an answer: some hundred kilobytes of text. */
const PAGE = 1024

function shaped(
  sources: Sources,
  path: DataPath,
  value: JsonValue,
  query: RetrievalQuery,
  held?: Reading['softwires'],
): Reading {
  const node = path.steps.at(-1)?.node ?? null
  const children = node?.children ?? sources.schema.roots
  const configOnly = query.content === 'config' || !holdsState(children)
  return { value, softwires: held, defaults: query.defaults, configOnly }
}

function paged(entries: JsonValue[], { offset, limit }: RetrievalQuery): JsonValue[] {
  return entries.slice(offset, limit === undefined ? undefined : offset + limit)
}

function holdsState(children: ReadonlyMap<string, SchemaNode>): boolean {
  for (const child of children.values()) if (!child.config || holdsState(child.children)) return true
  return false
}
