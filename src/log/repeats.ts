// Keeps what traffic can say over and over, such as a link that flaps, from filling the log: of each kind of line some
// pass at once and then a few a minute, and what was left out is counted.

/** Lines of a kind that pass at once, and milliseconds until there may be another one. */
const BURST = 10
const REFILL = 6_000
/** Kinds that are remembered; of more, the one that was not said for longest is forgotten. */
const KINDS = 256

interface Kind {
  tokens: number
  /** When tokens were counted. */
  time: number
  left: number
}

export class Repeats {
  readonly #kinds = new Map<string, Kind>()

  /** What to say beside the line, often nothing; null: leave the line out. */
  note(line: string, now: number): string | null {
    const kind = this.#kind(line, now)
    const refills = Math.max(0, Math.floor((now - kind.time) / REFILL))
    kind.time = kind.tokens + refills >= BURST ? now : kind.time + refills * REFILL
    kind.tokens = Math.min(BURST, kind.tokens + refills)
    if (kind.tokens === 0) {
      kind.left++
      return null
    }
    kind.tokens--
    const { left } = kind
    kind.left = 0
    if (left > 0) return `${left} lines like it were left out`
    return kind.tokens === 0 ? 'more lines like it are left out for now' : ''
  }

  /** Lines that differ in numbers only are of one kind. */
  #kind(line: string, now: number): Kind {
    const key = line.slice(0, 200).replace(/\d+/g, '#')
    const kind = this.#kinds.get(key) ?? { tokens: BURST, time: now, left: 0 }
    this.#kinds.delete(key)
    this.#kinds.set(key, kind)
    const [oldest] = this.#kinds.keys()
    if (this.#kinds.size > KINDS && oldest !== undefined) this.#kinds.delete(oldest)
    return kind
  }
}
