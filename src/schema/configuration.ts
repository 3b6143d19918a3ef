/** What a datastore holds: a tree, and beside it the softwires, which are too many for a tree. */
import type { JsonObject, JsonValue } from './json-types.js'
import type { SoftwireRecords } from './softwire-record.js'

export interface Configuration {
  /** RFC 7951, canonical values, explicit leaves only; without binding-table/softwire. */
  readonly tree: JsonObject
  readonly softwires: SoftwireRecords
}

/** A part of one, at some path: an object (container, entry), an array (list, leaf-list) or a leaf's value. */
export interface Subtree {
  /** Without the softwires, unless it is one softwire or a part of one. */
  readonly value: JsonValue
  readonly softwires: SoftwireRecords
}
