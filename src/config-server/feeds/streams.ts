// What can be followed, and who does: the doors of the config server (WebSocket, SSE) find a stream here by its name.
import { error } from '../../errors.js'
import { formatApiPath, parsePath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { type Feed, type Replay, UPDATE } from './feed.js'
import { StateFeed, type StateParts } from './state-feed.js'
import { type Conceal, View } from './view.js'

/** Milliseconds between two looks at the state. */
const INTERVAL = { least: 100, most: 3_600_000, usual: 1000 }
/** Those that there are: followers share looks, which cost the same however many intervals they think of. */
const INTERVALS = [100, 1000, 10_000, 100_000, 1_000_000].flatMap((step) => [step, 2 * step, 5 * step])

export interface Wanted {
  readonly stream: string
  /** A path in either syntax: what is at it and below. */
  readonly filter?: string | undefined
  /** For state only. */
  readonly intervalMs?: number | undefined
}

/** The streams as somebody sees them: perhaps not all that is in them. */
export type ReadableStreams = Pick<Streams, keyof Streams>

export class Streams {
  readonly #schema: Schema
  readonly #feeds: ReadonlyMap<string, Feed>
  readonly #state: StateParts
  readonly #stateFeeds = new Map<number, StateFeed>()
  readonly #views = new Map<string, View>()
  readonly #open = new Set<() => void>()

  /** `feeds` by their names; state is added to them. */
  constructor(state: StateParts, feeds: readonly Feed[]) {
    this.#schema = state.schema
    this.#state = state
    this.#feeds = new Map(feeds.map((feed) => [feed.name, feed]))
  }

  get names(): readonly string[] {
    return [...this.#feeds.keys(), 'state']
  }

  /** Name of the notifications that it is told in, on event streams. */
  notificationOf(stream: string): string {
    return this.#feeds.get(stream)?.notification ?? UPDATE
  }

  replayOf(stream: string): Replay | undefined {
    return this.#feeds.get(stream)?.replay
  }

  /** To be followed at once; `own` is for who may not see everything, by a name of its own. Throws LwaftrError. */
  view({ stream, filter, intervalMs }: Wanted, own?: { name: string; conceal: Conceal }): View {
    const path = filter === undefined ? undefined : parsePath(this.#schema, filter)
    const key = JSON.stringify([stream, path ? formatApiPath(path) : '', intervalMs, own?.name])
    const known = this.#views.get(key)
    if (known) return known
    const view = new View(this.#feed(stream, intervalMs), path, () => this.#views.delete(key), own?.conceal)
    this.#views.set(key, view)
    return view
  }

  /** Remembers an open connection, to be closed when the server stops. Returns how to forget it. */
  opened(close: () => void): () => void {
    this.#open.add(close)
    return () => this.#open.delete(close)
  }

  /** Connections that are open. */
  get followers(): number {
    return this.#open.size
  }

  close(): void {
    for (const close of this.#open) close()
  }

  #feed(stream: string, intervalMs: number | undefined): Feed {
    if (stream === 'state') return this.#stateFeed(intervalMs ?? INTERVAL.usual)
    const feed = this.#feeds.get(stream)
    if (!feed)
      throw error('bad-value', {
        name: 'stream',
        problem: `${stream} is not one of ${this.names.join(', ')}`,
      })
    if (intervalMs !== undefined)
      throw error('bad-value', {
        name: 'interval-ms',
        problem: `${stream} tells of each change; leave it out`,
      })
    return feed
  }

  #stateFeed(interval: number): Feed {
    const { least, most } = INTERVAL
    if (!Number.isInteger(interval) || interval < least || interval > most)
      throw error('bad-value', {
        name: 'interval-ms',
        problem: `give a whole number from ${least} to ${most}`,
      })
    const shared = INTERVALS.findLast((one) => one <= interval) ?? least
    const feed =
      this.#stateFeeds.get(shared) ??
      new StateFeed(this.#state, shared, () => this.#stateFeeds.delete(shared))
    this.#stateFeeds.set(shared, feed)
    return feed
  }
}
