// The body of an event stream (RFC 8040 s6.3): what a follower is told, as server-sent events, at the client's speed.
import { Readable } from 'node:stream'
import type { Follower } from '../feeds/follower.js'
import type { Notice } from '../feeds/notice.js'

export interface EventStreamOptions {
  readonly follower: Follower
  /** How the client wants to read it. */
  readonly encode: (notice: Notice) => string
  /** Nothing that happened later is told. */
  readonly stop?: Date | undefined
}

/** Bytes that wait for the client, above which nothing is added. */
const FULL = 1 << 20

export class EventStream extends Readable {
  readonly #options: EventStreamOptions
  #wanted = false
  #turn = false
  /** Since when the client has taken nothing of what waits for it. */
  #behindSince: number | undefined

  constructor(options: EventStreamOptions) {
    super({ highWaterMark: FULL })
    this.#options = options
    // Headers leave with the first bytes: a client knows at once that it is heard.
    this.push(': lwaftr\n\n')
  }

  /** There may be something new to tell. */
  wake(): void {
    this.#tell()
  }

  /** Ends what is over, keeps alive what is silent, and cuts off who takes nothing for `patience` milliseconds. */
  tick(patience: number): void {
    const { stop } = this.#options
    if (this.#behindSince !== undefined) {
      if (performance.now() - this.#behindSince > patience) this.destroy()
    } else if (stop && Date.now() > stop.getTime()) this.#end()
    else if (this.#wanted) this.#give(':\n\n')
  }

  override _read(): void {
    this.#wanted = true
    this.#behindSince = undefined
    this.#tell()
  }

  /** One notice a turn: a long content gives way to everything else between its pieces. */
  #tell(): void {
    if (!this.#wanted || this.#turn || this.readableEnded || this.destroyed) return
    const notice = this.#options.follower.next()
    if (notice === null) return
    const { stop, encode } = this.#options
    if (notice === 'lost') this.destroy()
    else if (stop && notice.time > stop) this.#end()
    else {
      this.#give(encode(notice))
      this.#turn = true
      setImmediate(() => {
        this.#turn = false
        this.#tell()
      })
    }
  }

  #give(text: string): void {
    this.#wanted = this.push(text)
    if (!this.#wanted) this.#behindSince ??= performance.now()
  }

  #end(): void {
    this.#wanted = false
    this.push(null)
  }
}
