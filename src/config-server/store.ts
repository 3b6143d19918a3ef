// The running configuration on disk, by lmdb: the tree as RFC 7951 JSON, softwires in pages, and of each commit its
// record and what undoes it. Commits that come together share one transaction, which is fsynced before persist()
// returns: after a crash either all of it is there or nothing.
//
// persist() is synchronous on purpose. lmdb's asynchronous transactions resolve without their data being safe to
// abort (a callback that throws half-way is committed up to there), and report a full disk a second time as an
// unhandled rejection; the synchronous ones do neither, and cost 0.3 ms a commit, 0.2 s a million softwires.

import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Change } from '../dataplane/dataplane.js'
import { error } from '../errors.js'
import type { JsonObject } from '../schema/json-types.js'
import { recordSize, SoftwireRecords } from '../schema/softwire-record.js'
import { checked, Damaged, sealed } from './checksum.js'
import type { Pending } from './pending-commit.js'
import type { CommitRecord } from './publisher.js'
import {
  editSoftwires,
  pageStarts,
  readSoftwires,
  readSoftwiresOneByOne,
  readSoftwiresUnchecked,
  replaceSoftwires,
} from './softwire-pages.js'
import { afterStore, beforeStore, storeFile } from './store-birth.js'
import { Databases, type StoredRecord } from './store-databases.js'
import { decodeUndo, encodeUndo, type Undo } from './undo.js'

export interface Saved {
  readonly commit: CommitRecord
  readonly tree: JsonObject
  readonly softwires: SoftwireRecords
}

/** A commit as it is stored. What is undefined stays as it is. */
export interface Entry {
  readonly commit: CommitRecord
  readonly tree: JsonObject | undefined
  readonly softwires: Change['softwires']
  readonly undo: Undo
}

/** How much is kept of what undoes commits; beyond that the oldest go. */
export interface Keep {
  /** Commits. */
  readonly depth: number
  /** Bytes. */
  readonly size: number
}

export interface Store {
  /** Of this store for all its life: tells apart equal revisions of different stores. */
  readonly id: string
  /** What was committed last; null when nothing ever was. */
  load(): Saved | null
  /** All of these commits, in order, or none: then it throws LwaftrError and leaves no trace. */
  persist(entries: readonly Entry[], keep: Keep, pending?: Pending | null): void
  /** Why the last persist() threw; null: it did not. */
  readonly failure: string | null
  /** The confirmed commit that waits; persist() sets it, or with null removes it. */
  readonly pending: Pending | null
  /** The oldest revision that what is kept leads back to; null when nothing is. */
  readonly oldest: number | null
  /** The commits that are kept, newest first; the last `limit` of them. */
  history(limit?: number): CommitRecord[]
  /** What undoes the commit; null when that is not kept, or there was no such commit. */
  undo(revision: number): Undo | null
  /** Reads all of it; throws LwaftrError where something is not as it was written. */
  verify(): void
  close(): Promise<void>
}

const FORMAT = 4
/** In the first format each softwire had an entry of its own; those up to the third had no checksums. */
const ONE_BY_ONE = 1

/** Throws LwaftrError. A file that is damaged may end the process: see store-check.ts. */
export function openStore(directory: string): Store {
  try {
    beforeStore(directory)
    const store = new LmdbStore(directory)
    afterStore(directory)
    return store
  } catch (cause) {
    throw storage(`${directory}: ${message(cause)}`, cause)
  }
}

/** What damaged undos are called. */
const EARLIER = 'earlier configurations'

class LmdbStore implements Store {
  readonly id: string
  readonly #directory: string
  readonly #in: Databases
  /** Of the pages of softwires; null until somebody needs them. */
  #starts: number[] | null = null
  #failure: string | null = null

  constructor(directory: string) {
    this.#directory = directory
    this.#in = new Databases(directory)
    const format = this.#in.meta.get('format')
    if (format === undefined) this.#initialise()
    else if (typeof format === 'number' && format < FORMAT) this.#upgrade(format)
    else if (format !== FORMAT) throw new Error(`format ${format} is not the one of this version, ${FORMAT}`)
    this.id = String(this.#in.meta.get('id'))
  }

  load(): Saved | null {
    const commit = this.#record(this.#in.meta.get('revision'))
    if (!commit) return null
    return this.#intact(() => {
      const softwires = SoftwireRecords.of(readSoftwires(this.#in.softwires))
      if (softwires.count !== (this.#in.meta.get('softwires') ?? 0)) throw new Damaged('softwires')
      // A configuration may consist of softwires alone.
      const tree = (this.#in.meta.get('tree') ?? {}) as JsonObject
      if ((this.#in.meta.get('tree-checksum') ?? checksumOf({})) !== checksumOf(tree))
        throw new Damaged('settings')
      return { commit, tree, softwires }
    })
  }

  get pending(): Pending | null {
    const pending = this.#in.meta.get('pending') as
      | (Omit<Pending, 'deadline'> & { deadline: string })
      | undefined
    // One of an earlier version has no more than its deadline.
    const unknown = { timeout: Number.POSITIVE_INFINITY, boot: { id: '', until: 0 } }
    return pending ? { ...unknown, ...pending, deadline: new Date(pending.deadline) } : null
  }

  get failure(): string | null {
    return this.#failure
  }

  get oldest(): number | null {
    const oldest = this.#oldest()
    return oldest === undefined ? null : oldest - 1
  }

  persist(entries: readonly Entry[], keep: Keep, pending?: Pending | null): void {
    try {
      this.#in.transact(() => {
        for (const entry of entries) this.#put(entry)
        if (pending) this.#in.meta.putSync('pending', pending)
        else if (pending === null) this.#in.meta.removeSync('pending')
        this.#prune(keep)
      })
      this.#failure = null
    } catch (cause) {
      this.#failure = message(cause)
      // They went along with what has not happened.
      this.#starts = null
      throw storage(message(cause), cause)
    }
  }

  history(limit?: number): CommitRecord[] {
    const newestFirst = this.#in.history.getRange({
      reverse: true,
      ...(limit === undefined ? {} : { limit }),
    })
    return [...newestFirst].map(({ value }) => recordOf(value))
  }

  undo(revision: number): Undo | null {
    const bytes = this.#in.undo.get(revision)
    return bytes === undefined ? null : decodeUndo(this.#intact(() => checked(EARLIER, bytes)))
  }

  verify(): void {
    this.load()
    this.#intact(() => {
      for (const { value } of this.#in.undo.getRange()) checked(EARLIER, value)
    })
  }

  /** Says of what is damaged in which file it is. */
  #intact<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw damaged(this.#directory, message(cause), cause)
    }
  }

