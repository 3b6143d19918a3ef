// How two configurations differ, as lines for people: a leaf each, with + or -, its path and its value.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatXPath, pathTo } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { decodeSoftwire } from '../schema/softwire-record.js'
import { writeXPath } from '../schema/xpath.js'
import type { SoftwirePair, SoftwirePairs } from './softwire-diff.js'
import type { SoftwireChange } from './softwire-overlay.js'
import { compareKeys, isDelete, recordsIn } from './softwire-scan.js'
import { find } from './tree.js'
import { diffTrees } from './tree-diff.js'
import { Turns } from './turns.js'

/** Lines of both, the tree's first. */
export async function* differenceLines(
  schema: Schema,
  before: JsonObject,
  after: JsonObject,
  softwires: SoftwirePairs,
): AsyncIterable<string> {
  const turns = new Turns()
  for (const { target } of diffTrees(schema, before, after))
    yield* plusMinus(schema, target, find(before, target), find(after, target))
  for await (const pair of softwires) {
    await turns.step()
    const [old, fresh] = pair.map((record) => (record ? decodeSoftwire(record) : undefined))
    const { ipv4, psid } = (old ?? fresh) as JsonObject
    yield* plusMinus(schema, pathTo(schema.softwires, [String(ipv4), String(psid)]), old, fresh)
  }
}

/** The first `limit` lines in the members of an RPC's output that have them; the others are not made. */
export async function differenceOutput(lines: AsyncIterable<string>, limit: number): Promise<JsonObject> {
  const shown: string[] = []
  for await (const line of lines) {
    if (shown.length === limit) return { ...(limit > 0 ? { difference: shown } : {}), truncated: true }
    shown.push(line)
  }
  return shown.length > 0 ? { difference: shown } : {}
}

/** What a commit does to softwires, before and after. */
export function* softwirePairs(change: SoftwireChange | undefined): Iterable<SoftwirePair> {
  if (!change) return
  if ('edits' in change.change && 'edits' in change.undo) {
    const before = recordsIn(change.undo.edits)[Symbol.iterator]()
    for (const edit of recordsIn(change.change.edits)) yield [present(before.next().value), present(edit)]
  } else if ('replace' in change.change && 'replace' in change.undo)
    yield* replaced(change.undo.replace, change.change.replace)
}

/** Both in order of their keys, unless there were none before. */
function* replaced(before: Uint8Array, after: Uint8Array): Iterable<SoftwirePair> {
  const old = recordsIn(before)
  const fresh = recordsIn(after)
  let [one, other] = [old.next().value, fresh.next().value]
  while (one || other) {
    const order = one && other ? compareKeys(one, other) : one ? -1 : 1
    yield [(order <= 0 && one) || null, (order >= 0 && other) || null]
    if (order <= 0) one = old.next().value
    if (order >= 0) other = fresh.next().value
  }
}

function present(edit: Uint8Array | undefined): Uint8Array | null {
  return !edit || isDelete(edit) ? null : edit
}

function* plusMinus(
  schema: Schema,
  target: DataPath,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Iterable<string> {
  const old = leaves(schema, target, before)
  const fresh = leaves(schema, target, after)
  for (const line of old) if (!fresh.has(line)) yield `- ${line}`
  for (const line of fresh) if (!old.has(line)) yield `+ ${line}`
}

function leaves(schema: Schema, target: DataPath, value: JsonValue | undefined): Set<string> {
  if (value === undefined) return new Set()
  const { kind } = target.steps.at(-1)?.node ?? {}
  if (kind === 'leaf-list') return new Set([formatXPath(target)])
  const lines = [...writeXPath(schema, target, { value })].join('').split('\n')
  // What holds nothing is something all the same: a presence container.
  return new Set(lines.length > 1 ? lines.slice(0, -1) : [formatXPath(target)])
}
