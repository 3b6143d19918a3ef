// An HTTP client that costs little: one connection, requests sent before answers come, answers told by their headers
// alone. What is measured is the server.
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  /** Milliseconds since the request was sent. */
  readonly latency: number
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

export class Connection {
  #pending: Buffer = Buffer.alloc(0)
  readonly #waiting: { sent: number; resolve: (answer: Answer) => void }[] = []

  private constructor(
    readonly socket: Socket,
    readonly host: string,
  ) {
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#take(bytes))
  }

  static open(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new Connection(socket, host)))
      socket.on('error', reject)
    })
  }

  /** Sends at once, whether or not earlier requests were answered. */
  request(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const all = {
      host: this.host,
      ...(body !== undefined && {
        'content-type': 'application/yang-data+json',
        'content-length': String(Buffer.byteLength(body)),
      }),
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    return new Promise((resolve) => {
      this.#waiting.push({ sent: performance.now(), resolve })
      this.socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    for (;;) {
      const end = this.#pending.indexOf(END_OF_HEAD)
      if (end < 0) return
      const head = this.#pending.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const next = end + END_OF_HEAD.length + length
      if (this.#pending.length < next) return
      this.#pending = this.#pending.subarray(next)
      const { sent, resolve } = this.#waiting.shift() ?? { sent: 0, resolve: () => {} }
      resolve({ status: Number(head.slice(9, 12)), head, latency: performance.now() - sent })
    }
  }
}

/** Requests with `depth` of them under way; answers a second. Throws at an answer that is no success. */
export async function pipelined(depth: number, seconds: number, send: (n: number) => Promise<Answer>) {
  let sent = 0
  let answered = 0
  const start = performance.now()
  const lane = async () => {
    while (performance.now() - start < seconds * 1000) {
      const { status, head } = await send(sent++)
      if (status >= 400) throw new Error(`answered: ${head.split('\r\n')[0]}`)
      answered++
    }
  }
  await Promise.all(Array.from({ length: depth }, lane))
  return (answered / (performance.now() - start)) * 1000
}
