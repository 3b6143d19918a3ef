// What every request meets before its route does: rates, origins of web pages, and the question whose it is.
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { error } from '../../errors.js'
import { pathOf } from '../resource.js'
import { anonymous, LOCAL, type Session } from '../session.js'
import type { Access } from './access.js'
import { network } from './failed-logins.js'

/** RFC 7617, RFC 6750. */
export const CHALLENGES = ['Basic realm="lwaftr", charset="UTF-8"', 'Bearer realm="lwaftr"']

/** What a stranger may read: where the API is (RFC 8040 s3.1), and whether the process is alive. */
const OPEN = new Set(['/.well-known/host-meta', '/.well-known/host-meta.json', '/healthz', '/readyz'])

/** Milliseconds over which the rate of requests is measured. */
const WINDOW = 10_000

export function guard(app: FastifyInstance, access: Access): void {
  void app.register(cors, {
    delegator: (request, done) => {
      const { origin } = request.headers
      const known = origin !== undefined && access.allowsOrigin(origin)
      done(null, known ? { ...CORS, origin } : { origin: false })
    },
  })
  void app.register(rateLimit, { global: false })
  app.after(() => {
    app.addHook('onRequest', app.rateLimit(rate(access)))
    app.addHook('onRequest', async (request) => {
      refuseForeigners(access, request)
      request.session = await sessionOf(access, request)
    })
  })
}

const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: ['ETag', 'Last-Modified', 'Location', 'Allow', 'Accept-Patch', 'Link', 'Retry-After'],
  credentials: true,
  maxAge: 600,
}

function rate(access: Access) {
  return {
    max: () => Math.max(1, (access.settings.requestRate ?? 1) * (WINDOW / 1000)),
    timeWindow: WINDOW,
    cache: 10_000,
    allowList: (request: FastifyRequest) =>
      access.settings.requestRate === undefined || request.raw.socket.remoteAddress === undefined,
    keyGenerator: (request: FastifyRequest) => network(request.raw.socket.remoteAddress ?? ''),
    errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
      error('too-many-requests', {}, { retryAfter: Math.max(1, Math.ceil(ttl / 1000)) }),
    addHeadersOnExceeding: NO_HEADERS,
    addHeaders: { ...NO_HEADERS, 'retry-after': false },
  }
}

const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

async function sessionOf(access: Access, request: FastifyRequest): Promise<Session> {
  const from = request.raw.socket.remoteAddress
  if (from === undefined) return LOCAL
  // Whoever brings credentials is somebody here, too: readiness has more to tell them.
  if (OPEN.has(pathOf(request)) && request.headers.authorization === undefined) return anonymous(from)
  return access.authenticate(request.raw)
}

/**
 * A browser sends requests for any web page, and may add credentials that the page does not know. It names the page's
 * origin with those that change something.
 */
function refuseForeigners(access: Access, { headers, method, host }: FastifyRequest): void {
  const { origin } = headers
  if (origin === undefined || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return
  if (access.allowsOrigin(origin) || (URL.canParse(origin) && new URL(origin).host === host)) return
  throw error('foreign-origin', { origin })
}

/** One line for what somebody was not allowed to do. */
export function auditDenial(access: Access, { session, method, raw }: FastifyRequest): void {
  const path = (raw.url ?? '').split('?')[0] as string
  access.audit({ event: 'denied', user: session.user, from: session.from, what: `${method} ${path}` })
}
