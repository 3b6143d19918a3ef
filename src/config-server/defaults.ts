// Default values in what is read (RFC 6243): filled in, or left out. Trees hold those that were set explicitly.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { LeafType, SchemaNode } from '../schema/schema.js'
import type { Defaults } from './query.js'
import { isObject } from './tree.js'

/** The value of `node` (null: the datastore) with defaults as asked for. */
export function withDefaults(
  node: SchemaNode | null,
  children: ReadonlyMap<string, SchemaNode>,
  value: JsonValue,
  mode: Defaults,
): JsonValue {
  if (mode === 'explicit') return value
  if (Array.isArray(value)) return value.map((entry) => withDefaults(node, children, entry, mode))
  if (!isObject(value)) return value
  return mode === 'trim' ? trim(children, value) : fill(children, value)
}

function fill(children: ReadonlyMap<string, SchemaNode>, value: JsonObject): JsonObject {
  const filled: Record<string, JsonValue> = { ...value }
  for (const [name, child] of children) {
    const present = value[name]
    if (present !== undefined) filled[name] = withDefaults(child, child.children, present, 'report-all')
    else if (child.choice) continue
    else if (child.kind === 'leaf' && child.default !== undefined) filled[name] = defaultOf(child)
    else if (child.kind === 'container' && !child.presence && child.config) {
      const inner = fill(child.children, {})
      if (Object.keys(inner).length > 0) filled[name] = inner
    }
  }
  return filled
}

function trim(children: ReadonlyMap<string, SchemaNode>, value: JsonObject): JsonObject {
  const kept: Record<string, JsonValue> = {}
  for (const [name, member] of Object.entries(value)) {
    const child = children.get(name)
    if (child?.default !== undefined && member === defaultOf(child)) continue
    kept[name] = child ? withDefaults(child, child.children, member, 'trim') : member
  }
  return kept
}

/** The default as RFC 7951 writes it: numbers up to 32 bits are numbers, wider ones are strings. */
function defaultOf(leaf: SchemaNode): JsonValue {
  const text = leaf.default ?? ''
  const base: LeafType['base'] | undefined = leaf.type?.base
  if (base === 'boolean') return text === 'true'
  return base && /^u?int(8|16|32)$/.test(base) ? Number(text) : text
}
