// What every request meets before its route does: rates, origins of web pages, and the question whose it is.
import { isIP } from 'node:net'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { error } from '../../errors.js'
import { pathOf } from '../resource.js'
import { anonymous, LOCAL, type Session } from '../session.js'
import type { Access } from './access.js'
import { Counts } from './counts.js'
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
      refuseForeignNames(access, request)
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
    store: Requests,
    allowList: (request: FastifyRequest) =>
      access.settings.requestRate === undefined || request.raw.socket.remoteAddress === undefined,
    keyGenerator: (request: FastifyRequest) => network(request.raw.socket.remoteAddress ?? ''),
    errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
      error('too-many-requests', {}, { retryAfter: Math.max(1, Math.ceil(ttl / 1000)) }),
    addHeadersOnExceeding: NO_HEADERS,
    addHeaders: { ...NO_HEADERS, 'retry-after': false },
  }
}

/** The plugin's own store goes by a clock that can be set back: whoever is over the rate then would stay shut out. */
class Requests {
  readonly #counts = new Counts(WINDOW, 10_000)

  incr(key: string, answer: (problem: Error | null, result: { current: number; ttl: number }) => void): void {
    const { count, left } = this.#counts.add(key)
    answer(null, { current: count, ttl: left })
  }

  child(): Requests {
    return this
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
function refuseForeigners(access: Access, request: FastifyRequest): void {
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) checkOrigin(access, request)
}

/** Throws LwaftrError 403 for a web page that is neither of this server nor of an origin that the configuration names. */
export function checkOrigin(access: Access, { headers: { origin }, host }: FastifyRequest): void {
  if (origin === undefined || access.allowsOrigin(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw error('foreign-origin', { origin })
}

/**
 * A web page may be of a name that leads to this machine now (DNS rebinding): then it is of this server, as far as the
 * browser knows, and whoever need not log in here has lent it all rights. It takes a name that somebody can register:
 * addresses, `localhost` and names of one label are none.
 */
function refuseForeignNames(access: Access, request: FastifyRequest): void {
  const { session, host, raw } = request
  if (session.local || session.authenticated || OPEN.has(pathOf(request))) return
  if (!isLoopbackAddress(raw.socket.localAddress ?? '') || !host) return
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/\.$/, '') : host
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0 || !name.includes('.') || name.endsWith('.localhost')) return
  if (['http', 'https'].some((scheme) => access.allowsOrigin(`${scheme}://${host}`))) return
  throw error('foreign-host', { host })
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/** One line for what somebody was not allowed to do. */
export function auditDenial(access: Access, { session, method, raw }: FastifyRequest): void {
  const path = (raw.url ?? '').split('?')[0] as string
  access.audit({ event: 'denied', user: session.user, from: session.from, what: `${method} ${path}` })
}
