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

/** Milliseconds between two looks when nothing calls for one. */
const INTERVAL = 1000
/** Milliseconds that a worker has to run before its restart is a thing of the past. */
const SETTLED = 60_000

export class Alarms {
  readonly #parts: AlarmsParts
  #list: AlarmList = NO_ALARMS
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

  get all(): Iterable<Alarm> {
    return this.#list.alarms.values()
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
        this.#restartedLately(device, worker.restarts, now) ? [device] : [],
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
    this.#become(advance(this.#list, found, now, mostStatusChanges(config)), now)
  }

  #become(next: AlarmList, now: Date): void {
    const last = this.#list.alarms
    this.#list = next
    const changes = [...new Set([...last.keys(), ...next.alarms.keys()])].flatMap((key): AlarmChange[] => {
      const [before, after] = [last.get(key), next.alarms.get(key)]
      return before === after ? [] : [{ before, after }]
    })
    if (changes.length === 0) return
    this.#lastChanged = now
    for (const listener of this.#listeners) listener(changes, now)
  }

  #restartedLately(device: string, count: number, now: Date): boolean {
    const last = this.#restarts.get(device)
    if (count !== (last?.count ?? 0)) this.#restarts.set(device, { count, time: now.getTime() })
    const { count: seen, time } = this.#restarts.get(device) ?? { count: 0, time: 0 }
    return seen > 0 && now.getTime() - time < SETTLED
  }
}
