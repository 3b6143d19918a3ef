// Tells its listeners that what they last saw is no longer so: at once when a worker came or went, and soon after a
// link or a next hop changed, which workers write into shared memory without a word.

/** Milliseconds between looks, while somebody listens. */
const LOOK = 50

export class Watch {
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | null = null
  #seen = ''

  /** `signature` is equal as long as nothing has changed. */
  constructor(readonly signature: () => string) {}

  /** Returns the unsubscriber. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#timer ??= setInterval(() => this.#look(), LOOK).unref()
    return () => {
      this.#listeners.delete(listener)
    }
  }

  changed(): void {
    // What they are about to see, or older: a link that is down for this moment only must be looked at again.
    this.#seen = this.signature()
    for (const listener of this.#listeners) listener()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  #look(): void {
    if (this.signature() !== this.#seen) this.changed()
  }
}
