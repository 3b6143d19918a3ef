// How often somebody did something lately: counts that begin anew when their time is over, by the clock that nobody
// sets. Bounded: a flood from everywhere makes it forget the oldest.

export interface Count {
  readonly count: number
  /** Milliseconds until it begins anew. */
  readonly left: number
}

export class Counts {
  readonly #window: number
  readonly #most: number
  readonly #counts = new Map<string, { count: number; readonly since: number }>()

  /** Each count is of `window` milliseconds; `most` are remembered. */
  constructor(window: number, most: number) {
    this.#window = window
    this.#most = most
  }

  get(key: string): Count {
    const known = this.#counts.get(key)
    const left = known ? known.since + this.#window - performance.now() : 0
    return known && left > 0 ? { count: known.count, left } : { count: 0, left: 0 }
  }

  /** One more; answers the count with it. */
  add(key: string): Count {
    const { count, left } = this.get(key)
    const known = this.#counts.get(key)
    if (known && left > 0) {
      known.count++
      return { count: known.count, left }
    }
    this.#counts.delete(key)
    this.#counts.set(key, { count: 1, since: performance.now() })
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= this.#most) break
      this.#counts.delete(oldest)
    }
    return { count: count + 1, left: this.#window }
  }
}
