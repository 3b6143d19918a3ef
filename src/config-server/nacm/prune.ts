// Data without what a user may not read: left out in silence, as if it were not there (RFC 8341 s3.2.4).
//
// A container without presence says nothing by itself, so it is shown where something in it may be read, whatever the
// rules say of the container; of a list entry on the way to such a node only the keys are.
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import type { PathStep } from '../../schema/paths.js'
import type { SchemaNode } from '../../schema/schema.js'
import { isObject, keysOf } from '../tree.js'
import type { Judge } from './judge.js'

type Steps = readonly PathStep[]
type Children = ReadonlyMap<string, SchemaNode>

/** A tree from the top. */
export function pruneTree(judge: Judge, roots: Children, tree: JsonObject): JsonObject {
  return members(judge, [], roots, tree)
}

/** The value at a path; of a list without keys, its entries. Undefined when nothing of it may be read. */
export function prune(judge: Judge, steps: Steps, value: JsonValue): JsonValue | undefined {
  const last = steps.at(-1)
  if (!last) throw new Error('a tree is pruned by pruneTree')
  const { node, keys } = last
  if (Array.isArray(value) && keys.length === 0) return entries(judge, steps, node, value)
  const whole = judge.whole('read', steps)
  if (whole !== undefined) return whole ? value : undefined
  if (!isObject(value)) return judge.permits('read', steps) ? value : undefined
  const kept = members(judge, steps, node.children, value)
  const own = node.kind === 'list' || node.presence
  if (own && judge.permits('read', steps)) return { ...keyMembers(node, value), ...kept }
  const content = Object.keys(kept).some((name) => !name.startsWith('@') && !node.keys.includes(name))
  return content ? inOrder(node, { ...keyMembers(node, value), ...kept }) : undefined
}

function entries(judge: Judge, steps: Steps, node: SchemaNode, list: JsonValue[]): JsonValue | undefined {
  const whole = judge.whole('read', steps)
  if (whole !== undefined) return whole ? list : undefined
  const above = steps.slice(0, -1)
  const kept = list.flatMap((entry) => {
    const pruned = prune(judge, [...above, { node, keys: keysOf(node, entry) }], entry)
    return pruned === undefined ? [] : [pruned]
  })
  return kept.length > 0 ? kept : undefined
}

function members(judge: Judge, steps: Steps, children: Children, object: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(object)) {
    // An annotation goes with what it annotates.
    if (name === '@' || (name.startsWith('@') && children.has(name.slice(1)))) kept[name] = value as JsonValue
    const node = children.get(name)
    if (!node || value === undefined) continue
    const pruned = prune(judge, [...steps, { node, keys: [] }], value)
    if (pruned !== undefined) kept[name] = pruned
  }
  for (const name of Object.keys(kept))
    if (name.length > 1 && name.startsWith('@') && kept[name.slice(1)] === undefined)
      delete (kept as Record<string, JsonValue>)[name]
  return kept
}

function keyMembers({ keys }: SchemaNode, entry: JsonObject): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])))
}

/** As the model orders members, keys included. */
function inOrder({ children }: SchemaNode, object: JsonObject): JsonObject {
  const names = [...children.keys()].filter((name) => object[name] !== undefined)
  const annotations = Object.keys(object).filter((name) => name.startsWith('@'))
  return Object.fromEntries([...annotations, ...names].map((name) => [name, object[name] as JsonValue]))
}
