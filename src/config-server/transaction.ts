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
import { softwirePairs } from './difference.js'
import { type CommitRequest, Draft } from './draft.js'
import type { Comparison } from './history.js'
import { changeOf, LastChanges } from './last-changes.js'
import { Lock } from './lock.js'
import { type Claim, mayChange, mayEnd, type Pending, pendingAfter } from './pending-commit.js'
import { placeOf } from './place.js'
import type { Commit, Publisher } from './publisher.js'
import type { SoftwirePairs } from './softwire-diff.js'
import type { CreateTable } from './softwire-overlay.js'
import type { Saved, Store } from './store.js'

export type { CommitRequest, Difference, Permit } from './draft.js'

export interface Parts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly dataplane: DataPlane
  readonly store: Store
  readonly publisher: Publisher
  readonly createTable: CreateTable
}

/** What a commit would come to. */
export interface Attempt extends Pick<Comparison, 'before' | 'after'> {
  readonly summary: string
  /** Made as they are asked for, once. */
  readonly softwires: SoftwirePairs
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
  /** A round is to come, which whoever waits when it begins is in. */
  #comes = false
  #pending: Pending | null
  #onPending: (pending: Pending | null) => void = () => {}

  constructor(parts: Parts) {
    this.#parts = parts
    this.#pending = parts.store.pending
  }

  /** The confirmed commit that waits to be confirmed. */
  get pending(): Pending | null {
    return this.#pending
  }

  /** Calls back whenever another one waits, or none does any more. */
  onPending(listener: (pending: Pending | null) => void): void {
    this.#onPending = listener
  }

  /** The pending commit stays. Rejects with LwaftrError. */
  confirm(claim: Claim): Promise<void> {
    return this.#lock.run(async () => {
      mayEnd(this.#pending, claim)
      const { schema, store, datastore } = this.#parts
      store.persist([], historyBounds(schema, datastore.running.tree), null)
      this.#setPending(null)
    })
  }

  /** Carries the edits out as one commit; null when they change nothing. Rejects with LwaftrError. */
  commit(request: CommitRequest): Promise<Commit | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      // One for all of them: under steady load those of their own would queue up without end, with all they hold.
      if (!this.#comes) void this.#lock.run(() => this.#rounds())
      this.#comes = true
    })
  }

  /** What the edits would change, after all that commit() does before it stores them; nothing is left of it. */
  attempt(request: CommitRequest): Promise<Attempt | null> {
    return this.#lock.run(async () => {
      const draft = new Draft(this.#parts)
      this.#pendingAfter(request, draft.running.revision)
      const commit = draft.add(request)
      if (commit) await (await this.#parts.dataplane.prepare(draft.change)).abort()
      if (!commit) return null
      const { summary, softwires } = commit
      const [before, after] = [this.#parts.datastore.running.tree, draft.running.tree]
      return { summary, before, after, softwires: softwirePairs(softwires) }
    })
  }

  /** Takes up what the store holds from an earlier run: the same way, but for what is already done. */
  restore({ commit, tree, softwires }: Saved): Promise<void> {
    return this.#lock.run(async () => {
      const everything = { operation: 'replace', target: { steps: [] }, value: tree, softwires } as const
      const draft = new Draft(this.#parts)
      draft.add({ ...commit, edits: [everything], permit: 'everything' })
      const prepared = await this.#parts.dataplane.prepare({ ...draft.change, restored: true })
      const { revision, time, modified = time } = commit
      const changes = LastChanges.since(changeOf(commit))
      const running = { ...draft.running, revision, time, modified, changes }
      await this.#parts.datastore.advance(running, () => prepared.apply())
    })
  }

  /** Resolves when no transaction is under way. */
  settled(): Promise<void> {
    return this.#lock.run(async () => {})
  }

  /** Carries out who waits, in as few rounds as they can share. */
  async #rounds(): Promise<void> {
    // Requests that are on their way through the sockets already can come along.
    await new Promise(setImmediate)
    const turns = this.#waiting
    this.#waiting = []
    this.#comes = false
    while (turns.length > 0) await this.#carryOut(turns.splice(0, this.#together(turns)))
  }

  /** How many can share a round: the first, and those behind it. */
  #together(turns: readonly Turn[]): number {
    const alone = turns.findIndex(({ request }) => standsAlone(this.#parts.schema, request))
    if (alone === 0) return 1
    return Math.min(alone < 0 ? ROUND : alone, ROUND)
  }

  async #carryOut(turns: readonly Turn[]): Promise<void> {
    const draft = new Draft(this.#parts)
    const drafted = turns.map((turn) => this.#drafted(draft, turn))
    const pending = drafted.findLast((outcome) => outcome.pending !== undefined)?.pending
    try {
      if (draft.commits.length > 0 || pending !== undefined) await this.#make(draft, pending)
    } catch (problem) {
      const [only, ...others] = turns
      if (only && others.length === 0) only.reject(problem)
      else for (const turn of turns) await this.#carryOut([turn])
      return
    }
    for (const { tell } of drafted) tell()
  }

  /** Takes the turn in; answers how to tell its outcome should the round succeed, and what is pending then. */
  #drafted(draft: Draft, { request, resolve, reject }: Turn): { tell: () => void; pending?: Pending | null } {
    try {
      const pending = this.#pendingAfter(request, draft.running.revision)
      const commit = draft.add(request)
      const waits = commit || this.#pending ? pending : undefined
      return { tell: () => resolve(commit), ...(waits === undefined ? {} : { pending: waits }) }
    } catch (problem) {
      return { tell: () => reject(problem) }
    }
  }

  /** Undefined where the request leaves that as it is. */
  #pendingAfter(request: CommitRequest, revision: number): Pending | null | undefined {
    const { confirmed, ends } = request
    if (ends) {
      mayEnd(this.#pending, ends)
      return null
    }
    mayChange(this.#pending, request, confirmed)
    return confirmed && pendingAfter(this.#pending, request, confirmed, revision)
  }

  async #make(draft: Draft, pending: Pending | null | undefined): Promise<void> {
    const { schema, dataplane, store, datastore, publisher } = this.#parts
    const prepared = await dataplane.prepare(draft.change)
    const keep = historyBounds(schema, draft.running.tree)
    await orAbort(prepared, () => store.persist(draft.entries, keep, pending))
    await datastore.advance(draft.running, () => prepared.apply())
    if (pending !== undefined) this.#setPending(pending)
    for (const commit of draft.commits) publisher.publish(commit)
  }

  #setPending(pending: Pending | null): void {
    this.#pending = pending
    this.#onPending(pending)
  }
}

/** True for what may touch the table as a whole, and for what begins or ends a time of waiting. */
function standsAlone(schema: Schema, { edits, confirmed, ends }: CommitRequest): boolean {
  if (confirmed || ends || typeof edits === 'function') return true
  return edits.some(({ target }) => ['above', 'list'].includes(placeOf(schema, target)))
}

async function orAbort(prepared: Prepared, step: () => void): Promise<void> {
  try {
    step()
  } catch (problem) {
    await prepared.abort()
    throw problem
  }
}
