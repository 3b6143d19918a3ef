// A config server that listens, and a client of its WebSocket that keeps what it was told.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import WebSocket, { type ClientOptions } from 'ws'
import { buildApp } from '../../../src/config-server/app.js'
import type { EventStreamOptions } from '../../../src/config-server/routes/streams.js'
import type { WebSocketOptions } from '../../../src/config-server/routes/websocket.js'
import { listenTcp } from '../../../src/listen.js'
import type { JsonObject, JsonValue } from '../../../src/schema/json-types.js'
import type { WireUpdate } from '../feeds/replica.js'
import { build } from '../helper.js'

/** The same relay as build()'s, behind a port of this machine. */
export async function listening(
  t: Test,
  configuration?: JsonObject | null,
  websocket: WebSocketOptions = {},
  eventStreams: EventStreamOptions = {},
) {
  const relay = await build(t, configuration)
  const problems: string[] = []
  const log = (_level: string, message: string) => problems.push(message)
  const app = buildApp({ ...relay, isReady: () => true }, { log, websocket, eventStreams })
  const url = await listenTcp(app, { host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    relay.streams.close()
    app.server.closeAllConnections()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo
  const connect = (options?: ClientOptions) => Client.open(`ws://127.0.0.1:${port}/ws`, options)
  return { ...relay, app, url, port, problems, connect }
}

export interface Answer {
  readonly id: JsonValue
  readonly result?: JsonObject
  readonly error?: { code: number; message: string; data: JsonObject }
}

export class Client {
  readonly updates: (WireUpdate & { subscription: number })[] = []
  readonly #answers = new Map<JsonValue, (answer: Answer) => void>()
  readonly #waiting = new Set<() => void>()
  #ids = 0

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.#take(JSON.parse(String(data))))
  }

  static async open(url: string, options: ClientOptions = {}): Promise<Client> {
    const socket = new WebSocket(url, ['lwaftr.v1'], { perMessageDeflate: false, ...options })
    const client = new Client(socket)
    await once(socket, 'open')
    return client
  }

  /** The answer to one request. */
  call(method: string, params?: unknown): Promise<Answer> {
    const id = ++this.#ids
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  }

  async subscribe(params: unknown): Promise<JsonObject> {
    const { result, error } = await this.call('subscribe', params)
    if (!result) throw new Error(JSON.stringify(error))
    return result
  }

  /** Resolves once `updates` are as the condition says. */
  async until(condition: (updates: Client['updates']) => boolean): Promise<void> {
    while (!condition(this.updates)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** Sends text as it is, and resolves with the next message that is no update. */
  async raw(text: string | Buffer): Promise<JsonValue> {
    const answer = new Promise<JsonValue>((resolve) => this.#answers.set(null, resolve as never))
    this.socket.send(text)
    return answer
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }

  #take(message: JsonObject): void {
    if (message.method === 'update') this.updates.push(message.params as never)
    else {
      const id = message.id ?? null
      const resolve = this.#answers.get(null) ?? this.#answers.get(id)
      this.#answers.delete(this.#answers.has(null) ? null : id)
      resolve?.(message as never)
    }
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
