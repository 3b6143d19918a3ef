// Whether a worker's threads turn. Each counts its passes in shared memory, twenty a second with nothing to do
// (native/io/queue_thread.cc), so that a leader sees without asking that one hangs: stopped, or lost in a packet.

/** Looks without a pass, one after another. Looks and not time: a leader that slept itself must not blame the worker. */
const PATIENCE = 10

export class Heartbeat {
  #last: ReadonlyMap<number, bigint> = new Map()
  readonly #still = new Map<number, number>()

  /** Takes the passes of each queue, by id; answers a queue whose thread hangs, or null. */
  look(passes: ReadonlyMap<number, bigint>): number | null {
    for (const id of this.#still.keys()) if (!passes.has(id)) this.#still.delete(id)
    for (const [id, count] of passes) {
      const still = this.#last.get(id) === count ? (this.#still.get(id) ?? 0) + 1 : 0
      this.#still.set(id, still)
    }
    this.#last = passes
    for (const [id, still] of this.#still) if (still >= PATIENCE) return id
    return null
  }
}
