// What a commit asks for, and what it leads to: edits are applied, in order, to a copy of the running tree and to an
// overlay over the running softwires. Nothing here touches the running configuration.
import { error, LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatInstanceIdentifier } from '../schema/paths.js'
import type { Schema, SchemaNode } from '../schema/schema.js'
import { decodeSoftwire, SoftwireRecords } from '../schema/softwire-record.js'
import { entryPath, keyOf, lineage, placeOf, softwirePath } from './place.js'
import type { SoftwireOverlay } from './softwire-overlay.js'
import { splitSoftwires } from './softwire-split.js'
import { keysOf, merge, update } from './tree.js'
import { type Placement, placed } from './user-order.js'

export type Operation = 'create' | 'merge' | 'replace' | 'delete' | 'remove'

export interface Edit {
  /** `move` needs a placement, and changes nothing but the order. */
  readonly operation: Operation | 'move'
  readonly target: DataPath
  /** Of the target itself: an object for a container or list entry, an array for a list without keys. */
  readonly value?: JsonValue
  /** Softwires of a value that reaches above them; those may also stand in `value`, as the model has them. */
  readonly softwires?: SoftwireRecords
  /** Where an entry of a user-ordered list goes; a new one goes last, another stays where it is. */
  readonly placement?: Placement
}

/** The tree after the edits; what they do to softwires lands in the overlay. */
export function applyEdits(
  schema: Schema,
  running: JsonObject,
  softwires: SoftwireOverlay,
  edits: readonly Edit[],
): JsonObject {
  let tree = running
  for (const edit of edits) {
    try {
      for (const part of eachEntry(edit)) tree = applyEdit(schema, tree, softwires, part)
    } catch (problem) {
      if (problem instanceof LwaftrError) culprits.set(problem, edit)
      throw problem
    }
  }
  return tree
}

const culprits = new WeakMap<LwaftrError, Edit>()

/** The edit that the failure is about, if it is about a single one. */
export function culprit(problem: LwaftrError): Edit | undefined {
  return culprits.get(problem)
}

function applyEdit(schema: Schema, tree: JsonObject, softwires: SoftwireOverlay, edit: Edit): JsonObject {
  if (edit.target.steps.some((step) => !step.node.config))
    throw error('read-only', { name: edit.target.steps.at(-1)?.node.name ?? '' }, { path: where(edit) })
  switch (placeOf(schema, edit.target)) {
    case 'beside':
      return inPlace(editTree(schema, tree, edit), edit)
    case 'above':
      return editAbove(schema, tree, softwires, edit)
    case 'list':
      if (edit.operation === 'delete' && softwires.empty) throw missing(edit)
      softwires.replace(edit.softwires ?? entriesOf(edit))
      return tree
    case 'entry':
      editEntry(schema, softwires, edit)
      return tree
    case 'inside':
      editInside(schema, softwires, edit)
      return tree
  }
}

/** A list as a whole stands for its entries, unless it is replaced or emptied. */
function eachEntry(edit: Edit): Edit[] {
  const last = edit.target.steps.at(-1)
  if (last?.node.kind !== 'list' || last.keys.length > 0) return [edit]
  if (edit.operation !== 'create' && edit.operation !== 'merge') return [edit]
  return entriesOf(edit).map((value) => ({
    ...edit,
    target: entryPath(edit.target, last.node, value),
    value,
  }))
}

function inPlace(tree: JsonObject, { target, placement }: Edit): JsonObject {
  return placement ? placed(tree, target, placement) : tree
}

/** `path` says where the target is in `tree`, when the tree is only a part. */
function editTree(schema: Schema, tree: JsonObject, edit: Edit, path = edit.target): JsonObject {
  return update(tree, path, (existing) => {
    const node = edit.target.steps.at(-1)?.node ?? null
    switch (edit.operation) {
      case 'create':
        if (existing !== undefined) throw error('data-exists', { path: where(edit) }, { path: where(edit) })
        return checkKeys(edit)
      case 'replace':
        return checkKeys(edit)
      case 'merge':
        return merge(node, node?.children ?? schema.roots, existing, checkKeys(edit))
      case 'move':
        if (existing === undefined) throw missing(edit)
        return existing
      case 'delete':
        if (existing === undefined) throw missing(edit)
        return undefined
      case 'remove':
        return undefined
    }
  })
}

