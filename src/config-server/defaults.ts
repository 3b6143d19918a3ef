// Values that are there by default (RFC 6243, RFC 8040 s4.8.9). Trees hold those only that were set explicitly, which is
// the basic mode; the others are made of them here.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { memberName, type SchemaNode } from '../schema/schema.js'
import { defaultOf, TAG } from '../schema/walk.js'
import type { DefaultsMode } from './query.js'
import { isObject } from './tree.js'

type Children = ReadonlyMap<string, SchemaNode>

/** The value of a node that has these children, as the mode shows it. */
export function inMode(mode: DefaultsMode | undefined, children: Children, value: JsonValue): JsonValue {
  switch (mode) {
    case 'report-all':
      return withDefaults(children, value, false)
    case 'report-all-tagged':
      return withDefaults(children, value, true)
    case 'trim':
      return trimmed(children, value)
    default:
      return value
  }
}

/** Defaults added; `tag` annotates them (RFC 6243 s6, RFC 7952). */
export function withDefaults(children: Children, value: JsonValue, tag = false): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => withDefaults(children, entry, tag))
  return isObject(value) ? fill(children, value, tag) : value
}

function fill(children: Children, value: JsonObject, tag: boolean): JsonObject {
  const filled: JsonObject = {}
  for (const [name, child] of children) {
    const present = value[name]
    if (present !== undefined) filled[name] = withDefaults(child.children, present, tag)
    else if (!child.config || !caseHolds(child, value)) continue
    else if (child.kind === 'leaf' && child.default !== undefined) {
      filled[name] = defaultOf(child)
      if (tag) filled[`@${name}`] = TAG
    } else if (child.kind === 'container' && !child.presence) {
      const inner = fill(child.children, {}, tag)
      if (Object.keys(inner).length > 0) filled[name] = inner
    }
  }
  return filled
}

/** Defaults of an alternative are in use only where something else of it is there (RFC 7950 s7.6.1). */
function caseHolds(node: SchemaNode, siblings: JsonObject): boolean {
  const { choice, parent } = node
  if (!choice || !parent) return true
  return [...parent.children.values()].some(
    (other) =>
      other.choice?.name === choice.name &&
      other.choice.case === choice.case &&
      siblings[memberName(other)] !== undefined,
  )
}

/** Without what equals its default, whoever set it. */
function trimmed(children: Children, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => trimmed(children, entry))
  if (!isObject(value)) return value
  const left: JsonObject = {}
  for (const [name, member] of Object.entries(value)) {
    const child = children.get(name)
    if (!child || member === undefined) continue
    if (child.kind === 'leaf' && child.default !== undefined && member === defaultOf(child)) continue
    left[name] = trimmed(child.children, member)
  }
  return left
}
