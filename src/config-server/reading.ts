// What a GET finds: a part of the tree, of the softwires, or of both, from configuration, state, or both.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { childrenOf } from '../schema/lookup.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import { decodeSoftwire, recordSize } from '../schema/softwire-record.js'
import { type Source, TAG } from '../schema/walk.js'
import type { ConfigurationView, ReadableDatastore } from './datastore.js'
import { inMode } from './defaults.js'
import { annotated, entrySequence, limitSublists, withMetadata } from './entry-sequence.js'
import { type Found, findOriginated } from './origin.js'
import { pageOf, WHOLE } from './pagination.js'
import { keyOf, lineage, placeOf, softwirePath } from './place.js'
import type { Content, DefaultsMode, RetrievalQuery } from './query.js'
import { isEverything, select, selectionOfSoftwires } from './selection.js'
import { pages, softwireKey } from './softwire-scan.js'
import { PIECE, type Records, repeatable, softwireSequence } from './softwire-sequence.js'
import { type StateProvider, stateAt } from './state-provider.js'
import { find, isObject, merge } from './tree.js'

/** A source whose value has its defaults already; softwires get theirs as they are written. */
export interface Reading extends Source {
  /** True when nothing in it can change without a commit. */
  readonly configOnly: boolean
}

export interface Configured {
  readonly schema: Schema
  readonly datastore: ConfigurationView
}

export interface Sources {
  readonly schema: Schema
  readonly datastore: ReadableDatastore
  readonly state: readonly StateProvider[]
}

/** Undefined when there is no data at the path. `base` is StateContext's. */
export function read(
  sources: Sources,
  path: DataPath,
  query: RetrievalQuery,
  base = '',
): Reading | undefined {
  switch (placeOf(sources.schema, path)) {
    case 'beside':
      return readTree(sources, path, query, base, false)
    case 'above':
      return readTree(sources, path, query, base, true)
    case 'list':
      if (query.content === 'nonconfig') return undefined
      return { value: [], configOnly: true, ...softwires(sources, path, query) }
    default:
      return query.content === 'nonconfig' ? undefined : readSoftwire(sources, path, query)
  }
}

/** The configuration at the path, which may be an empty container above softwires; undefined: there is none. */
export function configurationAt(sources: Configured, path: DataPath): JsonValue | undefined {
  const { schema, datastore } = sources
  const place = placeOf(schema, path)
  if (place === 'entry' || place === 'inside') {
    const record = recordAt(sources, path)
    return record && softwireValue(schema, path, record)
  }
  const here = find(datastore.running.tree, path)
  return here === undefined && place !== 'beside' && datastore.table.size > 0 ? {} : here
}

/** The record of the softwire in the path. */
export function recordAt({ schema, datastore }: Configured, path: DataPath): Uint8Array | undefined {
  const { ipv4, psid } = softwireKey(keyOf(path, schema))
  return datastore.table.get(ipv4, psid) ?? undefined
}

/** How many entries a list's reading has, counted up to `most`; its softwires can still be read. */
export function countUpTo(most: number, { value, softwires = [] }: Reading): number {
  let count = Array.isArray(value) ? value.length : 1
  for (const page of softwires) {
    count += page.length / recordSize
    if (count >= most) break
  }
  return Math.min(count, most)
}

function readTree(
  sources: Sources,
  path: DataPath,
  query: RetrievalQuery,
  base: string,
  above: boolean,
): Reading | undefined {
  const { schema, datastore, state: providers } = sources
  const config = datastore.running.tree
  const state = query.content === 'config' ? {} : stateAt(schema, providers, { config, path, base })
  const tree = combined(schema, config, state, query.content)
  const held = above && query.content !== 'nonconfig' && datastore.table.size > 0
  const whole = shown(schema.roots, tree, path, query, undefined, held ? lineage(schema.softwires) : [])
  const found = seen(datastore, path, whole)
  if (!found && !held) return undefined
  const { value: bare = {}, metadata } = found ?? {}
  const value = held ? holding(schema, path, bare) : bare
  const node = path.steps.at(-1)?.node ?? null
  return {
    ...(Array.isArray(value) && node
      ? entriesOf(schema, node, value, query)
      : { value: select(schema, node, value, query), metadata }),
    configOnly: query.content === 'config' || !holdsState(schema, node),
    ...(held ? softwires(sources, path, { ...query, pagination: WHOLE }) : {}),
  }
}

/** A page of a list or leaf-list. */
function entriesOf(
  schema: Schema,
  node: SchemaNode,
  list: JsonValue[],
  query: RetrievalQuery,
): { value: JsonValue; metadata?: JsonValue | undefined } {
  const { pagination } = query
  const { piece, metadata } = pageOf(entrySequence(node, list, pagination), pagination)
  const selected = select(schema, node, piece, query) as JsonValue[]
  if (node.kind === 'leaf-list') return { value: selected, metadata: metadata && [metadata] }
  return { value: annotated(limitSublists(node, selected, pagination.sublistLimit), metadata) }
}

/** What may be read of it: of the tree that was left out already, but its defaults are not to be seen either. */
function seen({ confined }: ConfigurationView, path: DataPath, found: Found | undefined): Found | undefined {
  if (!confined || !found) return found
  const value = confined.visible(path, found.value)
  return value === undefined ? undefined : { ...found, value }
}

