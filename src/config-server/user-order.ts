// Where an entry stands among the others, in lists that are ordered by the user (RFC 7950 s7.7.7, RFC 8040 s4.8.5,
// RFC 8072 s2.5).
import { error } from '../errors.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatInstanceIdentifier, type PathStep, parseApiPath } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import type { PLACES } from './query.js'
import { keysOf, update } from './tree.js'

export interface Placement {
  readonly where: (typeof PLACES)[number]
  /** The entry next to which the target goes, where it goes before or after one. */
  readonly point?: DataPath
}

/** True for an entry, or a whole list, in which the order is the user's. */
export function isUserOrdered({ steps }: DataPath): boolean {
  return steps.at(-1)?.node.userOrdered ?? false
}

/**
 * Reads a point, which must be another entry of the target's list. `wrong` makes the error for one that is not, or that
 * is missing or too much.
 */
export function placementOf(
  schema: Schema,
  target: DataPath,
  where: Placement['where'],
  point: string | undefined,
  wrong: (problem: string) => Error,
): Placement {
  const relative = where === 'before' || where === 'after'
  if (!relative && point !== undefined) throw wrong(`with ${where} there is no point`)
  if (!relative) return { where }
  if (point === undefined) throw wrong(`${where} needs a point`)
  if (!point.startsWith('/')) throw wrong(`${point} does not begin with a slash`)
  const path = parseApiPath(schema, point.slice(1))
  if (!areSiblings(path, target)) throw wrong(`${point} is not another entry of the list`)
  return { where, point: path }
}

function areSiblings(a: DataPath, b: DataPath): boolean {
  const parent = ({ steps }: DataPath) => formatInstanceIdentifier({ steps: steps.slice(0, -1) })
  const last = a.steps.at(-1)
  return last?.node === b.steps.at(-1)?.node && (last?.keys.length ?? 0) > 0 && parent(a) === parent(b)
}

/** The tree with the target, which is in it, moved to its place. */
export function placed(tree: JsonObject, target: DataPath, { where, point }: Placement): JsonObject {
  const step = target.steps.at(-1) as PathStep
  const list = { steps: [...target.steps.slice(0, -1), { node: step.node, keys: [] }] }
  return update(tree, list, (entries = []) => {
    const others = [...(entries as JsonValue[])]
    const [entry] = others.splice(indexOf(others, step), 1)
    if (entry === undefined) throw new Error('what is to be moved is not there')
    others.splice(indexFor(others, where, point), 0, entry)
    return others
  })
}

function indexFor(
  others: readonly JsonValue[],
  where: Placement['where'],
  point: DataPath | undefined,
): number {
  if (where === 'first') return 0
  if (where === 'last' || !point) return others.length
  const index = indexOf(others, point.steps.at(-1) as PathStep)
  const path = formatInstanceIdentifier(point)
  if (index < 0) throw error('missing-point', { point: path }, { path })
  return where === 'before' ? index : index + 1
}

function indexOf(entries: readonly JsonValue[], { node, keys }: PathStep): number {
  return entries.findIndex((entry) => keysOf(node, entry).every((key, i) => key === keys[i]))
}
