// The databases of a store, in lmdb's one file.
import { type Database, open, type RootDatabase } from 'lmdb'
import type { CommitRecord } from './publisher.js'
import type { PageDatabase } from './softwire-pages.js'

/** A commit's record with its times as text. */
export type StoredRecord = Omit<CommitRecord, 'time' | 'modified'> & { time: string; modified?: string }

interface Opened {
  readonly root: RootDatabase
  readonly meta: Database<unknown, string>
  readonly softwires: PageDatabase
  readonly history: Database<StoredRecord, number>
  readonly undo: Database<Buffer, number>
}

function openIn(directory: string): Opened {
  const root = open({ path: directory, maxDbs: 4, noSubdir: false, encoding: 'json' })
  return {
    root,
    meta: root.openDB('meta', { encoding: 'json' }),
    softwires: root.openDB('softwires', { encoding: 'binary', keyEncoding: 'binary' }),
    history: root.openDB('history', { encoding: 'json', keyEncoding: 'uint32' }),
    undo: root.openDB('undo', { encoding: 'binary', keyEncoding: 'uint32' }),
  }
}

export class Databases {
  readonly #directory: string
  #opened: Opened
  /** Of the last commit that was durable. */
  #revision: unknown
  #astray = false

  constructor(directory: string) {
    this.#directory = directory
    this.#opened = openIn(directory)
    this.#revision = this.meta.get('revision')
  }

  /** format, id, tree, revision of the last commit, pending, and the bytes that `undo` holds. */
  get meta() {
    return this.#opened.meta
  }

  get softwires() {
    return this.#opened.softwires
  }

  /** By revision, as is `undo`. */
  get history() {
    return this.#opened.history
  }

  get undo() {
    return this.#opened.undo
  }

  /** All of the work, durably, or none of it: then it throws. */
  transact(work: () => void): void {
    if (this.#astray) throw new Error('the disk holds a commit that was refused; start the relay again')
    try {
      this.#opened.root.transactionSync(work)
      this.#revision = this.meta.get('revision')
    } catch (problem) {
      if (this.#hasGivenUp()) this.#openAgain()
      throw problem
    }
  }

  async close(): Promise<void> {
    await this.#opened.root.close()
  }

  /** Once it failed to write what tells the last commit, lmdb neither writes nor reads any more. */
  #hasGivenUp(): boolean {
    try {
      this.meta.get('revision')
      return false
    } catch {
      return true
    }
  }

  #openAgain(): void {
    // With nothing under way it is closed when this returns.
    void this.#opened.root.close()
    this.#opened = openIn(this.#directory)
    // What could not be written may be there all the same, where it could not be overwritten either.
    this.#astray = this.meta.get('revision') !== this.#revision
  }
}
