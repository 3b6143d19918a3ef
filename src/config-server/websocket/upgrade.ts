// Upgrade requests (RFC 9110 s7.8) go the way of all others, through the hooks that know who asks and what he may do: a
// route takes the connection over in the end, or refuses in plain HTTP.
import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came with the request already. */
  readonly head: Buffer
  /** The response lets go of the socket. */
  readonly release: () => void
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>()

/** Lets the application see the upgrade requests of a server. */
export function acceptUpgrades(server: Server, app: FastifyInstance): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request)
    // Nothing reads further requests from it: what is not upgraded ends.
    response.shouldKeepAlive = false
    socket.on('error', () => socket.destroy())
    response.on('finish', () => socket.end())
    response.assignSocket(request.socket)
    upgrades.set(request, { request, socket, head, release: () => response.detachSocket(request.socket) })
    app.routing(request, response)
  })
}

/** Undefined when the request does not ask to be upgraded. */
export function upgradeOf(request: FastifyRequest): Upgrade | undefined {
  return upgrades.get(request.raw)
}
