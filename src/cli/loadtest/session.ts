/** A load test under way: sends at a rate for a time, and looks. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { NativeLoad } from '../../dataplane/load.js'
import { type Look, liveLine, type Report, report } from './report.js'

/** Packets a second until the relay knows where everything is, and milliseconds to wait for that. */
const WARM_UP_RATE = 200
const WARM_UP_PATIENCE = 5_000
/** Milliseconds: between looks at whether everything has come back, and without anything coming until it has. */
const LOOK = 20
const SILENCE = 300

export class Session {
  constructor(
    readonly load: NativeLoad,
    readonly bounds: Float64Array,
    readonly ended: AbortSignal,
  ) {}

  /** Sends a little, uncounted, until both directions come back: the relay's next hops are found then. */
  async warmUp(): Promise<boolean> {
    this.load.setRate(WARM_UP_RATE)
    const works = () => {
      const { encap, decap } = this.load.totals()
      return encap.received > 0 && decap.received > 0
    }
    for (const end = performance.now() + WARM_UP_PATIENCE; performance.now() < end && !works(); ) {
      if (this.ended.aborted) break
      await this.#wait(LOOK)
    }
    await this.#drain()
    return works()
  }

  /** Sends so many Mpps for so many seconds, or until it is ended; tells a line each second. */
  async run(mpps: number, seconds: number, tell: (line: string) => void): Promise<Report> {
    const from = this.#look()
    this.load.setRate(Math.round(mpps * 1e6))
    let [before, last] = [from, from]
    for (let second = 1; !this.ended.aborted && second - 1 < seconds; second++) {
      await this.#wait(from.time + Math.min(second, seconds) * 1000 - performance.now())
      const now = this.#look()
      if (now.time - last.time > 500) tell(liveLine(before, last, now))
      ;[before, last] = [last, now]
    }
    const sending = performance.now() - from.time
    await this.#drain()
    return report(from, this.#look(), this.bounds, sending)
  }

  /** Stops sending, and waits until nothing comes back any more. */
  async #drain(): Promise<void> {
    this.load.setRate(0)
    let received = -1
    for (let quiet = 0; quiet < SILENCE; quiet += LOOK) {
      await sleep(LOOK)
      const { encap, decap } = this.load.totals()
      const [now, sent] = [encap, decap].reduce(
        ([a, b], direction) => [a + direction.received, b + direction.sent - direction.unsent],
        [0, 0] as [number, number],
      )
      if (now === sent) return
      if (now !== received) quiet = 0
      received = now
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return
    await sleep(milliseconds, undefined, { signal: this.ended }).catch(() => {})
  }

  #look(): Look {
    return { time: performance.now(), totals: this.load.totals(), latency: this.load.latency() }
  }
}
