// The worker: a process for one instance. JavaScript only carries control messages; packets are the queues' threads'.
// It listens on the socket given as its argument and forwards on when its leader goes: the next one finds it there.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { Order, Requests } from './control.js'
import {
  type Failure,
  type Message,
  type Method,
  PROTOCOL_VERSION,
  receiveMessages,
  sendMessage,
} from './control.js'
import { Instance } from './instance.js'

const path = process.argv[2]
if (path === undefined) throw new Error('usage: worker-process SOCKET')

/** The leader of now; the latest to connect. */
let leader: Socket | null = null
const instance = new Instance((level, message) => {
  if (leader !== null) sendMessage(leader, { event: 'log', level, message })
})

const answers: { [M in Method]: (params: Requests[M]['params']) => Requests[M]['result'] } = {
  hello: () => ({ version: PROTOCOL_VERSION, pid: process.pid, revision: instance.revision }),
  prepare: (order: Order) => {
    instance.prepare(order)
    return null
  },
  apply: () => {
    instance.apply()
    return null
  },
  abort: () => {
    instance.abort()
    return null
  },
  stop: () => {
    end()
    return null
  },
}

function failure(problem: unknown): Failure {
  if (!(problem instanceof Error)) return { message: String(problem) }
  const { code, device } = problem as { code?: unknown; device?: unknown }
  return {
    message: problem.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof device === 'string' && { device }),
  }
}

function answer(socket: Socket, message: Message): void {
  if (!('method' in message)) return
  const { id, method, params } = message
  let reply: Message
  try {
    reply = { id, result: (answers[method] as (params: unknown) => unknown)(params) }
  } catch (problem) {
    reply = { id, failure: failure(problem) }
  }
  sendMessage(socket, reply)
}

function end(): void {
  instance.stop()
  rmSync(path as string, { force: true })
  // The answer leaves first.
  setImmediate(() => process.exit(0))
}

const server = createServer((socket) => {
  leader = socket
  receiveMessages(socket, (message) => answer(socket, message))
  socket.on('error', () => {})
  socket.on('close', () => {
    if (leader !== socket) return
    leader = null
    instance.abort() // what a leader prepared and did not live to apply
  })
})
rmSync(path, { force: true })
server.listen(path, () => chmodSync(path, 0o600))
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.on('SIGHUP', () => {})