  async close(): Promise<void> {
    await this.#in.close()
  }

  #put({ commit, tree, softwires, undo }: Entry): void {
    if (tree) this.#putTree(tree)
    if (softwires) this.#in.meta.putSync('softwires', this.#putSoftwires(softwires))
    // Field by field: a commit that is handed in may carry more, and far too much to keep.
    const { revision, time, modified, who, via, comment, summary } = commit
    this.#in.meta.putSync('revision', revision)
    this.#in.history.putSync(revision, {
      revision,
      time: time.toISOString(),
      ...(modified === undefined ? {} : { modified: modified.toISOString() }),
      who,
      via,
      ...(comment === undefined ? {} : { comment }),
      summary,
    })
    const bytes = sealed(encodeUndo(undo))
    this.#in.undo.putSync(revision, bytes)
    this.#in.meta.putSync('undo-bytes', this.#undoBytes() + bytes.length)
  }

  /** Answers how many there are then. */
  #putSoftwires(change: NonNullable<Change['softwires']>): number {
    if ('edits' in change) {
      this.#starts ??= pageStarts(this.#in.softwires)
      const grown = editSoftwires(this.#in.softwires, this.#starts, change.edits)
      return Number(this.#in.meta.get('softwires') ?? 0) + grown
    }
    this.#starts = null
    replaceSoftwires(this.#in.softwires, change.replace)
    return change.replace.length / recordSize
  }

  #prune({ depth, size }: Keep): void {
    let bytes = this.#undoBytes()
    const needed = this.pending?.back ?? Number.POSITIVE_INFINITY
    for (let count = this.#in.undo.getCount(); count > depth || bytes > size; count--) {
      const oldest = this.#oldest()
      if (oldest === undefined || oldest > needed) break
      bytes -= this.#in.undo.get(oldest)?.length ?? 0
      this.#in.undo.removeSync(oldest)
    }
    // The record of the last commit stays in any case: it is what the configuration is called.
    const end = this.#oldest() ?? Number(this.#in.meta.get('revision'))
    for (const revision of [...this.#in.history.getKeys({ end })]) this.#in.history.removeSync(revision)
    this.#in.meta.putSync('undo-bytes', bytes)
  }

  /** Revision of the oldest commit that can be undone. */
  #oldest(): number | undefined {
    const [oldest] = this.#in.undo.getKeys({ limit: 1 })
    return oldest
  }

  #undoBytes(): number {
    return Number(this.#in.meta.get('undo-bytes') ?? 0)
  }

  #initialise(): void {
    this.#in.transact(() => {
      this.#in.meta.putSync('format', FORMAT)
      this.#in.meta.putSync('id', randomBytes(6).toString('base64url'))
    })
  }

  /** What it cannot check it takes as it is; what undoes commits begins anew. */
  #upgrade(format: number): void {
    const read = format === ONE_BY_ONE ? readSoftwiresOneByOne : readSoftwiresUnchecked
    this.#in.transact(() => {
      const softwires = read(this.#in.softwires)
      replaceSoftwires(this.#in.softwires, softwires)
      this.#in.meta.putSync('softwires', softwires.length / recordSize)
      const tree = this.#in.meta.get('tree')
      if (tree) this.#putTree(tree as JsonObject)
      this.#in.undo.clearSync()
      this.#in.meta.putSync('undo-bytes', 0)
      this.#in.meta.putSync('format', FORMAT)
    })
  }

  #putTree(tree: JsonObject): void {
    this.#in.meta.putSync('tree', tree)
    this.#in.meta.putSync('tree-checksum', checksumOf(tree))
  }

  #record(revision: unknown): CommitRecord | null {
    const value = typeof revision === 'number' ? this.#in.history.get(revision) : undefined
    return value ? recordOf(value) : null
  }
}

function recordOf({ modified, ...record }: StoredRecord): CommitRecord {
  const time = new Date(record.time)
  return { ...record, time, ...(modified === undefined ? {} : { modified: new Date(modified) }) }
}

/** Members keep their order through JSON and back. */
function checksumOf(tree: JsonObject): number {
  return crc32(JSON.stringify(tree))
}

function storage(problem: string, cause: unknown): Error {
  return error('storage', { problem }, { cause })
}

export function damaged(directory: string, problem: string, cause?: unknown): Error {
  return error('damaged', { file: storeFile(directory), problem }, { cause })
}

function message(cause: unknown): string {
  // lmdb adds where it wanted to write, and sizes that it did not look at.
  return cause instanceof Error ? cause.message.replace(/: Attempting to write page.*/, '') : String(cause)
}
