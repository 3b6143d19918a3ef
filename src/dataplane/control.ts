// What the leader and a worker say to each other: one JSON object a line over a Unix socket, requests answered by id,
// events without one. The worker listens, so that whoever leads next can find it.
import type { Socket } from 'node:net'
import type { Driver } from './dataplane.js'
import type { InstanceSettings } from './settings.js'

/** Changes with the messages or the layout of the shared memory; a worker of another version is replaced. */
export const PROTOCOL_VERSION = 2

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

export interface Hello {
  readonly version: number
  readonly pid: number
  /** Revision of the order it forwards by; null: none yet. */
  readonly revision: number | null
}

/** Requests of the leader and their results. */
export interface Requests {
  hello: { params: null; result: Hello }
  /** Opens what the order needs; fails with no trace. */
  prepare: { params: Order; result: null }
  apply: { params: null; result: null }
  abort: { params: null; result: null }
  /** Stops forwarding and ends. */
  stop: { params: null; result: null }
}
export type Method = keyof Requests

/** A failed request: what the worker threw. */
export interface Failure {
  readonly message: string
  /** Errno name such as ENODEV, where the kernel said no. */
  readonly code?: string
  /** The device it is about. */
  readonly device?: string
}

export type Message =
  | { readonly id: number; readonly method: Method; readonly params: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly event: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }

export function sendMessage(socket: Socket, message: Message): void {
  socket.write(`${JSON.stringify(message)}\n`)
}

/** Both ends are this product at the same version; a line that is no message ends the connection. */
export function receiveMessages(socket: Socket, listener: (message: Message) => void): void {
  let pending = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      try {
        listener(JSON.parse(line) as Message)
      } catch (problem) {
        socket.destroy(problem as Error)
        return
      }
    }
  })
}
