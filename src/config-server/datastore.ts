// The running configuration as readers see it: a tree that is replaced, never changed, beside the softwires, which
// live in the data plane's table. Only a transaction advances it.
import type { DataPlane } from '../dataplane/dataplane.js'
import type { NativeBindingTable } from '../dataplane/native.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { LastChanges } from './last-changes.js'
import type { Validators } from './preconditions.js'
import type { Commit } from './publisher.js'

export interface Running {
  /** 0 before the first commit. */
  readonly revision: number
  readonly time: Date
  /** See modifiedAt(). */
  readonly modified: Date
  /** Canonical, without softwires. */
  readonly tree: JsonObject
  /** Which commit last changed what. */
  readonly changes: LastChanges
}

/** A configuration to be asked for one thing: the running one, or what it will be when it is a request's turn. */
export interface ConfigurationView {
  readonly running: Running
  readonly table: Pick<NativeBindingTable, 'get' | 'scan' | 'size'>
  readonly entityTag: string
  /** Of the store behind it: tells apart equal revisions of different stores. */
  readonly id: string
  /** Commits in it that are not in force yet. */
  readonly commits?: readonly Commit[]
  /** Where not everything may be read. */
  readonly confined?: Confined | undefined
}

export interface Confined {
  /** Softwires may be visible in part; else the table holds those that are, and nothing of them is hidden. */
  readonly softwiresInParts: boolean
  /** A value without what may not be read; undefined: nothing of it may be. */
  visible(path: DataPath, value: JsonValue): JsonValue | undefined
  /** Validators that tell nothing of what is hidden: now, or as the commit left the resource. */
  validators(path: DataPath, after?: Commit): Validators
}

function nothing(): Running {
  const first = { revision: 0, time: new Date() }
  return { ...first, modified: first.time, tree: {}, changes: LastChanges.since(first) }
}

/** What reading needs of a binding table. */
export type ReadableTable = Pick<NativeBindingTable, 'get' | 'scan' | 'size' | 'nth' | 'rank'>

/** The running configuration as somebody sees it: perhaps not all of it. */
export interface ReadableDatastore extends ConfigurationView {
  readonly table: ReadableTable
  entityTagOf(revision: number): string
}

export class Datastore implements ReadableDatastore {
  readonly #dataplane: DataPlane
  #running: Running = nothing()
  /** The running one, while no commit is being applied. */
  #next = this.#running

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
    return this.#next !== this.#running
  }

  /** Of the commits that are in the table, the last. */
  get tableRevision(): number {
    return this.#next.revision
  }

  /** Goes on to the next revision; `apply` brings the data plane there. */
  async advance(running: Running, apply: () => Promise<void>): Promise<void> {
    this.#next = running
    await apply()
    this.#running = running
  }
}
