// Generations of the binding table. Single edits go into the current one in place; a whole new table is built beside
// it, and the old one's file goes when nobody looks anything up there any more.
import { rmSync } from 'node:fs'
import { error, LwaftrError } from '../errors.js'
import { breachError } from '../schema/invariants.js'
import { loadSchema } from '../schema/schema.js'
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

  /** Throws LwaftrError; nothing has changed then. */
  prepareEdits(edits: Uint8Array): void {
    const { table } = this.#current
    const breach = table.check(edits)
    if (breach !== null) throw breachError(loadSchema(), breach, edits)
    try {
      table.prepare(edits)
    } catch (problem) {
      throw memoryError(problem)
    }
  }

  /** Builds the next generation. */
  prepareReplacement(records: Uint8Array): Generation {
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
      return { table: native.BindingTable.create(path), path, generation }
    } catch (problem) {
      throw memoryError(problem)
    }
  }
}

function memoryError(problem: unknown): unknown {
  if (problem instanceof LwaftrError || !(problem instanceof Error) || !('code' in problem)) return problem
  return error('no-memory', { what: 'the binding table', problem: problem.message })
}
