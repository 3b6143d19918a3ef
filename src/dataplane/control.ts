// What the leader and a worker say to each other: one JSON object a line over a Unix socket. The leader asks, the worker
// answers by id; what it logs has none. The worker listens, so that whoever leads next can find it. Neither trusts the
// other's lines: what is no message by messages.ts ends the connection.
import type { Socket } from 'node:net'
import type { Driver } from './dataplane.js'
import type { CaptureOrder } from './native-capture.js'
import type { InstanceSettings } from './settings.js'

/** Changes with the messages and what they mean; a worker of a version that is not spoken is replaced. */
export const PROTOCOL_VERSION = 5
/** Version 4 made its socket and the files of its counters itself: that they are there already does not disturb it. */
export const SPOKEN: readonly number[] = [4, PROTOCOL_VERSION]

/** The descriptor with which a worker begins: its socket, to listen on. */
export const LISTENER = 3

/** All that a worker is to do. A new order replaces the old one, touching only what differs. */
export interface Order {
  readonly revision: number
  readonly settings: InstanceSettings
  readonly driver: Driver
  /** Directory of the links' sockets (driver `memory`). */
  readonly socketDirectory: string
  /** Directory of the shared memory. */
  readonly memoryDirectory: string
  readonly table: { readonly path: string; readonly generation: number }
  /** CPU of each queue, in order; null: not pinned. */
  readonly cpus: readonly (number | null)[]
  /** A link that is not there now is picked up later (a worker started again) instead of refused (a new one). */
  readonly absentLinks: boolean
}

/** What a worker's queues are to capture; those without a ring capture nothing. */
export interface InstanceCapture extends CaptureOrder {
  readonly rings: readonly { readonly queue: number; readonly path: string }[]
}

interface Asking<M extends string> {
  readonly method: M
  readonly id: number
}

/**
 * `prepare` opens what the order needs and fails with no trace; `stop` ends the worker; queue null is every queue. A
 * capture ends with `null`, or with the connection.
 */
export type Request =
  | Asking<'hello'>
  | (Asking<'prepare'> & { readonly order: Order })
  | Asking<'apply'>
  | Asking<'abort'>
  | (Asking<'purge-neighbors'> & { readonly queue: number | null })
  | (Asking<'capture'> & { readonly capture: InstanceCapture | null })
  | Asking<'stop'>

type WithoutId<R> = R extends Request ? Omit<R, 'id'> : never
export type Question = WithoutId<Request>

/** What a worker tells of itself, in every version of the protocol. */
export interface Hello {
  readonly version: number
  /** The layout of the memory it shares; absent in versions before 4. A worker of another layout is replaced. */
  readonly memory?: string
  readonly pid: number
  /** Revision of the order it forwards by; null: none yet. */
  readonly revision: number | null
}

/** What the worker threw. */
export interface Failure {
  readonly message: string
  /** Errno name such as ENODEV, where the kernel said no. */
  readonly code?: string
  /** The device it is about. */
  readonly device?: string
}

export interface Line {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

export type Reply =
  | ({ readonly kind: 'hello'; readonly id: number } & Hello)
  | { readonly kind: 'done'; readonly id: number }
  | ({ readonly kind: 'failure'; readonly id: number } & Failure)
  | ({ readonly kind: 'log' } & Line)

export function sendMessage(socket: Socket, message: Request | Reply): void {
  socket.write(`${JSON.stringify(message)}\n`)
}

/** Characters of the longest line: an order with every queue there can be is a fraction of it. */
const LONGEST_LINE = 1 << 24

export function receiveMessages<M>(
  socket: Socket,
  isMessage: (value: unknown) => value is M,
  listener: (message: M) => void,
): void {
  let pending = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    if (pending.length > LONGEST_LINE) socket.destroy(new Error('a message without end'))
    for (const line of lines) {
      const message = parsed(line)
      if (!isMessage(message)) {
        socket.destroy(new Error(`not a message: ${line.slice(0, 100)}`))
        return
      }
      listener(message)
    }
  })
}

/** Undefined, which is no message, when it is not JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
