// The config server: builds the HTTP application and never listens. A request's way: its route reads path, query and
// body, a transaction or a reading does the work, and every failure leaves as the errors of RFC 8040.
import type { SecureContextOptions } from 'node:tls'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { error } from '../errors.js'
import type { Log } from '../log/log.js'
import { shareBodyRoom } from './access/body-room.js'
import { auditDenial, CHALLENGES, guard } from './access/guard.js'
import { limitServer, serverOptions, TIMEOUTS, type Timeouts } from './access/server-limits.js'
import { errorForm } from './media-types.js'
import { isKnownMethod, pathOf, send } from './resource.js'
import { asLwaftrError, errorBody, refuseConnection } from './restconf-errors.js'
import { dataRoutes } from './routes/data.js'
import { discoveryRoutes } from './routes/discovery.js'
import { healthRoutes } from './routes/health.js'
import { metricRoutes } from './routes/metrics.js'
import { moduleRoutes } from './routes/modules.js'
import { operationRoutes } from './routes/operations.js'
import { type EventStreamOptions, streamRoutes } from './routes/streams.js'
import { type WebSocketOptions, websocketRoute } from './routes/websocket.js'
import type { Unbound } from './services.js'

export interface AppOptions {
  /** Certificate and key: then HTTP/2 beside 1.1, over TLS. */
  readonly tls?: SecureContextOptions
  readonly limits?: Timeouts
  /** Bytes of memory for the bodies of all requests. */
  readonly bodyRoom?: number
  /** Told of what is a bug or an operator's business, never of what a client did wrong. */
  readonly log?: Log
  readonly eventStreams?: EventStreamOptions
  readonly websocket?: WebSocketOptions
}

/** Largest body in bytes: a whole configuration of some million softwires. */
const BODY_LIMIT = 1 << 30

export function buildApp(services: Unbound, options: AppOptions = {}): FastifyInstance {
  const {
    log = () => {},
    tls,
    limits = TIMEOUTS,
    bodyRoom = 2 * BODY_LIMIT,
    eventStreams,
    websocket,
  } = options
  const logBug = (problem: unknown) =>
    log('error', problem instanceof Error ? String(problem.stack) : String(problem))
  const refuse = (problem: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const known = asLwaftrError(problem)
    if (known.code === 'internal') logBug(problem)
    const { type, format } = errorForm(request.headers)
    if (known.status === 401) reply.header('www-authenticate', CHALLENGES)
    if (known.retryAfter !== undefined) reply.header('retry-after', String(known.retryAfter))
    if (known.code === 'access-denied') auditDenial(services.access, request)
    return send(reply.code(known.status), type, errorBody(services.schema, known, format))
  }
  const app = Fastify({
    frameworkErrors: refuse,
    clientErrorHandler: (problem, socket) => refuseConnection(services.schema, problem, socket),
    bodyLimit: BODY_LIMIT,
    ...serverOptions(tls, limits),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 8192, ignoreTrailingSlash: false },
  })
  limitServer(app, services.access, limits)
  shareBodyRoom(app, bodyRoom)
  // Routes read bodies themselves: what they may hold depends on the schema, not on the media type alone.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.decorateRequest('session')
  app.addHook('onRequest', async (request) => {
    if (services.isReady() || ['/healthz', '/readyz'].includes(pathOf(request))) return
    throw error('starting', {}, { retryAfter: 1 })
  })
  guard(app, services.access)
  app.addHook('onResponse', async (request, reply) =>
    log('debug', 'request', {
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      user: request.session?.user,
    }),
  )
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((request) => {
    throw isKnownMethod(request.method)
      ? error('not-found', { path: pathOf(request) })
      : error('unknown-method', { method: request.method })
  })

  discoveryRoutes(app)
  dataRoutes(app, services)
  operationRoutes(app, services)
  moduleRoutes(app)
  healthRoutes(app, services)
  metricRoutes(app, services)
  streamRoutes(app, services, eventStreams)
  websocketRoute(app, services, logBug, websocket)
  return app
}