/** Keys of a list entry are those of its path: an edit cannot rename. */
function checkKeys(edit: Edit): JsonValue {
  const step = edit.target.steps.at(-1)
  const value = edit.value ?? {}
  if (step && isKey(step.node)) {
    const expected = edit.target.steps.at(-2)?.keys[step.node.parent?.keys.indexOf(step.node.name) ?? -1]
    // A key goes with its entry only.
    if (edit.operation === 'delete' || edit.operation === 'remove')
      throw error(
        'missing-key',
        { list: step.node.parent?.name ?? '', key: step.node.name },
        { path: where(edit) },
      )
    compareKey(edit, step.node.name, String(value), expected ?? '')
  }
  if (step?.node.kind !== 'list' || step.keys.length === 0) return value
  entryPath(edit.target, step.node, value)
  for (const [i, key] of keysOf(step.node, value).entries())
    compareKey(edit, step.node.keys[i] ?? '', key, step.keys[i] ?? '')
  return value
}

function isKey(node: SchemaNode): boolean {
  return node.parent?.keys.includes(node.name) ?? false
}

function compareKey(edit: Edit, name: string, value: string, expected: string): void {
  if (value !== expected) throw error('key-mismatch', { name, value, expected }, { path: where(edit), value })
}

/** Root, softwire-config or binding-table: the tree's part and the softwires' part of one edit. */
function editAbove(schema: Schema, tree: JsonObject, softwires: SoftwireOverlay, edit: Edit): JsonObject {
  const { rest, softwires: entries } = splitSoftwires(schema, edit.target, edit.value ?? {})
  const present = !softwires.empty
  const given = edit.softwires ?? entries
  switch (edit.operation) {
    case 'create':
      if (present) throw error('data-exists', { path: where(edit) }, { path: where(edit) })
      softwires.replace(given)
      break
    case 'replace':
      softwires.replace(given)
      break
    case 'merge':
      for (const value of edit.softwires
        ? [...edit.softwires].map((record) => decodeSoftwire(record))
        : entries)
        mergeEntry(schema, softwires, { ...edit, target: softwirePath(schema, value), value })
      break
    case 'delete':
    case 'remove':
      softwires.replace([])
      return editTree(schema, tree, present ? { ...edit, operation: 'remove' } : edit)
  }
  return editTree(schema, tree, { ...edit, value: rest })
}

function editEntry(schema: Schema, softwires: SoftwireOverlay, edit: Edit): void {
  const existing = softwires.get(keyOf(edit.target, schema))
  switch (edit.operation) {
    case 'create':
      if (existing) throw error('data-exists', { path: where(edit) }, { path: where(edit) })
      softwires.put(checkKeys(edit))
      break
    case 'replace':
      softwires.put(checkKeys(edit))
      break
    case 'merge':
      mergeEntry(schema, softwires, edit)
      break
    case 'delete':
      if (!existing) throw missing(edit)
      softwires.delete(keyOf(edit.target, schema))
      break
    case 'remove':
      softwires.delete(keyOf(edit.target, schema))
      break
  }
}

function mergeEntry(schema: Schema, softwires: SoftwireOverlay, edit: Edit): void {
  const node = schema.softwires
  const existing = softwires.get(keyOf(edit.target, schema))
  softwires.put(merge(node, node.children, existing ?? undefined, checkKeys(edit)))
}

/** A leaf or container of one softwire: the entry is edited as a small tree of its own and put back. */
function editInside(schema: Schema, softwires: SoftwireOverlay, edit: Edit): void {
  const depth = lineage(schema.softwires).length
  const entry = { steps: edit.target.steps.slice(0, depth) }
  const existing = softwires.get(keyOf(edit.target, schema))
  if (!existing) {
    const path = formatInstanceIdentifier(entry)
    throw error('data-missing', { path }, { path })
  }
  checkKeys(edit)
  softwires.put(editTree(schema, existing, edit, { steps: edit.target.steps.slice(depth) }))
}

/** Entries of a list that is edited as a whole; softwires may have come as records. */
function entriesOf({ value = [], softwires = new SoftwireRecords() }: Edit): JsonValue[] {
  const records = [...softwires].map((record) => decodeSoftwire(record))
  return records.concat(value as JsonObject)
}

function missing(edit: Edit): LwaftrError {
  return error('data-missing', { path: where(edit) }, { path: where(edit) })
}

function where(edit: Edit): string {
  return formatInstanceIdentifier(edit.target)
}
