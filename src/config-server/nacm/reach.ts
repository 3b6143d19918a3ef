// An edit may speak only of what its user may read or change: else it could ask, by sending a guess, whether something
// hidden is just so, since what an edit leaves as it is needs no permission.
import { error } from '../../errors.js'
import type { JsonValue } from '../../schema/json-types.js'
import type { PathStep } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { recordSize } from '../../schema/softwire-record.js'
import type { Edit } from '../edit.js'
import { keyAt } from '../softwire-scan.js'
import { isObject, keysOf } from '../tree.js'
import type { Judge } from './judge.js'
import { SoftwireRules } from './softwires.js'

type Steps = readonly PathStep[]

const OPERATIONS = ['read', 'create', 'update', 'delete'] as const

/** Throws LwaftrError 403, which says nothing of what is there. */
export function checkReach(judge: Judge, schema: Schema, edits: readonly Edit[]): void {
  for (const { target, value, softwires } of edits) {
    if (target.steps.length > 0 && !reaches(judge, target.steps)) throw error('access-denied', {})
    if (value !== undefined) checkValue(judge, schema, target.steps, value)
    if (softwires && softwires.count > 0) checkRecords(judge, schema, softwires.bytes)
  }
}

function reaches(judge: Judge, steps: Steps): boolean {
  return OPERATIONS.some((operation) => judge.whole(operation, steps) !== false)
}

function checkValue(judge: Judge, schema: Schema, steps: Steps, value: JsonValue): void {
  const last = steps.at(-1)
  if (last && judge.whole('read', steps) === true) return
  if (last && Array.isArray(value) && last.keys.length === 0) {
    for (const entry of value) {
      const keys = keysOf(last.node, entry)
      checkValue(judge, schema, [...steps.slice(0, -1), { node: last.node, keys }], entry)
    }
    return
  }
  if (last && !reaches(judge, steps)) throw error('access-denied', {})
  if (!isObject(value)) return
  const children = last?.node.children ?? schema.roots
  for (const [name, member] of Object.entries(value)) {
    const node = children.get(name)
    // Keys are in the path already; what is no node at all is for others to refuse.
    if (!node || member === undefined || last?.node.keys.includes(name)) continue
    checkValue(judge, schema, [...steps, { node, keys: [] }], member)
  }
}

function checkRecords(judge: Judge, schema: Schema, records: Uint8Array): void {
  const rules = OPERATIONS.map((operation) => new SoftwireRules(judge, schema, operation))
  if (rules.some(({ others, addresses }) => others === true && addresses.length === 0)) return
  for (let at = 0; at < records.length; at += recordSize) {
    const { ipv4, psid } = keyAt(records, at)
    if (rules.every((rule) => rule.verdict(ipv4, psid) === false)) throw error('access-denied', {})
  }
}
