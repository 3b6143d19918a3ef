// A commit as an update: kept as the bytes it is made of, and decoded when its edits are asked for.
import type { DataPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { decodeSoftwire, recordSize } from '../../schema/softwire-record.js'
import { softwirePath } from '../place.js'
import type { Commit } from '../publisher.js'
import type { SoftwireChange } from '../softwire-overlay.js'
import { isDelete, recordsIn } from '../softwire-scan.js'
import { type FeedEdit, MOST_EDITS, type Update } from './feed.js'
import { narrow } from './narrow.js'

export class CommitUpdate implements Update {
  readonly revision: string
  readonly time: Date
  readonly #schema: Schema
  readonly #tree: readonly FeedEdit[]
  readonly #records: Uint8Array | null
  /** A byte for each edit: 1 if there was a softwire with its keys before. */
  readonly #existed: Uint8Array

  /** `scope` is the binding table or contains it: what the edits are narrowed to. */
  constructor(schema: Schema, { revision, time, tree, softwires }: Commit, scope: DataPath) {
    this.#schema = schema
    this.revision = String(revision)
    this.time = time
    this.#tree = tree.flatMap((edit) => narrow(edit, scope))
    this.#records = softwires ? recordsOf(softwires) : new Uint8Array(0)
    this.#existed = Uint8Array.from(undone(softwires), (record) => Number(!isDelete(record)))
  }

  get edits(): Iterable<FeedEdit> | null {
    return this.#records && this.#each(this.#records)
  }

  /** What it holds in memory, about. */
  get bytes(): number {
    const tree = this.#tree.reduce((sum, { value }) => sum + 256 + JSON.stringify(value ?? '').length, 0)
    return 512 + tree + (this.#records?.length ?? 0)
  }

  *#each(records: Uint8Array): Iterable<FeedEdit> {
    yield* this.#tree
    yield* softwireEdits(this.#schema, records, (record, index) =>
      isDelete(record) ? 'delete' : this.#existed[index] ? 'replace' : 'create',
    )
  }
}

/** The change record by record; null where it is a new table, or too large. */
function recordsOf({ change, deleted }: SoftwireChange): Uint8Array | null {
  const records = 'edits' in change ? change.edits : deleted === 0 ? change.replace : null
  return records && records.length <= MOST_EDITS * recordSize ? records : null
}

function undone(softwires: SoftwireChange | undefined): Iterable<Uint8Array> {
  return softwires && 'edits' in softwires.undo ? recordsIn(softwires.undo.edits) : []
}

/** An edit for each record. */
export function* softwireEdits(
  schema: Schema,
  records: Uint8Array,
  operationOf: (record: Uint8Array, index: number) => FeedEdit['operation'],
): Iterable<FeedEdit> {
  for (const [i, record] of [...recordsIn(records)].entries())
    yield softwireEdit(schema, operationOf(record, i), record)
}

export function softwireEdit(schema: Schema, operation: FeedEdit['operation'], record: Uint8Array): FeedEdit {
  const value = decodeSoftwire(record)
  const target = softwirePath(schema, value)
  return operation === 'delete' ? { operation, target } : { operation, target, value }
}
