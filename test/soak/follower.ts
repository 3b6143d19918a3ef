// One who follows the binding table for as long as the soak lasts: comes again when the leader is another one, and is
// told every change once.
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireUpdate } from '../config-server/feeds/replica.js'
import { openSocket } from './clients.js'
import type { World } from './world.js'

export class Follower {
  updates = 0
  /** Changes that it was not told of, or twice. */
  gaps = 0
  #revision: string | undefined
  #epoch: string | undefined
  /** It comes again: what it missed is told as one. */
  #again = false
  #over = false

  constructor(readonly world: World) {
    void this.#follow()
  }

  stop(): void {
    this.#over = true
  }

  async #follow(): Promise<void> {
    while (!this.#over) {
      await this.world.settled()
      const socket = openSocket(this.world, 'operator')
      const since = this.#revision === undefined ? {} : { since: this.#revision, epoch: this.#epoch }
      const params = { stream: 'binding-table', ...since }
      socket.on('open', () =>
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscribe', params })),
      )
      socket.on('message', (data) => this.#take(JSON.parse(String(data))))
      await new Promise((resolve) => socket.once('close', resolve))
      this.#again = true
      await sleep(100)
    }
  }

  #take({ result, params }: { result?: { epoch: string }; params?: WireUpdate }): void {
    if (result !== undefined) this.#epoch = result.epoch
    if (params === undefined) return
    this.updates++
    const { revision, resync, synced } = params
    const known = this.#revision !== undefined
    const next = Number(revision) === Number(this.#revision) + 1
    if (resync === true ? known : known && !next && !this.#again && synced === undefined) this.gaps++
    this.#again = false
    this.#revision = revision
  }
}
