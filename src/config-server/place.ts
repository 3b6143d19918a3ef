// Where a path is, seen from the softwires, which are kept apart from the tree; and paths of list entries.
import { error } from '../errors.js'
import type { JsonValue } from '../schema/json-types.js'
import { type DataPath, formatInstanceIdentifier, type PathStep } from '../schema/paths.js'
import type { Schema, SchemaNode } from '../schema/schema.js'
import { isObject, keysOf } from './tree.js'

export type Place = 'beside' | 'above' | 'list' | 'entry' | 'inside'

export function placeOf(schema: Schema, path: DataPath): Place {
  const line = lineage(schema.softwires)
  for (const [i, step] of path.steps.entries()) {
    if (i === line.length) return 'inside'
    if (step.node !== line[i]) return 'beside'
  }
  if (path.steps.length < line.length) return 'above'
  return path.steps.at(-1)?.keys.length ? 'entry' : 'list'
}

/** The path of one entry of the list that `list` names without keys. */
export function entryPath(list: DataPath, node: SchemaNode, entry: JsonValue): DataPath {
  for (const key of node.keys)
    if (!isObject(entry) || entry[key] === undefined)
      throw error('missing-key', { list: node.name, key }, { path: formatInstanceIdentifier(list) })
  return { steps: [...list.steps.slice(0, -1), { node, keys: keysOf(node, entry) }] }
}

/** The path of the softwire that the value describes. */
export function softwirePath(schema: Schema, value: JsonValue): DataPath {
  const steps: PathStep[] = lineage(schema.softwires).map((node) => ({ node, keys: [] }))
  return entryPath({ steps }, schema.softwires, value)
}

/** The keys of the softwire in, or above, the path. */
export function keyOf(path: DataPath, schema: Schema): readonly string[] {
  return path.steps.find((step) => step.node === schema.softwires)?.keys ?? []
}

/** The node and what it is in, from the top. */
export function lineage(node: SchemaNode): SchemaNode[] {
  const line: SchemaNode[] = []
  for (let at: SchemaNode | null = node; at; at = at.parent) line.unshift(at)
  return line
}