/** The value with the containers that lead to the softwires: they are there, though the tree may not have them. */
function holding(schema: Schema, path: DataPath, value: JsonValue): JsonValue {
  const between = lineage(schema.softwires).slice(path.steps.length, -1)
  const hold = (at: JsonValue | undefined, [next, ...further]: readonly SchemaNode[]): JsonValue => {
    const parent = isObject(at) ? at : {}
    if (!next) return parent
    return { ...parent, [memberName(next)]: hold(parent[memberName(next)], further) }
  }
  return hold(value, between)
}

function combined(schema: Schema, config: JsonObject, state: JsonObject, content: Content): JsonObject {
  if (content === 'config') return config
  if (content === 'nonconfig') return state
  return merge(null, schema.roots, config, state) as JsonObject
}

function readSoftwire(sources: Sources, path: DataPath, query: RetrievalQuery): Reading | undefined {
  const { schema } = sources
  const record = recordAt(sources, path)
  const inner = insideSoftwire(schema, path)
  const all =
    record && shown(schema.softwires.children, decodeSoftwire(record), inner, query, path.steps.at(-1)?.node)
  const found = seen(sources.datastore, path, all)
  if (!found) return undefined
  const node = path.steps.at(-1)?.node ?? null
  return { value: select(schema, node, found.value, query), metadata: found.metadata, configOnly: true }
}

/** What is at the path of a softwire, or in one, if this is its record. */
export function softwireValue(schema: Schema, path: DataPath, record: Uint8Array): JsonValue | undefined {
  return find(decodeSoftwire(record), insideSoftwire(schema, path))
}

/** The path as it goes on in the softwire. */
function insideSoftwire(schema: Schema, { steps }: DataPath): DataPath {
  return { steps: steps.slice(steps.findIndex((step) => step.node === schema.softwires) + 1) }
}

/** The value at the path below nodes with these children, with the defaults that the query asks for. */
function shown(
  children: ReadonlyMap<string, SchemaNode>,
  tree: JsonObject,
  path: DataPath,
  query: RetrievalQuery,
  node = path.steps.at(-1)?.node,
  holding: readonly SchemaNode[] = [],
): Found | undefined {
  const plain = find(tree, path)
  const mode = modeFor(path, plain, query)
  if (query.withOrigin) {
    const { tags, tagged } = taggedMode(mode)
    return findOriginated(children, inMode(tagged, children, tree), path, {
      node,
      tags,
      held: new Set(holding),
    })
  }
  const value = mode === 'explicit' ? plain : find(inMode(mode, children, tree) as JsonObject, path)
  if (value === undefined) return undefined
  const tagged = mode === 'report-all-tagged' && plain === undefined
  return { value, metadata: tagged ? TAG : undefined }
}

/** Origins tell defaults by their tags, whether or not these are to be shown. */
function taggedMode(mode: DefaultsMode): { tagged: DefaultsMode; tags: boolean } {
  return { tagged: mode === 'report-all' ? 'report-all-tagged' : mode, tags: mode === 'report-all-tagged' }
}

/** A leaf that has a default answers with it, unless the client says otherwise (RFC 8040 s3.5.4). */
function modeFor(
  path: DataPath,
  plain: JsonValue | undefined,
  { content, withDefaults }: RetrievalQuery,
): DefaultsMode {
  if (content === 'nonconfig') return 'explicit'
  if (withDefaults) return withDefaults
  return plain === undefined && path.steps.at(-1)?.node.kind === 'leaf' ? 'report-all' : 'explicit'
}

/** The softwires of the list, or of what is above it, each as the query wants it. */
function softwires(
  sources: Sources,
  path: DataPath,
  query: RetrievalQuery,
): Pick<Reading, 'softwires' | 'shape' | 'defaults'> {
  const { schema, datastore } = sources
  const selection = selectionOfSoftwires(schema, path, query)
  if (!selection) return {}
  const { records, metadata } = recordsOf(sources, query)
  const { withDefaults = 'explicit' } = query
  const confined = datastore.confined?.softwiresInParts ? datastore.confined : undefined
  const node = schema.softwires
  const plain = !metadata && !confined && !query.withOrigin && isEverything(selection)
  if (plain && (withDefaults === 'explicit' || withDefaults === 'report-all'))
    return { softwires: records, defaults: withDefaults === 'report-all' }
  // The first of them carries what there is to say of the page.
  let annotations = metadata
  const shape = (softwire: JsonObject) => {
    const value =
      shown(node.children, softwire, { steps: [] }, { ...query, withDefaults }, node)?.value ?? softwire
    const first = annotations
    annotations = undefined
    const visible = confined ? (confined.visible(softwirePath(schema, softwire), value) ?? {}) : value
    const selected = select(schema, node, visible, selection) as JsonObject
    return first ? withMetadata(selected, first) : selected
  }
  return { softwires: records, shape }
}

function recordsOf(
  { schema, datastore }: Sources,
  { pagination }: RetrievalQuery,
): { records: Records; metadata?: JsonObject | undefined } {
  if (pagination === WHOLE) return { records: repeatable(() => pages(datastore.table, PIECE)) }
  const { piece, metadata } = pageOf(
    softwireSequence(schema.softwires, datastore.table, pagination),
    pagination,
  )
  return { records: piece, metadata }
}

/** Whether the node is state, or has some below it. */
function holdsState(schema: Schema, node: SchemaNode | null): boolean {
  if (node && !node.config) return true
  for (const child of childrenOf(schema, node).values()) if (holdsState(schema, child)) return true
  return false
}
