// A value that reaches above the softwires, in two: the tree's part, and the softwires.
import type { JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import { lineage } from './place.js'
import { isObject } from './tree.js'

export interface Split {
  readonly rest: JsonValue
  readonly softwires: readonly JsonValue[]
}

/** Splits the value of a target that is above the softwires, or their list. */
export function splitSoftwires(schema: Schema, target: DataPath, value: JsonValue): Split {
  let softwires: readonly JsonValue[] = []
  const take = (at: JsonValue, [next, ...further]: readonly SchemaNode[]): JsonValue => {
    if (!next) {
      softwires = Array.isArray(at) ? at : [at]
      return []
    }
    const name = memberName(next)
    if (!isObject(at) || at[name] === undefined) return at
    const rest = { ...at, [name]: take(at[name], further) }
    if (further.length === 0) delete rest[name]
    return rest
  }
  const rest = take(value, lineage(schema.softwires).slice(target.steps.length))
  return { rest, softwires }
}
