// Work of unknown length in turns, so that whoever else waits is served in between: comparing two tables of a million
// softwires, say.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds in which nothing else is done. */
const TURN = 10

export class Turns {
  #end = performance.now() + TURN

  /** To be awaited at each small step. */
  async step(): Promise<void> {
    if (performance.now() < this.#end) return
    await nextTurn()
    this.#end = performance.now() + TURN
  }
}
