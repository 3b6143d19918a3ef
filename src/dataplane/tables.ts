// Generations of the binding table. Single edits go into the current one in place; a whole new table is built beside
// it, and the old one's file goes when nobody looks anything up there any more.
//
// What edits in place leave behind is never used again. Once that is more than what is in use, the next edits are
// made to a copy, which takes the table's place: memory stays within a constant of what the softwires need.
import { rmSync } from 'node:fs'
import { error, LwaftrError } from '../errors.js'
import { breachError } from '../schema/invariants.js'
import { loadSchema } from '../schema/schema.js'
import type { Change } from './dataplane.js'
import { type NativeBindingTable, native } from './native.js'
import type { Places } from './places.js'

export interface Generation {
  readonly table: NativeBindingTable
  readonly path: string
  readonly generation: number
}

export class Tables {
  #current: Generation
  /** A reader of the datastore may be in the middle of a scan: its table is closed one replacement later. */
  #previous: Generation | null = null

  constructor(readonly places: Places) {
    // Workers that are to be adopted still look up in an older one.
    this.#current = this.#create(Math.max(0, ...places.tables()) + 1)
  }

  get current(): Generation {
    return this.#current
  }

  /**
   * The next generation, if that is what the change leads to; null when edits are to be applied to the current one.
   * Throws LwaftrError; nothing has changed then.
   */
  prepare(change: NonNullable<Change['softwires']>): Generation | null {
    if ('replace' in change) return this.#build(change.replace)
    const { edits } = change
    const { table } = this.#current
    const breach = table.check(edits)
    if (breach !== null) throw breachError(loadSchema(), breach, edits)
    const renewed = table.wasted > table.memory / 2 ? this.#renew(edits) : null
    if (renewed === null) this.#reserve(table, edits)
    return renewed
  }

  /** The current softwires with the edits made, in a new table; null where there is no memory for one. */
  #renew(edits: Uint8Array): Generation | null {
    const { table } = this.#current
    let next: Generation | null = null
    try {
      next = this.#build(table.scan(0, 0, table.size))
      this.#reserve(next.table, edits)
      next.table.apply(edits)
      return next
    } catch (problem) {
      if (next !== null) this.drop(next)
      if (problem instanceof LwaftrError) return null
      throw problem
    }
  }

  #reserve(table: NativeBindingTable, edits: Uint8Array): void {
    try {
      table.prepare(edits)
    } catch (problem) {
      throw memoryError(problem)
    }
  }

  #build(records: Uint8Array): Generation {
    let next: Generation | null = null
    try {
      next = this.#create(this.#current.generation + 1)
      const breach = next.table.build(records)
      if (breach !== null) throw breachError(loadSchema(), breach, records)
      return next
    } catch (problem) {
      if (next !== null) this.drop(next)
      throw memoryError(problem)
    }
  }

  /** Makes it the current one. The old one stays until sweep(). */
  replace(next: Generation): void {
    this.#previous?.table.close()
    this.#previous = this.#current
    this.#current = next
  }

  drop(generation: Generation): void {
    generation.table.close()
    rmSync(generation.path, { force: true })
  }

  /** Removes all but the current generation. */
  sweep(): void {
    for (const generation of this.places.tables()) {
      if (generation !== this.#current.generation) rmSync(this.places.table(generation), { force: true })
    }
  }

  #create(generation: number): Generation {
    const path = this.places.table(generation)
    try {
      const table = native.BindingTable.create(path)
      this.places.users?.open(path)
      return { table, path, generation }
    } catch (problem) {
      throw memoryError(problem)
    }
  }
}

function memoryError(problem: unknown): unknown {
  if (problem instanceof LwaftrError || !(problem instanceof Error) || !('code' in problem)) return problem
  return error('no-memory', { what: 'the binding table', problem: problem.message })
}
