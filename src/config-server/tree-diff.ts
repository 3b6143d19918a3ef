// The difference of two canonical trees as the shortest list of edits, for those who are told of commits.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath, PathStep } from '../schema/paths.js'
import type { Schema, SchemaNode } from '../schema/schema.js'
import { isObject, keysOf } from './tree.js'

export interface TreeEdit {
  readonly operation: 'create' | 'replace' | 'delete'
  readonly target: DataPath
  /** Of the target itself; absent when deleted. */
  readonly value?: JsonValue
}

export function diffTrees(schema: Schema, before: JsonObject, after: JsonObject): TreeEdit[] {
  return [...members([], schema.roots, before, after)]
}

function* members(
  above: readonly PathStep[],
  children: ReadonlyMap<string, SchemaNode>,
  before: JsonObject,
  after: JsonObject,
): Iterable<TreeEdit> {
  for (const [name, node] of children) {
    const [old, fresh] = [before[name], after[name]]
    if (old === fresh) continue
    // Where the order means something it is told with the whole list.
    if (node.userOrdered && isReordered(node, old, fresh))
      yield { operation: 'replace', target: { steps: [...above, { node, keys: [] }] }, value: fresh ?? [] }
    else if (node.kind === 'list' || node.kind === 'leaf-list') yield* entries(above, node, old, fresh)
    else yield* one([...above, { node, keys: [] }], old, fresh)
  }
}

function* entries(
  above: readonly PathStep[],
  node: SchemaNode,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Iterable<TreeEdit> {
  const old = byKey(node, before)
  const fresh = byKey(node, after)
  for (const { keys, value } of old.values())
    yield* one([...above, { node, keys }], value, fresh.get(JSON.stringify(keys))?.value)
  for (const [key, { keys, value }] of fresh)
    if (!old.has(key)) yield* one([...above, { node, keys }], undefined, value)
}

/** Whether entries that stay stand in another order, or new ones not at the end. */
function isReordered(node: SchemaNode, before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  const fresh = [...byKey(node, after).keys()]
  const old = [...byKey(node, before).keys()].filter((key) => fresh.includes(key))
  return old.some((key, i) => key !== fresh[i])
}

function* one(
  steps: readonly PathStep[],
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Iterable<TreeEdit> {
  const target = { steps }
  if (after === undefined) {
    if (before !== undefined) yield { operation: 'delete', target }
  } else if (before === undefined) yield { operation: 'create', target, value: after }
  else if (isObject(before) && isObject(after))
    yield* members(steps, (steps.at(-1) as PathStep).node.children, before, after)
  else if (before !== after && JSON.stringify(before) !== JSON.stringify(after))
    yield { operation: 'replace', target, value: after }
}

function byKey(node: SchemaNode, list: JsonValue | undefined) {
  const found = new Map<string, { keys: string[]; value: JsonValue }>()
  for (const value of Array.isArray(list) ? list : []) {
    const keys = keysOf(node, value)
    found.set(JSON.stringify(keys), { keys, value })
  }
  return found
}
