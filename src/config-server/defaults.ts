// Default values filled in (RFC 6243, report-all). Trees hold those only that were set explicitly.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { SchemaNode } from '../schema/schema.js'
import { defaultOf } from '../schema/walk.js'
import { isObject } from './tree.js'

/** The value of a node with these children, defaults added. */
export function withDefaults(children: ReadonlyMap<string, SchemaNode>, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => withDefaults(children, entry))
  return isObject(value) ? fill(children, value) : value
}

function fill(children: ReadonlyMap<string, SchemaNode>, value: JsonObject): JsonObject {
  const filled: JsonObject = {}
  for (const [name, child] of children) {
    const present = value[name]
    if (present !== undefined) filled[name] = withDefaults(child.children, present)
    // No alternative of a choice in this model has defaults to show.
    else if (child.choice || !child.config) continue
    else if (child.kind === 'leaf' && child.default !== undefined) filled[name] = defaultOf(child)
    else if (child.kind === 'container' && !child.presence) {
      const inner = fill(child.children, {})
      if (Object.keys(inner).length > 0) filled[name] = inner
    }
  }
  return filled
}
