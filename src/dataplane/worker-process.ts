// The worker: a process for one instance. JavaScript only carries control messages; packets are the queues' threads'.
// It listens on the socket that it is started with, whose path is its argument, and forwards on when its leader goes: the
// next one finds it there.
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { root } from '../root.js'
import {
  type Failure,
  LISTENER,
  PROTOCOL_VERSION,
  type Reply,
  type Request,
  receiveMessages,
  sendMessage,
} from './control.js'
import { Instance } from './instance.js'
import { isRequest } from './messages.js'
import { native } from './native.js'
import { trustedPeer } from './peer.js'

const [path, links] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: worker-process SOCKET [DIRECTORY-OF-LINKS]')

/** All that it opens from now on; what it needs of its own is loaded. */
const files = {
  readable: ['/dev', '/lib', '/lib64', '/proc', '/sys', '/usr', root],
  shared: [dirname(path)],
  writable: ['/dev/net/tun', '/dev/null', ...(links === undefined ? [] : [links])],
}
/** What the kernel cannot keep from this process. */
let liberties: readonly string[] = []

/** The leader of now; the latest to connect. */
let leader: Socket | null = null
const instance = new Instance((level, message) => {
  if (leader !== null) sendMessage(leader, { kind: 'log', level, message })
})

/** Does what is asked. */
function carryOut(request: Request): Reply {
  const { id } = request
  switch (request.method) {
    case 'hello':
      return {
        kind: 'hello',
        id,
        version: PROTOCOL_VERSION,
        memory: native.memoryLayout(),
        pid: process.pid,
        revision: instance.revision,
      }
    case 'prepare':
      instance.prepare(request.order)
      break
    case 'apply':
      instance.apply()
      break
    case 'abort':
      instance.abort()
      break
    case 'purge-neighbors':
      instance.purgeNextHops(request.queue)
      break
    case 'capture':
      instance.capture(request.capture)
      break
    case 'stop':
      end()
      break
  }
  return { kind: 'done', id }
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

function answer(socket: Socket, request: Request): void {
  let reply: Reply
  try {
    reply = carryOut(request)
  } catch (problem) {
    reply = { kind: 'failure', id: request.id, ...failure(problem) }
  }
  sendMessage(socket, reply)
}

function end(): void {
  instance.stop()
  // The answer leaves first.
  setImmediate(() => process.exit(0))
}

const server = createServer((socket) => {
  if (trustedPeer(socket) === null) {
    socket.destroy()
    return
  }
  leader = socket
  for (const liberty of liberties)
    sendMessage(socket, { kind: 'log', level: 'warn', message: `a worker is not confined in ${liberty}` })
  receiveMessages(socket, isRequest, (request) => answer(socket, request))
  socket.on('error', () => {})
  socket.on('close', () => {
    if (leader !== socket) return
    leader = null
    instance.abort() // what a leader prepared and did not live to apply
    instance.capture(null) // nobody reads it any more
  })
})
server.listen({ fd: LISTENER }, () => {
  liberties = native.confine(files)
})
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.on('SIGHUP', () => {})
