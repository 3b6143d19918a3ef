// How the HTTP server is built: with TLS or without, and what one client can cost it before any route is asked.
import { createServer } from 'node:http'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { Socket } from 'node:net'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { FastifyHttpOptions, FastifyInstance, RawServerDefault } from 'fastify'
import type { Access } from './access.js'

/** In milliseconds. */
export interface Timeouts {
  /** For a TLS handshake, and then for a request's headers. */
  readonly headers: number
  /** For a whole request: one that stops half-way does not hold its memory for ever. */
  readonly request: number
  /** Between two requests of a connection; clients are told. */
  readonly idle: number
}

export const TIMEOUTS: Timeouts = { headers: 15_000, request: 300_000, idle: 5_000 }

/** Requests at once on one connection of HTTP/2. */
const STREAMS = 128

/** The options of Fastify that say what server it has. */
export function serverOptions(
  tls: SecureContextOptions | undefined,
  { headers, request, idle }: Timeouts,
): Pick<FastifyHttpOptions<RawServerDefault>, 'serverFactory'> {
  const timeouts = {
    headersTimeout: headers,
    requestTimeout: request,
    keepAliveTimeout: idle,
    connectionsCheckingInterval: Math.min(1000, headers),
  }
  if (!tls) return { serverFactory: (handler) => createServer(timeouts, handler) }
  return {
    serverFactory: (handler) => {
      const server = createSecureServer(
        {
          ...tls,
          ...timeouts,
          allowHTTP1: true,
          handshakeTimeout: headers,
          settings: { maxConcurrentStreams: STREAMS },
          // Whoever has no certificate may have a password: what came is judged by authentication.ts.
          requestCert: tls.ca !== undefined,
          rejectUnauthorized: false,
        },
        handler as unknown as Parameters<typeof createSecureServer>[1],
      )
      Object.assign(server, timeouts)
      const sessions = new Set<ServerHttp2Session>()
      server.on('session', (session) => {
        sessions.add(session)
        session.once('close', () => sessions.delete(session))
        endIdle(session, request)
      })
      // Nothing more will come on them: without this, closing waits for clients to go.
      server.on('goodbye', () => {
        for (const session of sessions) session.close()
      })
      server.on('tlsClientError', (_problem: Error, socket: TLSSocket) => socket.destroy())
      // Fastify's default type knows HTTP/1 only; what it does with a server both kinds can.
      return server as unknown as RawServerDefault
    },
  }
}

/**
 * Who asks nothing for as long as a request may take is gone. Not by the session's own timer: that one Node leaves
 * running when the session is over, and keeps all of it until then.
 */
function endIdle(session: ServerHttp2Session, patience: number): void {
  let streams = 0
  const timer = setTimeout(() => {
    if (streams === 0) session.close()
  }, patience).unref()
  session.on('stream', (stream) => {
    streams++
    stream.once('close', () => {
      if (--streams === 0) timer.refresh()
    })
  })
  session.once('close', () => clearTimeout(timer))
}

export function limitServer(app: FastifyInstance, access: Access, { request: longest }: Timeouts): void {
  const { server } = app
  server.on('timeout', endUnlessAsked)
  access.onSettings(({ connections }) => {
    server.maxConnections = connections
  })
  app.addHook('preClose', async () => {
    server.emit('goodbye')
  })
  // HTTP/1 requests are timed by Node itself.
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersionMajor < 2) return
    const late = setTimeout(() => raw.destroy(), longest).unref()
    const done = () => clearTimeout(late)
    raw.once('end', done).once('close', done)
  })
}

/**
 * A server that was stopped or kept from the CPU learns first that time is over, and then what came in time: ended at
 * once, the connection would be reset with a request on it that nobody has read.
 */
function endUnlessAsked(connection: Socket | ServerHttp2Session): void {
  if (!(connection instanceof Socket)) return // HTTP/2 says goodbye
  const { bytesRead } = connection
  // The first turn may be the one of the timers; in the next one, what has come is read.
  setImmediate(() =>
    setImmediate(() => {
      if (connection.bytesRead === bytesRead) connection.destroy()
    }),
  )
}
