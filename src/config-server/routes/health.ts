// For those who watch the process: is it alive, and does it forward as configured.
import type { FastifyInstance } from 'fastify'
import { resource } from '../resource.js'
import type { Services } from '../services.js'

export function healthRoutes(app: FastifyInstance, { isReady, dataplane }: Services): void {
  resource(app, '/healthz', { GET: (_, reply) => reply.send({ status: 'ok' }) })
  resource(app, '/readyz', {
    GET: (_, reply) => {
      const down = isReady()
        ? dataplane.state().instances.filter(({ worker }) => worker.status === 'down')
        : []
      if (isReady() && down.length === 0) return reply.send({ status: 'ready' })
      const problems = down.map(({ device, worker }) => `${device}: ${worker.problem ?? 'down'}`)
      return reply.code(503).send({ status: isReady() ? 'degraded' : 'starting', problems })
    },
  })
}
