// What is left of data when `fields` and `depth` (RFC 8040 s4.8.2, s4.8.3) have their say. Keys stay with their
// entries: an entry without them would be none.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { childrenOf } from '../schema/lookup.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import type { Fields } from './fields.js'
import { lineage } from './place.js'
import { isObject } from './tree.js'

export interface Selection {
  readonly fields: Fields | undefined
  /** Levels, the node's own being the first. */
  readonly depth: number
}

/** The value of a node (null: of the datastore), as far as it is selected. */
export function select(
  schema: Schema,
  node: SchemaNode | null,
  value: JsonValue,
  selection: Selection,
): JsonValue {
  if (isEverything(selection)) return value
  const members = (object: JsonObject) => selectMembers(schema, node, object, selection)
  if (Array.isArray(value) && node?.kind === 'list')
    return value.map((entry) => (isObject(entry) ? members(entry) : entry))
  return isObject(value) ? members(value) : value
}

/** What is selected of the softwires below the path, or of its list; undefined: not even that they are there. */
export function selectionOfSoftwires(
  schema: Schema,
  path: DataPath,
  selection: Selection,
): Selection | undefined {
  let at: Selection | undefined = selection
  for (const node of lineage(schema.softwires).slice(path.steps.length))
    at = at && below(at, memberName(node))
  return at
}

export function isEverything({ fields, depth }: Selection): boolean {
  return fields === undefined && depth === Number.POSITIVE_INFINITY
}

function selectMembers(
  schema: Schema,
  node: SchemaNode | null,
  value: JsonObject,
  selection: Selection,
): JsonObject {
  const children = childrenOf(schema, node)
  const selected: JsonObject = {}
  for (const [name, member] of Object.entries(value)) {
    // An annotation goes with what it annotates (RFC 7952 s5.2.1): `@` with the object that it is in.
    if (name === '@') selected[name] = member ?? null
    const annotated = name.startsWith('@') ? name.slice(1) : name
    const inner = below(selection, annotated)
    if (!inner && !node?.keys.includes(annotated)) continue
    const child = children.get(name)
    selected[name] =
      child && inner && member !== undefined ? select(schema, child, member, inner) : (member ?? null)
  }
  return selected
}

/** Selected nodes, and those that lead to them, are on the level of the target. */
function below({ fields, depth }: Selection, name: string): Selection | undefined {
  if (!fields) return depth > 1 ? { fields, depth: depth - 1 } : undefined
  const inner = fields.get(name)
  return inner === undefined ? undefined : { fields: inner ?? undefined, depth }
}
