// Where the config server listens: HOST:PORT over TCP, and the control socket.
import { type EventEmitter, once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { acceptUpgrades } from './config-server/websocket/upgrade.js'
import { trustedPeer } from './dataplane/peer.js'
import { error } from './errors.js'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Reads `HOST:PORT`, an IPv6 address in brackets; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const [, six, other, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? other
  return host === undefined || Number(port) > 65535 ? undefined : { host, port: Number(port) }
}

/** Only this machine reaches it. A name counts when it cannot mean anything else. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Listens on TCP and answers the URL. */
export async function listenTcp(app: FastifyInstance, { host, port }: Address): Promise<string> {
  acceptUpgrades(app.server, app)
  try {
    const url = (await app.listen({ host, port })).replace('localhost', '127.0.0.1')
    // Fastify knows nothing of the TLS of a server that was made for it.
    return 'setSecureContext' in app.server ? url.replace(/^http:/, 'https:') : url
  } catch (cause) {
    throw listenError(`${host.includes(':') ? `[${host}]` : host}:${port}`, cause)
  }
}

/** Of unix(7), without the zero at its end. What is longer the system would cut. */
const LONGEST_SOCKET_PATH = 107

/** Listens on a Unix socket beside; one that nobody answers on any more is replaced. */
export async function listenUnix(app: FastifyInstance, path: string): Promise<Server> {
  await app.ready()
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH)
    throw error('listen', {
      where: path,
      problem: `a socket's path has ${LONGEST_SOCKET_PATH} bytes at most`,
    })
  rmSync(path, { force: true })
  const server = createServer((request, response) => app.routing(request, response))
  acceptUpgrades(server, app)
  server.on('connection', (socket: Socket) => {
    if (trustedPeer(socket) === null) socket.destroy()
  })
  try {
    server.listen(path)
    await once(server, 'listening')
    // Its directory may be an operator's, open to others.
    chmodSync(path, 0o600)
    return server
  } catch (cause) {
    throw listenError(path, cause)
  }
}

/** Milliseconds that a control socket may take to answer. */
const PATIENCE = 10_000
/** A small answer, for which the server does everything that it does for others. */
const PROBE = '/restconf/yang-library-version'

/** Rejects unless a config server answers on the control socket. */
export async function answersRequests(socketPath: string): Promise<void> {
  const request = get({ socketPath, path: PROBE, agent: false, timeout: PATIENCE })
  request.once('timeout', () => request.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
}

/** Milliseconds that requests under way have when the server stops. */
const GRACE = 2000

/** Remembers the connections of a server, also of one with HTTP/2, which has no list of them; answers how to end them. */
export function trackConnections(server: EventEmitter): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

/** Takes no more requests and waits for those under way, within reason: some clients read slowly for ever. */
export async function closeServer(endAll: () => void, close: () => Promise<unknown>): Promise<void> {
  const impatience = setTimeout(endAll, GRACE)
  await close()
  clearTimeout(impatience)
}

/** Closes a server that is not Fastify's own. */
export function closeBare(server: Server): Promise<void> {
  return closeServer(
    () => server.closeAllConnections(),
    async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closed
    },
  )
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use already; choose another with --listen',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no such host',
}

function listenError(where: string, cause: unknown): Error {
  const { code = '', message } = cause as NodeJS.ErrnoException
  return error('listen', { where, problem: REASONS[code] ?? message }, { cause })
}
