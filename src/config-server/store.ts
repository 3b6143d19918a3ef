// The running configuration on disk, by lmdb: the tree as RFC 7951 JSON, softwires in pages, and the record of commits.
// One transaction a commit, fsynced before persist() returns: after a crash either all of it is there or nothing.
//
// persist() is synchronous on purpose. lmdb's asynchronous transactions resolve without their data being safe to
// abort (a callback that throws half-way is committed up to there), and report a full disk a second time as an
// unhandled rejection; the synchronous ones do neither, and cost 0.3 ms a commit, 0.2 s a million softwires.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Change } from '../dataplane/dataplane.js'
import { error } from '../errors.js'
import type { JsonObject } from '../schema/json-types.js'
import { SoftwireRecords } from '../schema/softwire-record.js'
import type { CommitRecord } from './publisher.js'
import {
  editSoftwires,
  type PageDatabase,
  readSoftwires,
  readSoftwiresOneByOne,
  replaceSoftwires,
} from './softwire-pages.js'

export interface Saved {
  readonly commit: CommitRecord
  readonly tree: JsonObject
  readonly softwires: SoftwireRecords
}

export interface Store {
  /** Of this store for all its life: tells apart equal revisions of different stores. */
  readonly id: string
  /** What was committed last; null when nothing ever was. */
  load(): Saved | null
  /** Throws LwaftrError and leaves no trace when it cannot be written. What is undefined stays as it is. */
  persist(commit: CommitRecord, tree: JsonObject | undefined, softwires: Change['softwires']): void
  /** The last commits, newest first. */
  history(limit: number): CommitRecord[]
  close(): Promise<void>
}

const FORMAT = 2
/** The format before it differs in one thing: each softwire had an entry of its own. */
const ONE_BY_ONE = 1

export function openStore(directory: string): Store {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return new LmdbStore(open({ path: directory, maxDbs: 3, noSubdir: false, encoding: 'json' }))
  } catch (cause) {
    throw storage(`${directory}: ${message(cause)}`, cause)
  }
}

class LmdbStore implements Store {
  readonly id: string
  readonly #root: RootDatabase
  /** format, id, tree, and the revision of the last commit. */
  readonly #meta: Database<unknown, string>
  readonly #softwires: PageDatabase
  readonly #history: Database<Omit<CommitRecord, 'time'> & { time: string }, number>

  constructor(root: RootDatabase) {
    this.#root = root
    this.#meta = root.openDB('meta', { encoding: 'json' })
    this.#softwires = root.openDB('softwires', { encoding: 'binary', keyEncoding: 'binary' })
    this.#history = root.openDB('history', { encoding: 'json', keyEncoding: 'uint32' })
    const format = this.#meta.get('format')
    if (format === undefined) this.#initialise()
    else if (format === ONE_BY_ONE) this.#upgrade()
    else if (format !== FORMAT) throw new Error(`format ${format} is not the one of this version, ${FORMAT}`)
    this.id = String(this.#meta.get('id'))
  }

  load(): Saved | null {
    const commit = this.#record(this.#meta.get('revision'))
    if (!commit) return null
    const softwires = readSoftwires(this.#softwires)
    return { commit, tree: this.#meta.get('tree') as JsonObject, softwires: SoftwireRecords.of(softwires) }
  }

  persist(commit: CommitRecord, tree: JsonObject | undefined, softwires: Change['softwires']): void {
    // Field by field: a commit that is handed in may carry more, and far too much to keep.
    const { revision, time, who, via, summary } = commit
    try {
      this.#root.transactionSync(() => {
        if (tree) this.#meta.putSync('tree', tree)
        if (softwires && 'replace' in softwires) replaceSoftwires(this.#softwires, softwires.replace)
        else if (softwires) editSoftwires(this.#softwires, softwires.edits)
        this.#meta.putSync('revision', revision)
        this.#history.putSync(commit.revision, { revision, time: time.toISOString(), who, via, summary })
      })
    } catch (cause) {
      throw storage(message(cause), cause)
    }
  }

  history(limit: number): CommitRecord[] {
    const newestFirst = this.#history.getRange({ reverse: true, limit })
    return [...newestFirst].map(({ value }) => ({ ...value, time: new Date(value.time) }))
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #initialise(): void {
    this.#root.transactionSync(() => {
      this.#meta.putSync('format', FORMAT)
      this.#meta.putSync('id', randomBytes(6).toString('base64url'))
    })
  }

  #upgrade(): void {
    this.#root.transactionSync(() => {
      replaceSoftwires(this.#softwires, readSoftwiresOneByOne(this.#softwires))
      this.#meta.putSync('format', FORMAT)
    })
  }

  #record(revision: unknown): CommitRecord | null {
    const value = typeof revision === 'number' ? this.#history.get(revision) : undefined
    return value ? { ...value, time: new Date(value.time) } : null
  }
}

function storage(problem: string, cause: unknown): Error {
  return error('storage', { problem }, { cause })
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
