// The last updates of a feed, as many as fit into a bound: what Feed.since() answers from.
import type { Replay, Update } from './feed.js'

/** Bytes that the updates of one feed may hold: some ten thousand commits of one softwire each. */
const LIMIT = 8 << 20

interface Kept {
  readonly update: Update
  readonly bytes: number
}

export class RecentUpdates implements Replay {
  readonly #limit: number
  /** By the revision that they lead on from; oldest first. */
  readonly #updates = new Map<string, Kept>()
  readonly #listeners = new Set<(update: Update) => void>()
  readonly #first: () => string
  #revision: string | undefined
  #bytes = 0
  #begin = new Date()

  /** `first` says the revision of the content as long as there was no update. */
  constructor(first: () => string, limit = LIMIT) {
    this.#first = first
    this.#limit = limit
  }

  get revision(): string {
    return this.#revision ?? this.#first()
  }

  get begin(): Date {
    return this.#begin
  }

  before(time: Date): string {
    for (const [revision, { update }] of this.#updates) if (update.time >= time) return revision
    return this.revision
  }

  /** The update leads on from revision `from` to one that there never was; it holds about `bytes` of memory. */
  push(from: string, update: Update, bytes: number): void {
    this.#updates.set(from, { update, bytes })
    this.#revision = update.revision
    this.#bytes += bytes
    this.#forget()
    for (const listener of this.#listeners) listener(update)
  }

  /** See Feed. To be walked at once. */
  since(revision: string): Iterable<Update> | null {
    return revision === this.revision || this.#updates.has(revision) ? this.#from(revision) : null
  }

  subscribe(listener: (update: Update) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  *#from(revision: string): Iterable<Update> {
    for (let kept = this.#updates.get(revision); kept; kept = this.#updates.get(kept.update.revision))
      yield kept.update
  }

  /** The newest stays however large it is: its followers are just about to read it. */
  #forget(): void {
    for (const [revision, { bytes, update }] of this.#updates) {
      if (this.#bytes <= this.#limit || this.#updates.size === 1) return
      this.#updates.delete(revision)
      this.#bytes -= bytes
      this.#begin = update.time
    }
  }
}
