// The routes that this relay's neighbours should have: which prefixes its binding table serves, by which of its queues
// that can forward now. They follow every commit and every change of a worker, a link or a next hop.
//
//   commit ────► prefixes ──┐
//   data plane ► carriers ──┴─► changes, revision ─► recent updates, listeners
//
// The table is read when somebody asks for the first time, and again when it was replaced as a whole; an edit costs
// microseconds.
import { randomBytes } from 'node:crypto'
import type { DataPlane } from '../../dataplane/dataplane.js'
import type { Datastore } from '../datastore.js'
import { firstRevision } from '../first-revision.js'
import type { Commit, Publisher } from '../publisher.js'
import { type Carrier, carriers } from './carriers.js'
import { announcePolicy } from './policy.js'
import { Prefixes } from './prefixes.js'
import {
  allRoutes,
  changedRoutes,
  countChanges,
  countRoutes,
  type Delta,
  type Route,
  type RouteChange,
} from './route.js'

export interface RoutesParts {
  readonly datastore: Datastore
  readonly dataplane: DataPlane
  readonly publisher: Publisher
}

export interface RouteUpdate {
  readonly revision: string
  readonly time: Date
  /** Null where they are too many to be told one by one. */
  readonly changes: readonly RouteChange[] | null
}

/** More changes at once than this are no update but another list of routes. */
const MOST_CHANGES = 16_384
/** Changes that are remembered, of all updates together. */
const REMEMBERED = 4 * MOST_CHANGES

export class Routes {
  /** Tells apart equal revisions of different lives. */
  readonly epoch = randomBytes(6).toString('base64url')
  readonly #parts: RoutesParts
  #revision = firstRevision()
  /** Undefined until somebody asks. */
  #prefixes: Prefixes | undefined
  /** The commit that they were read after: it may not have been published yet. */
  #readAt = 0
  #replaced = false
  #carriers: readonly Carrier[] = []
  readonly #updates: RouteUpdate[] = []
  #remembered = 0
  readonly #listeners = new Set<(update: RouteUpdate) => void>()
  readonly #close: (() => void)[] = []

  constructor(parts: RoutesParts) {
    this.#parts = parts
  }

  get revision(): string {
    this.#settle()
    return String(this.#revision)
  }

  /** Strong, quotes included. */
  get entityTag(): string {
    return `"${this.epoch}-${this.revision}"`
  }

  get count(): number {
    return countRoutes(this.#settle(), this.#carriers)
  }

  all(): Iterable<Route> {
    return allRoutes(this.#settle(), this.#carriers)
  }

  /** What came after that revision, oldest first; null when that is not known, or not known any more. */
  since(revision: string): readonly RouteUpdate[] | null {
    this.#settle()
    const updates = this.#updates
    const behind = this.#revision - Number(revision)
    const known = /^\d+$/.test(revision) && behind >= 0 && behind <= updates.length
    return known ? updates.slice(updates.length - behind) : null
  }

  /** Calls back after each update. Returns the unsubscriber. */
  subscribe(listener: (update: RouteUpdate) => void): () => void {
    this.#settle()
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    for (const close of this.#close.splice(0)) close()
  }

  /** Up to date with the table and the queues: reads the table where it has to. */
  #settle(): Prefixes {
    if (!this.#prefixes) this.#begin()
    else if (this.#replaced) this.#advance(true)
    return this.#prefixes as Prefixes
  }

  #begin(): void {
    const { datastore, dataplane, publisher } = this.#parts
    this.#prefixes = this.#read()
    this.#carriers = carriers(datastore.running.tree, dataplane.state())
    this.#close.push(
      publisher.subscribe((commit) => this.#commit(commit)),
      dataplane.onChange(() => this.#unlessReplaced(true)),
    )
  }

  #read(): Prefixes {
    const { table, running, tableRevision } = this.#parts.datastore
    this.#readAt = tableRevision
    return Prefixes.of(table, announcePolicy(running.tree))
  }

  #commit({ revision, tree, softwires }: Commit): void {
    const prefixes = this.#prefixes as Prefixes
    if (softwires && !this.#replaced && revision > this.#readAt) {
      const { change, undo } = softwires
      if ('edits' in change && 'edits' in undo)
        prefixes.edit(this.#parts.datastore.table, change.edits, undo.edits)
      else this.#replaced = true
    }
    if (tree.length > 0 && !prefixes.follows(this.#parts.datastore.running.tree)) this.#replaced = true
    this.#unlessReplaced(tree.length > 0)
  }

  /** A new table is not read for nobody. */
  #unlessReplaced(queuesChanged: boolean): void {
    if (!this.#replaced || this.#listeners.size > 0) this.#advance(queuesChanged)
  }

  #advance(queuesChanged: boolean): void {
    const { datastore, dataplane } = this.#parts
    const before = { prefixes: this.#prefixes as Prefixes, carriers: this.#carriers }
    if (this.#replaced) this.#prefixes = this.#read()
    this.#replaced = false
    const prefixes = this.#prefixes as Prefixes
    const delta =
      prefixes === before.prefixes ? prefixes.takeChanges() : prefixes.changesFrom(before.prefixes)
    if (queuesChanged) this.#carriers = carriers(datastore.running.tree, dataplane.state())
    this.#publish(prefixes, delta, before.carriers)
  }

  #publish(prefixes: Prefixes, delta: Delta, before: readonly Carrier[]): void {
    const args = [prefixes, delta, before, this.#carriers] as const
    const changes = countChanges(...args) > MOST_CHANGES ? null : [...changedRoutes(...args)]
    if (changes?.length === 0) return
    const update = { revision: String(++this.#revision), time: new Date(), changes }
    this.#remember(update)
    for (const listener of this.#listeners) listener(update)
  }

  #remember(update: RouteUpdate): void {
    this.#updates.push(update)
    this.#remembered += update.changes?.length ?? 0
    // An update that is told as a whole list says all that those before it did.
    if (update.changes === null) this.#forget(this.#updates.length)
    while (this.#remembered > REMEMBERED) this.#forget(1)
  }

  #forget(count: number): void {
    for (const { changes } of this.#updates.splice(0, count)) this.#remembered -= changes?.length ?? 0
  }
}
