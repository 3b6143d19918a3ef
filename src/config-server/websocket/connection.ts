// One WebSocket: requests in, answers and updates out. What it has yet to send is bounded: while the peer does not take
// what was sent, nothing more is read from it and nothing more from the feeds.
import type { WebSocket } from 'ws'
import { Follower, type Since } from '../feeds/follower.js'
import type { Notice } from '../feeds/notice.js'
import type { View } from '../feeds/view.js'
import { answer, type Methods } from './json-rpc.js'

/** Bytes sent and not yet taken by the peer, above which nothing is added. */
const FULL = 1 << 20

/** Requests read and not yet answered, and their bytes, above which no more are read. */
const BUSY = 16
const BUSY_BYTES = 1 << 20

/** Close codes of RFC 6455 s7.4.1, and 1013 of its registry: try again later. */
export const GOING_AWAY = 1001
const UNSUPPORTED = 1003
const TOO_SLOW = 1013

interface Subscription {
  readonly id: number
  readonly follower: Follower
  readonly close: () => void
  /** Its answer is on the way: updates may follow. */
  started: boolean
}

export class Connection {
  readonly #socket: WebSocket
  readonly #log: (problem: unknown) => void
  readonly #subscriptions = new Map<number, Subscription>()
  /** Those that may have something to say. */
  readonly #due = new Set<Subscription>()
  #methods: Methods = {}
  #work: Promise<void> = Promise.resolve()
  #pending = 0
  #pendingBytes = 0
  /** Lets an answer go on that waits until the peer has taken others. */
  #goOn: () => void = () => {}
  #ids = 0
  #turn = false
  /** When the peer last took something, while it is behind. */
  #behindSince: number | undefined
  #alive = true

  constructor(socket: WebSocket, log: (problem: unknown) => void) {
    this.#socket = socket
    this.#log = log
  }

  /** Begins to read. */
  start(methods: Methods): void {
    this.#methods = methods
    const socket = this.#socket
    socket.on('message', (data, binary) => {
      if (socket.readyState !== socket.OPEN) return
      if (binary) socket.close(UNSUPPORTED, 'messages are text')
      else this.#receive(data as Buffer)
    })
    socket.on('pong', () => {
      this.#alive = true
    })
    // What is wrong with the protocol ends the connection with its own close code; nothing is left to do.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#goOn()
      for (const subscription of [...this.#subscriptions.values()]) this.#end(subscription)
    })
  }

  /** Follows the view; updates begin once the answer to the request is sent. */
  subscribe(view: View, since: Since | undefined): { id: number; revision: string } {
    const follower = new Follower(view, since)
    const subscription: Subscription = {
      id: ++this.#ids,
      follower,
      close: view.subscribe(() => {
        this.#due.add(subscription)
        this.#pump()
      }),
      started: false,
    }
    this.#subscriptions.set(subscription.id, subscription)
    this.#due.add(subscription)
    // Its answer, which had to wait for those before it, comes too late: nobody would ever end it.
    if (this.#socket.readyState === this.#socket.CLOSED) this.#end(subscription)
    return { id: subscription.id, revision: follower.revision }
  }

  /** False when there is no such subscription. */
  unsubscribe(id: number): boolean {
    const subscription = this.#subscriptions.get(id)
    if (subscription) this.#end(subscription)
    return subscription !== undefined
  }

  get subscriptions(): number {
    return this.#subscriptions.size
  }

  /** Cuts off a peer that takes nothing for `patience` milliseconds. */
  checkProgress(now: number, patience: number): void {
    if (this.#behindSince !== undefined && now - this.#behindSince > patience) this.#cutOff()
  }

  /** Cuts off a peer that did not answer the last ping; sends the next. */
  checkLife(): void {
    if (this.#alive) this.#socket.ping()
    else this.#socket.terminate()
    this.#alive = false
  }

  #receive(message: Buffer): void {
    this.#pending++
    this.#pendingBytes += message.length
    this.#readOn()
    this.#work = this.#work.then(async () => {
      while (this.#full) await new Promise<void>((resolve) => (this.#goOn = resolve))
      const text = await answer(this.#methods, message, this.#log)
      if (text !== undefined) this.#send(text)
      for (const subscription of this.#subscriptions.values()) subscription.started = true
      this.#pending--
      this.#pendingBytes -= message.length
      this.#pump()
      this.#readOn()
    })
  }

  #send(text: string | Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#behindSince ??= performance.now()
    this.#socket.send(text, { binary: false }, () => this.#taken())
  }

  #taken(): void {
    this.#behindSince = this.#socket.bufferedAmount > 0 ? performance.now() : undefined
    if (!this.#full) this.#goOn()
    this.#pump()
    this.#readOn()
  }

  #readOn(): void {
    const busy = this.#full || this.#pending >= BUSY || this.#pendingBytes > BUSY_BYTES
    if (busy && !this.#socket.isPaused) this.#socket.pause()
    else if (!busy && this.#socket.isPaused) this.#socket.resume()
  }

  get #full(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#socket.bufferedAmount > FULL
  }

  /** Sends what there is to say, one notice of each subscription in turn, as long as the peer takes it. */
  #pump(): void {
    if (this.#turn) return
    for (const subscription of this.#due) {
      if (this.#socket.readyState !== this.#socket.OPEN || this.#full) return
      if (!subscription.started) continue
      const notice = subscription.follower.next()
      this.#due.delete(subscription)
      if (!notice) continue
      if (notice === 'lost') this.#cutOff()
      else {
        this.#due.add(subscription)
        this.#send(updateFrame(subscription.id, notice))
      }
      // A long content gives way to everything else between its pieces.
      this.#turn = true
      setImmediate(() => {
        this.#turn = false
        this.#pump()
      })
      return
    }
  }

  #cutOff(): void {
    for (const subscription of [...this.#subscriptions.values()]) this.#end(subscription)
    this.#socket.close(TOO_SLOW, 'too slow')
    // It takes the peer's own closing frame to end early.
    this.#socket.resume()
  }

  #end(subscription: Subscription): void {
    subscription.close()
    this.#due.delete(subscription)
    this.#subscriptions.delete(subscription.id)
  }
}

/** The first subscription of many connections has the same id: they share the bytes. */
const frames = new WeakMap<Notice, Map<number, Buffer>>()

function updateFrame(id: number, notice: Notice): Buffer {
  const made = frames.get(notice) ?? new Map<number, Buffer>()
  frames.set(notice, made)
  const frame = made.get(id) ?? Buffer.from(updateText(id, notice))
  made.set(id, frame)
  return frame
}

function updateText(id: number, { revision, json, mark: { resync, synced } }: Notice): string {
  const marks = `${resync ? ',"resync":true' : ''}${synced ? ',"synced":true' : ''}`
  const params = `{"subscription":${id},"revision":${JSON.stringify(revision)},"edits":${json}${marks}}`
  return `{"jsonrpc":"2.0","method":"update","params":${params}}`
}
