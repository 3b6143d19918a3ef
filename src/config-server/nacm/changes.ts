// Whether a user may change what an edit changes (RFC 8341 s3.2.5): the difference is judged node by node, not what was
// sent, so that sending again what is there needs no permission.
import { error } from '../../errors.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { formatInstanceIdentifier, type PathStep } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { decodeSoftwire, recordSize } from '../../schema/softwire-record.js'
import type { ConfigurationView, Datastore } from '../datastore.js'
import type { Difference } from '../draft.js'
import { lineage } from '../place.js'
import { changesBetween } from '../softwire-diff.js'
import type { CreateTable, SoftwireChange } from '../softwire-overlay.js'
import { isDelete, keyAt } from '../softwire-scan.js'
import { find, isObject, keysOf } from '../tree.js'
import { diffTrees, type TreeEdit } from '../tree-diff.js'
import type { Judge } from './judge.js'
import type { Operation } from './policy.js'
import { SoftwireRules } from './softwires.js'

type Steps = readonly PathStep[]
type Write = Exclude<Operation, 'exec' | 'read'>

export interface ChangeContext {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly createTable: CreateTable
}

/** Throws LwaftrError 403 for the first thing that the user may not do. */
export function checkChange(
  judge: Judge,
  context: ChangeContext,
  change: Difference,
  before: ConfigurationView,
): void {
  for (const edit of change.tree) checkEdit(judge, before.running.tree, edit)
  if (change.softwires) checkSoftwires(judge, context, change.softwires, before)
}

function checkEdit(judge: Judge, running: JsonObject, { operation, target, value }: TreeEdit): void {
  if (operation === 'create') checkSubtree(judge, 'create', target.steps, value ?? null)
  else if (operation === 'delete') checkSubtree(judge, 'delete', target.steps, find(running, target) ?? null)
  else if (!judge.permits('update', target.steps)) throw denied(judge, target.steps)
}

/** Every node that comes or goes. A container without presence is nothing by itself: what it holds decides. */
function checkSubtree(judge: Judge, operation: Write, steps: Steps, value: JsonValue): void {
  const whole = judge.whole(operation, steps)
  if (whole === true) return
  const node = steps.at(-1)?.node
  if (whole === false || !node) throw denied(judge, steps)
  const bare = node.kind === 'container' && !node.presence
  if (!bare && !judge.permits(operation, steps)) throw denied(judge, steps)
  if (!isObject(value)) return
  for (const [name, member] of Object.entries(value)) {
    const child = node.children.get(name)
    // Keys come and go with their entry.
    if (!child || member === undefined || node.keys.includes(name)) continue
    if (!Array.isArray(member)) checkSubtree(judge, operation, [...steps, { node: child, keys: [] }], member)
    else
      for (const entry of member)
        checkSubtree(judge, operation, [...steps, { node: child, keys: keysOf(child, entry) }], entry)
  }
}

function checkSoftwires(
  judge: Judge,
  context: ChangeContext,
  { change }: SoftwireChange,
  { table }: ConfigurationView,
): void {
  const { schema } = context
  const rules = {
    create: new SoftwireRules(judge, schema, 'create'),
    update: new SoftwireRules(judge, schema, 'update'),
    delete: new SoftwireRules(judge, schema, 'delete'),
  }
  const kinds = Object.values(rules)
  if (kinds.every(({ others, addresses }) => others === true && addresses.length === 0)) return
  const edits = 'edits' in change ? [change.edits] : differences(context, change.replace)
  for (const records of edits)
    for (let at = 0; at < records.length; at += recordSize) {
      const record = records.subarray(at, at + recordSize)
      const { ipv4, psid } = keyAt(record, 0)
      const before = table.get(ipv4, psid)
      const operation = isDelete(record) ? 'delete' : before ? 'update' : 'create'
      if (rules[operation].verdict(ipv4, psid)) continue
      checkSoftwire(judge, schema, before, isDelete(record) ? null : record)
    }
}

/** What a whole new table changes of the old one. */
function differences({ datastore, createTable }: ChangeContext, records: Uint8Array): Uint8Array[] {
  const table = createTable()
  try {
    if (table.build(records)) throw new Error('a valid table cannot be built')
    return changesBetween(datastore.table, table, Number.POSITIVE_INFINITY) ?? []
  } finally {
    table.close()
  }
}

/** One entry, as a tree of its own. */
function checkSoftwire(
  judge: Judge,
  schema: Schema,
  before: Uint8Array | null,
  after: Uint8Array | null,
): void {
  const running = treeOf(schema, before)
  for (const edit of diffTrees(schema, running, treeOf(schema, after))) checkEdit(judge, running, edit)
}

function treeOf(schema: Schema, record: Uint8Array | null): JsonObject {
  const [top, ...further] = lineage(schema.softwires)
  if (!top || !record) return {}
  let value: JsonValue = [decodeSoftwire(record)]
  for (const node of further.reverse()) value = { [node.name]: value }
  return { [`${top.module}:${top.name}`]: value }
}

/** Names the node only to who may know that it is there. */
function denied(judge: Judge, steps: Steps): Error {
  const path = judge.permits('read', steps) ? formatInstanceIdentifier({ steps }) : undefined
  return error('access-denied', {}, path === undefined ? {} : { path })
}
