// Operational state as a feed: counters, next hops, links. Nobody tells when a counter changes: it is looked at every
// so often, as long as somebody follows.
import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../schema/json-types.js'
import type { Schema } from '../../schema/schema.js'
import type { Datastore } from '../datastore.js'
import { firstRevision } from '../first-revision.js'
import { type StateProvider, stateAt } from '../state-provider.js'
import { diffTrees } from '../tree-diff.js'
import { contentOf, type Feed, type FeedEdit, type Update } from './feed.js'
import { RecentUpdates } from './recent-updates.js'

export interface StateParts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly state: readonly StateProvider[]
}

/** Bytes of updates that it remembers: what went through a counter is soon nobody's business any more. */
const LIMIT = 1 << 20

export class StateFeed implements Feed {
  readonly name = 'state'
  readonly epoch = randomBytes(6).toString('base64url')
  readonly #parts: StateParts
  readonly #interval: number
  readonly #ended: () => void
  readonly #recent: RecentUpdates
  #tree: JsonObject
  #timer: NodeJS.Timeout | undefined
  #followers = 0

  /** Looks every `interval` milliseconds; calls `ended` when nobody follows any more. */
  constructor(parts: StateParts, interval: number, ended: () => void) {
    this.#parts = parts
    this.#interval = interval
    this.#ended = ended
    this.#tree = this.#look()
    const first = String(firstRevision())
    this.#recent = new RecentUpdates(() => first, LIMIT)
  }

  get revision(): string {
    return this.#recent.revision
  }

  content(): Iterator<readonly FeedEdit[], string> {
    // Nobody looked while nobody followed.
    if (!this.#timer) this.#tree = this.#look()
    return contentOf(this, diffTrees(this.#parts.schema, {}, this.#tree))
  }

  since(revision: string): Iterable<Update> | null {
    return this.#recent.since(revision)
  }

  subscribe(listener: (update: Update) => void): () => void {
    const unsubscribe = this.#recent.subscribe(listener)
    this.#followers++
    this.#timer ??= setInterval(() => this.#tick(), this.#interval).unref()
    return () => {
      unsubscribe()
      if (--this.#followers > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
      this.#ended()
    }
  }

  #tick(): void {
    const tree = this.#look()
    const edits = diffTrees(this.#parts.schema, this.#tree, tree)
    this.#tree = tree
    if (edits.length === 0) return
    const revision = String(Number(this.revision) + 1)
    this.#recent.push(this.revision, { revision, time: new Date(), edits }, 256 * edits.length)
  }

  #look(): JsonObject {
    const { schema, datastore, state } = this.#parts
    return stateAt(schema, state, { config: datastore.running.tree, path: { steps: [] }, base: '' })
  }
}
