// The running configuration as readers see it: a tree that is replaced, never changed, beside the softwires, which
// live in the data plane's table. Only a transaction advances it.
import type { DataPlane } from '../dataplane/dataplane.js'
import type { NativeBindingTable } from '../dataplane/native.js'
import type { JsonObject } from '../schema/json-types.js'
import { LastChanges } from './last-changes.js'

export interface Running {
  /** 0 before the first commit. */
  readonly revision: number
  readonly time: Date
  /** Canonical, without softwires. */
  readonly tree: JsonObject
  /** Which commit last changed what. */
  readonly changes: LastChanges
}

/** A configuration to be asked for one thing: the running one, or what it will be when it is a request's turn. */
export interface ConfigurationView {
  readonly running: Running
  readonly table: Pick<NativeBindingTable, 'get' | 'size'>
  readonly entityTag: string
  /** Of the store behind it: tells apart equal revisions of different stores. */
  readonly id: string
}

function nothing(): Running {
  const first = { revision: 0, time: new Date() }
  return { ...first, tree: {}, changes: LastChanges.since(first) }
}

export class Datastore implements ConfigurationView {
  readonly #dataplane: DataPlane
  #running: Running = nothing()
  #advancing = false

  /** `id` belongs to the store behind it, see Store.id. */
  constructor(
    readonly id: string,
    dataplane: DataPlane,
  ) {
    this.#dataplane = dataplane
  }

  get running(): Running {
    return this.#running
  }

  get table(): NativeBindingTable {
    return this.#dataplane.table
  }

  /** Strong entity-tag of the configuration, quotes included (RFC 8040 s3.4.1.2). */
  get entityTag(): string {
    return this.entityTagOf(this.#running.revision)
  }

  entityTagOf(revision: number): string {
    return `"${this.id}-${revision}"`
  }

  /** True while the table may be ahead of the revision: a commit is being applied. */
  get advancing(): boolean {
    return this.#advancing
  }

  /** Goes on to the next revision; `apply` brings the data plane there. */
  async advance(running: Running, apply: () => Promise<void>): Promise<void> {
    this.#advancing = true
    await apply()
    this.#running = running
    this.#advancing = false
  }
}
