// The alarms of this relay: looks at what is wrong after each commit, each change of the data plane, and every second.
//
//   commit, data plane, clock ─► conditions ─► advance ─► the list, and what changed in it ─► listeners
//
// They are kept in memory: a relay that starts finds out for itself what is wrong.
import type { DataPlane } from '../../dataplane/dataplane.js'
import { instanceSettings } from '../../dataplane/settings.js'
import type { Schema } from '../../schema/schema.js'
import type { Datastore } from '../datastore.js'
import type { Publisher } from '../publisher.js'
import type { Alarm } from './alarm.js'
import { type AlarmList, advance, NO_ALARMS } from './alarm-list.js'
import { conditions } from './conditions.js'
import { mostStatusChanges } from './control.js'
import { rateConditions } from './rate-conditions.js'
import { type Samples, sampled } from './rates.js'
import { type Shelf, shelfOf, shelvesOf } from './shelves.js'
import { advanceClocks, type Clocks, type Surroundings, surroundingConditions } from './surroundings.js'

export interface AlarmsParts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly dataplane: DataPlane
  readonly publisher: Publisher
  /** What the machine has for it. */
  readonly surroundings: () => Surroundings
}

export interface AlarmChange {
  /** Undefined: it was not in the list. */
  readonly before: Alarm | undefined
  /** Undefined: it is not in the list any more. */
  readonly after: Alarm | undefined
}

export interface ShelvedAlarm {
  readonly alarm: Alarm
  readonly shelf: string
}

/** Milliseconds between two looks when nothing calls for one. */
const INTERVAL = 1000
/** Milliseconds that a worker has to run before its restart is a thing of the past. */
const SETTLED = 60_000

export class Alarms {
  readonly #parts: AlarmsParts
  /** All of them; the two below are parts of it. */
  #list: AlarmList = NO_ALARMS
  #listed: ReadonlyMap<string, Alarm> = new Map()
  #shelved: ReadonlyMap<string, ShelvedAlarm> = new Map()
  #shelvedLastChanged: Date | undefined
  #lastChanged: Date | undefined
  #samples: Samples = []
  #clocks: Clocks | null = null
  readonly #restarts = new Map<string, { readonly count: number; readonly time: number }>()
  readonly #listeners = new Set<(changes: readonly AlarmChange[], time: Date) => void>()
  readonly #close: (() => void)[] = []

  constructor(parts: AlarmsParts) {
    this.#parts = parts
  }

  /** Looks from now on. */
  start(): void {
    const { publisher, dataplane } = this.#parts
    const timer = setInterval(() => this.look(), INTERVAL).unref()
    this.#close.push(
      () => clearInterval(timer),
      publisher.subscribe(({ tree }) => {
        if (tree.length > 0) this.look()
      }),
      dataplane.onChange(() => this.look()),
    )
    this.look()
  }

  close(): void {
    for (const close of this.#close.splice(0)) close()
  }

  /** Those that are not on a shelf. */
  get all(): Iterable<Alarm> {
    return this.#listed.values()
  }

  /** Those that are, each with its shelf. */
  get shelved(): Iterable<ShelvedAlarm> {
    return this.#shelved.values()
  }

  get shelvedLastChanged(): Date | undefined {
    return this.#shelvedLastChanged
  }

  get lastChanged(): Date | undefined {
    return this.#lastChanged
  }

  /** Calls back with what changed in the list. Returns the unsubscriber. */
  subscribe(listener: (changes: readonly AlarmChange[], time: Date) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Brings the list up to date. `monotonic` is a clock that nobody sets, in milliseconds. */
  look(now = new Date(), monotonic = performance.now()): void {
    const { schema, datastore, dataplane, surroundings } = this.#parts
    const config = datastore.running.tree
    const state = dataplane.state()
    const restarted = new Set(
      state.instances.flatMap(({ device, worker }) =>
        this.#restartedLately(device, worker.restarts, monotonic) ? [device] : [],
      ),
    )
    this.#samples = sampled(this.#samples, state, monotonic)
    this.#clocks = advanceClocks(this.#clocks, now.getTime(), monotonic)
    const devices = instanceSettings(config).map(({ device }) => device)
    const found = [
      ...conditions(schema, { config, state, restarted }),
      ...rateConditions(schema, config, devices, this.#samples),
      ...surroundingConditions(surroundings(), this.#clocks.jump, now),
    ]
    this.#list = advance(this.#list, found, now, mostStatusChanges(config))
    this.#sort(shelvesOf(schema, config), now)
  }

  /** Which are listed and which are on a shelf; tells what that changed in the list. */
  #sort(shelves: readonly Shelf[], now: Date): void {
    const last = this.#listed
    const next = new Map<string, Alarm>()
    const shelved = new Map<string, ShelvedAlarm>()
    for (const [key, alarm] of this.#list.alarms) {
      const shelf = shelves.length === 0 ? undefined : shelfOf(this.#parts.schema, shelves, alarm)
      if (shelf === undefined) next.set(key, alarm)
      else {
        const same = this.#shelved.get(key)
        const entry = same?.alarm === alarm && same.shelf === shelf.name ? same : { alarm, shelf: shelf.name }
        shelved.set(key, entry)
      }
    }
    const sameShelved =
      shelved.size === this.#shelved.size &&
      [...shelved].every(([key, entry]) => this.#shelved.get(key) === entry)
    if (!sameShelved) this.#shelvedLastChanged = now
    this.#shelved = shelved
    this.#listed = next
    const changes = [...new Set([...last.keys(), ...next.keys()])].flatMap((key): AlarmChange[] => {
      const [before, after] = [last.get(key), next.get(key)]
      return before === after ? [] : [{ before, after }]
    })
    if (changes.length === 0) return
    this.#lastChanged = now
    for (const listener of this.#listeners) listener(changes, now)
  }

  #restartedLately(device: string, count: number, now: number): boolean {
    const last = this.#restarts.get(device)
    if (count !== (last?.count ?? 0)) this.#restarts.set(device, { count, time: now })
    const { count: seen, time } = this.#restarts.get(device) ?? { count: 0, time: 0 }
    return seen > 0 && now - time < SETTLED
  }
}
