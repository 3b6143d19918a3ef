// /metrics: for Prometheus.
import type { FastifyInstance } from 'fastify'
import { error } from '../../errors.js'
import { parsePath } from '../../schema/paths.js'
import { refuseParameters } from '../query.js'
import { queryOf, resource, send } from '../resource.js'
import type { Unbound } from '../services.js'

/** Whoever may read all of these may read what is counted. */
const SHOWN = [
  '/snabb-softwire-v3:softwire-state',
  '/snabb-softwire-v3:softwire-config/instance',
  '/ietf-alarms:alarms',
]

export function metricRoutes(app: FastifyInstance, { schema, access, metrics }: Unbound): void {
  app.addHook('onResponse', async (request, reply) =>
    metrics.requests.count(request.method, reply.statusCode),
  )
  const shown = SHOWN.map((path) => parsePath(schema, path))
  resource(app, '/metrics', {
    GET: async (request, reply) => {
      refuseParameters(queryOf(request))
      if (!shown.every((path) => access.readsAll(request.session, path))) throw error('access-denied', {})
      return send(reply, metrics.contentType, await metrics.text())
    },
  })
}
