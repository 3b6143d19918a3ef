// Reading and changing configuration trees (RFC 7951 JSON) by DataPath. Trees are immutable: a change copies the
// objects on its way and shares the rest, so that a reader who holds a tree never sees it half changed.
import { error } from '../errors.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatInstanceIdentifier, type PathStep } from '../schema/paths.js'
import { memberName, type SchemaNode } from '../schema/schema.js'

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at the path, or undefined when there is none. An empty path is the tree itself. */
export function find(tree: JsonObject, path: DataPath): JsonValue | undefined {
  let at: JsonValue | undefined = tree
  for (const step of path.steps) {
    if (!isObject(at)) return undefined
    at = at[memberName(step.node)]
    if (step.keys.length > 0) at = Array.isArray(at) ? at[entryIndex(step, at)] : undefined
  }
  return at
}

/**
 * The tree with `change` made to what is at the path (undefined: absent, before and after). Containers on the way
 * that exist only to hold others come and go by need; list entries on the way must exist.
 */
export function update(
  tree: JsonObject,
  path: DataPath,
  change: (existing: JsonValue | undefined) => JsonValue | undefined,
): JsonObject {
  const descend = (at: JsonValue | undefined, depth: number): JsonValue | undefined => {
    const step = path.steps[depth]
    if (step === undefined) return change(at)
    if (at === undefined && depth > 0 && mustExist(path.steps[depth - 1] as PathStep)) {
      const missing = formatInstanceIdentifier({ steps: path.steps.slice(0, depth) })
      throw error('data-missing', { path: missing }, { path: missing })
    }
    const parent = isObject(at) ? at : {}
    const member = parent[memberName(step.node)]
    if (step.keys.length === 0) return withMember(parent, step.node, descend(member, depth + 1))
    const entries = Array.isArray(member) ? member : []
    const index = entryIndex(step, entries)
    return withMember(parent, step.node, withEntry(entries, index, descend(entries[index], depth + 1)))
  }
  return (descend(tree, 0) ?? {}) as JsonObject
}

/** Existing data with `incoming` laid over it, as merge and plain PATCH mean it (RFC 8040 s4.6.1). */
export function merge(
  node: SchemaNode | null,
  children: ReadonlyMap<string, SchemaNode>,
  existing: JsonValue | undefined,
  incoming: JsonValue,
): JsonValue {
  if (existing === undefined) return incoming
  if (Array.isArray(existing) && Array.isArray(incoming) && node)
    return mergeEntries(node, existing, incoming)
  if (!isObject(existing) || !isObject(incoming)) return incoming
  let merged = existing
  for (const [name, value] of Object.entries(incoming)) {
    const child = children.get(name)
    // A name the schema does not know stays for the validator to refuse.
    if (child === undefined || value === undefined) merged = { ...merged, [name]: value }
    else merged = withMember(merged, child, merge(child, child.children, merged[name], value))
  }
  return merged
}

function mergeEntries(
  node: SchemaNode,
  existing: readonly JsonValue[],
  incoming: readonly JsonValue[],
): JsonValue[] {
  const merged = [...existing]
  for (const value of incoming) {
    const keys = keysOf(node, value)
    const index = merged.findIndex((entry) => sameKeys(keysOf(node, entry), keys))
    if (index < 0) merged.push(value)
    else merged[index] = node.kind === 'list' ? merge(node, node.children, merged[index], value) : value
  }
  return merged
}

/** Key values of a list entry, or the value of a leaf-list entry, as the text they have in paths. */
export function keysOf(node: SchemaNode, entry: JsonValue): string[] {
  if (node.kind === 'leaf-list') return [String(entry)]
  return node.keys.map((key) => (isObject(entry) ? String(entry[key]) : ''))
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i])
}

function entryIndex(step: PathStep, entries: readonly JsonValue[]): number {
  return entries.findIndex((entry) => sameKeys(keysOf(step.node, entry), step.keys))
}

function mustExist(step: PathStep): boolean {
  return step.node.kind === 'list' || step.node.presence
}

function withEntry(
  entries: readonly JsonValue[],
  index: number,
  value: JsonValue | undefined,
): JsonValue[] | undefined {
  const changed = [...entries]
  if (value === undefined) {
    if (index >= 0) changed.splice(index, 1)
  } else if (index < 0) changed.push(value)
  else changed[index] = value
  return changed.length > 0 ? changed : undefined
}

/** The object with the member set, or removed; what belongs to another case of the same choice goes (RFC 7950 s7.9). */
function withMember(object: JsonObject, node: SchemaNode, value: JsonValue | undefined): JsonObject {
  const name = memberName(node)
  const changed: Record<string, JsonValue> = { ...object }
  if (value === undefined || isEmptyContainer(node, value)) delete changed[name]
  else {
    changed[name] = value
    for (const sibling of otherCases(node)) delete changed[memberName(sibling)]
  }
  return changed
}

function isEmptyContainer(node: SchemaNode, value: JsonValue): boolean {
  return node.kind === 'container' && !node.presence && isObject(value) && Object.keys(value).length === 0
}

function* otherCases(node: SchemaNode): Iterable<SchemaNode> {
  const choice = node.choice
  if (!choice || !node.parent) return
  for (const sibling of node.parent.children.values())
    if (sibling.choice?.name === choice.name && sibling.choice.case !== choice.case) yield sibling
}
