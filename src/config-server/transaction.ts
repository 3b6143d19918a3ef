// Every change of the configuration, from whatever door, goes this way:
//
//   validate → diff → prepare → persist → apply → publish
//
// Up to `persist` anything may fail, and then nothing has happened: datastore, data plane, revision and entity-tag are
// as they were. From then on nothing can. Readers never wait for it.
//
// A disk takes longer for a durable write than all the rest takes for a small edit. So edits that wait go together as
// one round: each is validated on top of the ones before it and is a commit of its own, and all share one prepare, one
// durable write and one apply. Where a round fails for what only one of them asks, each is tried again by itself. What
// changes more than single entries is a round by itself from the start.
import type { DataPlane, Prepared } from '../dataplane/dataplane.js'
import type { Schema } from '../schema/schema.js'
import { historyBounds } from './config-settings.js'
import type { Datastore } from './datastore.js'
import { type CommitRequest, type Difference, Draft } from './draft.js'
import { Lock } from './lock.js'
import { placeOf } from './place.js'
import type { Commit, Publisher } from './publisher.js'
import type { CreateTable } from './softwire-overlay.js'
import type { Saved, Store } from './store.js'

export type { CommitRequest } from './draft.js'

export interface Parts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly dataplane: DataPlane
  readonly store: Store
  readonly publisher: Publisher
  readonly createTable: CreateTable
}

/** A request that waits for its round, and whom to tell. */
interface Turn {
  readonly request: CommitRequest
  readonly resolve: (commit: Commit | null) => void
  readonly reject: (problem: unknown) => void
}

/** Turns in a round at most: what they cost together is waited for by all of them. */
const ROUND = 64

export class Transactions {
  readonly #parts: Parts
  readonly #lock = new Lock()
  #waiting: Turn[] = []

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Carries the edits out as one commit; null when they change nothing. Rejects with LwaftrError. */
  commit(request: CommitRequest): Promise<Commit | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      void this.#lock.run(() => this.#round())
    })
  }

  /** What the edits would change, after all that commit() does before it stores them; nothing is left of it. */
  attempt(request: CommitRequest): Promise<Difference | null> {
    return this.#lock.run(async () => {
      const draft = new Draft(this.#parts)
      const commit = draft.add(request)
      if (commit) await (await this.#parts.dataplane.prepare(draft.change)).abort()
      return commit
    })
  }

  /** Takes up what the store holds from an earlier run: the same way, but for what is already done. */
  restore({ commit, tree, softwires }: Saved): Promise<void> {
    return this.#lock.run(async () => {
      const everything = { operation: 'replace', target: { steps: [] }, value: tree, softwires } as const
      const draft = new Draft(this.#parts)
      draft.add({ ...commit, edits: [everything] })
      const prepared = await this.#parts.dataplane.prepare(draft.change)
      const running = { ...draft.running, revision: commit.revision, time: commit.time }
      await this.#parts.datastore.advance(running, () => prepared.apply())
    })
  }

  /** Resolves when no transaction is under way. */
  settled(): Promise<void> {
    return this.#lock.run(async () => {})
  }

  /** Carries out who waits: the first, and those behind it that can share its round. */
  async #round(): Promise<void> {
    // Requests that are on their way through the sockets already can come along.
    await new Promise(setImmediate)
    const turns = this.#waiting.splice(0, this.#together())
    if (turns.length > 0) await this.#carryOut(turns)
  }

  #together(): number {
    const alone = this.#waiting.findIndex(({ request }) => isLarge(this.#parts.schema, request))
    if (alone === 0) return 1
    return Math.min(alone < 0 ? ROUND : alone, ROUND)
  }

  async #carryOut(turns: readonly Turn[]): Promise<void> {
    const draft = new Draft(this.#parts)
    const settle = turns.map((turn) => this.#drafted(draft, turn))
    try {
      if (draft.commits.length > 0) await this.#make(draft)
    } catch (problem) {
      const [only, ...others] = turns
      if (only && others.length === 0) only.reject(problem)
      else for (const turn of turns) await this.#carryOut([turn])
      return
    }
    for (const tell of settle) tell()
  }

  /** Takes the turn in; answers how to tell its outcome, should the round succeed. */
  #drafted(draft: Draft, { request, resolve, reject }: Turn): () => void {
    try {
      const commit = draft.add(request)
      return () => resolve(commit)
    } catch (problem) {
      return () => reject(problem)
    }
  }

  async #make(draft: Draft): Promise<void> {
    const { schema, dataplane, store, datastore, publisher } = this.#parts
    const prepared = await dataplane.prepare(draft.change)
    await orAbort(prepared, () => store.persist(draft.entries, historyBounds(schema, draft.running.tree)))
    await datastore.advance(draft.running, () => prepared.apply())
    for (const commit of draft.commits) publisher.publish(commit)
  }
}

/** True for what may touch the table as a whole. */
function isLarge(schema: Schema, { edits }: CommitRequest): boolean {
  return (
    typeof edits === 'function' ||
    edits.some(({ target }) => ['above', 'list'].includes(placeOf(schema, target)))
  )
}

async function orAbort(prepared: Prepared, step: () => void): Promise<void> {
  try {
    step()
  } catch (problem) {
    await prepared.abort()
    throw problem
  }
}
