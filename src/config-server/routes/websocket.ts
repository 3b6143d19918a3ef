// /ws: the door for programs that follow and edit on one connection (RFC 6455), subprotocol lwaftr.v1.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { error } from '../../errors.js'
import { checkOrigin } from '../access/guard.js'
import { pathOf, resource } from '../resource.js'
import type { Unbound } from '../services.js'
import { Connection, GOING_AWAY } from '../websocket/connection.js'
import { methodsFor } from '../websocket/methods.js'
import { upgradeOf } from '../websocket/upgrade.js'

const PROTOCOL = 'lwaftr.v1'

/** Bytes of a message: a patch of some ten thousand softwires. */
const LARGEST_MESSAGE = 16 << 20

export interface WebSocketOptions {
  /** Milliseconds between pings; a peer that does not answer one before the next is gone. */
  readonly keepAlive?: number
  /** Milliseconds that a peer may take nothing of what was sent to it. */
  readonly patience?: number
  /** Of all connections together: each costs some 7 KiB. */
  readonly subscriptions?: number
}

export function websocketRoute(
  app: FastifyInstance,
  services: Unbound,
  log: (problem: unknown) => void,
  { keepAlive = 30_000, patience = 30_000, subscriptions = 16_384 }: WebSocketOptions = {},
): void {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  })
  const connections = new Set<Connection>()
  const timers = [
    setInterval(() => each(connections, (one) => one.checkLife()), keepAlive).unref(),
    setInterval(
      () => each(connections, (one) => one.checkProgress(performance.now(), patience)),
      patience / 4,
    ).unref(),
  ]
  app.addHook('onClose', async () => {
    for (const timer of timers) clearInterval(timer)
  })

  const room = () => [...connections].reduce((left, one) => left - one.subscriptions, subscriptions)

  const open = (socket: WebSocket, request: FastifyRequest) => {
    const connection = new Connection(socket, log)
    connections.add(connection)
    const forget = services.streams.opened(() => socket.close(GOING_AWAY, 'come again'))
    socket.on('close', () => {
      connections.delete(connection)
      forget()
    })
    const { session } = request
    connection.start(methodsFor(services.access.as(session, services), session, connection, room))
  }

  resource(app, '/ws', {
    GET: (request, reply) => {
      const upgrade = upgradeOf(request)
      if (!upgrade || request.headers.upgrade?.toLowerCase() !== 'websocket') {
        reply.header('upgrade', 'websocket')
        throw error('upgrade-required', { path: pathOf(request) })
      }
      checkOrigin(services.access, request)
      checkProtocol(request)
      reply.hijack()
      upgrade.release()
      server.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (socket) => open(socket, request))
      return reply
    },
  })
}

function each(connections: ReadonlySet<Connection>, check: (connection: Connection) => void): void {
  for (const connection of connections) check(connection)
}

function checkProtocol({ headers }: FastifyRequest): void {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  if (offered && !offered.includes(PROTOCOL))
    throw error('bad-request', {
      problem: `subprotocol ${offered.join(', ')} is not spoken; ask for ${PROTOCOL}`,
    })
}
