// /streams/NAME/ENCODING: event streams (RFC 8040 s3.8, s6), which clients find by ietf-restconf-monitoring.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { error } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import { Follower, type Since } from '../feeds/follower.js'
import { checkFollow } from '../feeds/permission.js'
import type { ReadableStreams } from '../feeds/streams.js'
import type { View } from '../feeds/view.js'
import { negotiate } from '../media-types.js'
import { parseParameters } from '../query.js'
import { pathOf, queryOf, resource, send } from '../resource.js'
import type { DescribeStreams } from '../restconf-monitoring.js'
import type { Unbound } from '../services.js'
import { EventStream } from '../sse/event-stream.js'
import { ENCODINGS, type Encoding, encoder } from '../sse/notification.js'
import { type Times, timesOf } from '../sse/times.js'

/** RFC 8040 s9.1. */
export const STREAM_CAPABILITIES = [
  'urn:ietf:params:restconf:capability:filter:1.0',
  'urn:ietf:params:restconf:capability:replay:1.0',
]

const PREFIX = '/streams'
const EVENT_STREAM = 'text/event-stream'

export interface EventStreamOptions {
  /** Milliseconds between comments that keep proxies from closing a silent stream. */
  readonly keepAlive?: number
  /** Milliseconds that a client may take nothing of what waits for it. */
  readonly patience?: number
}

export function streamRoutes(
  app: FastifyInstance,
  services: Unbound,
  { keepAlive = 15_000, patience = 30_000 }: EventStreamOptions = {},
): void {
  const open = new Set<EventStream>()
  const timer = setInterval(() => {
    for (const stream of open) stream.tick(patience)
  }, keepAlive).unref()
  app.addHook('onClose', async () => clearInterval(timer))

  resource(app, `${PREFIX}/:name/:encoding`, {
    GET: (request, reply) => {
      const { name, encoding } = wanted(services.streams, request)
      checkFollow(services, request.session, services.streams.notificationOf(name))
      negotiate(request.headers, [EVENT_STREAM])
      const given = parseParameters(queryOf(request), ['filter', 'start-time', 'stop-time'])
      const times = timesOf(given, new Date())
      if (times.start && !services.streams.replayOf(name))
        throw error('bad-query', { name: 'start-time', problem: `${name} has no replay` })
      // What is before the client, such as nginx, would keep it all back otherwise.
      reply.header('cache-control', 'no-cache').header('x-accel-buffering', 'no')
      if (request.method === 'HEAD') return reply.type(EVENT_STREAM).send()
      const { streams } = services.access.as(request.session, services)
      const view = streams.view({ stream: name, filter: given.get('filter') })
      const follower = new Follower(view, begin(view, times, request.headers['last-event-id']))
      const encode = encoder(services.schema, view, encoding)
      const stream = new EventStream({ follower, encode, stop: times.stop })
      follow(services.streams, view, stream, open)
      return send(reply, EVENT_STREAM, stream)
    },
  })
}

/** What restconf-state says of the streams. */
export function describeStreams(streams: ReadableStreams): DescribeStreams {
  return (base) =>
    streams.names.map((name): JsonObject => {
      const replay = streams.replayOf(name)
      const access = ENCODINGS.map((encoding) => ({
        encoding,
        location: `${base}${PREFIX}/${encodeURIComponent(name)}/${encoding}`,
      }))
      return {
        name,
        'replay-support': replay !== undefined,
        ...(replay ? { 'replay-log-creation-time': replay.begin.toISOString() } : {}),
        access,
      }
    })
}

function wanted(streams: ReadableStreams, request: FastifyRequest): { name: string; encoding: Encoding } {
  const { name, encoding } = request.params as { name: string; encoding: string }
  const known = ENCODINGS.find((one) => one === encoding)
  if (!known || !streams.names.includes(name)) throw error('not-found', { path: pathOf(request) })
  return { name, encoding: known }
}

/** Where to begin: with what the client had, with what happened at a time, or else with what happens from now on. */
function begin({ feed }: View, { start }: Times, lastEventId: string | string[] | undefined): Since {
  if (typeof lastEventId === 'string') {
    const dash = lastEventId.lastIndexOf('-')
    return { epoch: lastEventId.slice(0, Math.max(dash, 0)), revision: lastEventId.slice(dash + 1) }
  }
  return { revision: (start && feed.replay?.before(start)) ?? feed.revision }
}

function follow(streams: ReadableStreams, view: View, stream: EventStream, open: Set<EventStream>): void {
  const unsubscribe = view.subscribe(() => stream.wake())
  const forget = streams.opened(() => stream.destroy())
  open.add(stream)
  stream.on('close', () => {
    unsubscribe()
    forget()
    open.delete(stream)
  })
}
