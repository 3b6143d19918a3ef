// GET /restconf/data/lwaftr:routes as those ask who follow it: unchanged (304) without work, changes since a revision,
// or the whole list in pieces. Everything else of the resource, and what is inside it, is data like all other.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parsePath } from '../../schema/paths.js'
import { netChanges } from '../announce/changes.js'
import type { Route } from '../announce/route.js'
import type { Routes } from '../announce/routes.js'
import { acceptedFormat } from '../media-types.js'
import { isFresh } from '../preconditions.js'
import { type Handler, queryOf, resource, send } from '../resource.js'
import type { Unbound } from '../services.js'

/** The entity-tag alone tells one list from another: no time is given, and none compared. */
const NEVER = new Date(8.64e15)

/** Routes that are written as one piece of an answer. */
const PIECE = 1024

export function announcedRoutes(app: FastifyInstance, services: Unbound, asData: Handler): void {
  const { routes, access, schema } = services
  const path = parsePath(schema, '/lwaftr:routes')
  resource(app, '/restconf/data/lwaftr::routes', {
    GET: (request, reply) =>
      access.readsAll(request.session, path) ? get(routes, request, reply, asData) : asData(request, reply),
  })
}

function get(routes: Routes, request: FastifyRequest, reply: FastifyReply, asData: Handler): unknown {
  const query = queryOf(request)
  const since = /^since=(\d{1,20})$/.exec(query)?.[1]
  if (query !== '' && since === undefined) return asData(request, reply)
  const { entityTag } = routes
  reply.header('etag', entityTag).header('cache-control', 'no-cache').header('vary', 'accept')
  if (since === undefined && isFresh(request.headers, { entityTag, time: NEVER, exists: true }))
    return reply.code(304).send()
  const { type, format } = acceptedFormat(request.headers)
  if (format !== 'json') return asData(request, reply)
  if (request.method === 'HEAD') return reply.header('content-type', type).send()
  return send(reply, type, since === undefined ? whole(routes) : changes(routes, since))
}

function changes(routes: Routes, since: string): string | Readable {
  const updates = routes.since(since)
  const net = updates && netChanges(updates)
  if (!net) return whole(routes, { resync: true })
  const members = {
    revision: routes.revision,
    since,
    ...(net.announced.length > 0 ? { announced: net.announced } : {}),
    ...(net.withdrawn.length > 0 ? { withdrawn: net.withdrawn } : {}),
  }
  return JSON.stringify({ 'lwaftr:routes': members })
}

/** Some are text at once; many are a stream, with back-pressure, of the list as it is now. */
function whole(routes: Routes, more: { resync?: boolean } = {}): string | Readable {
  const head = JSON.stringify({ revision: routes.revision, ...more }).slice(0, -1)
  const pieces = list(routes.all())
  if (routes.count <= PIECE) return [`{"lwaftr:routes":${head}`, ...pieces].join('')
  return Readable.from(
    (function* () {
      yield `{"lwaftr:routes":${head}`
      yield* pieces
    })(),
    { objectMode: false },
  )
}

function* list(routes: Iterable<Route>): Iterable<string> {
  let piece: string[] = []
  let before = ',"route":['
  const join = () => {
    const text = before + piece.join(',')
    before = ','
    piece = []
    return text
  }
  for (const route of routes) {
    piece.push(JSON.stringify(route))
    if (piece.length === PIECE) yield join()
  }
  if (piece.length > 0) yield join()
  yield before === ',' ? ']}}' : '}}'
}
