// For those who watch the process: is it alive, and does it forward as configured.
import type { FastifyInstance } from 'fastify'
import type { InstanceState } from '../../dataplane/dataplane.js'
import { resource } from '../resource.js'
import type { Services } from '../services.js'

export function healthRoutes(app: FastifyInstance, { isReady, dataplane, access }: Services): void {
  resource(app, '/healthz', { GET: (_, reply) => reply.send({ status: 'ok' }) })
  resource(app, '/readyz', {
    GET: (request, reply) => {
      // A stranger learns whether, not what.
      const known = !access.required || request.session.authenticated
      if (!isReady()) return reply.code(503).send({ status: 'starting', ...(known ? { problems: [] } : {}) })
      const problems = dataplane.state().instances.flatMap(problemsOf)
      if (problems.length === 0) return reply.send({ status: 'ready' })
      return reply.code(503).send({ status: 'degraded', ...(known ? { problems } : {}) })
    },
  })
}

/** One line for what keeps the instance from forwarding: its worker, or its links. */
function problemsOf({ device, externalDevice = device, worker, queues }: InstanceState): string[] {
  if (worker.status === 'down') return [`${device}: ${worker.problem ?? 'down'}`]
  const down = new Set<string>()
  for (const { internalLinkUp, externalLinkUp } of queues) {
    if (!internalLinkUp) down.add(device)
    if (!externalLinkUp) down.add(externalDevice)
  }
  return [...down].map((link) => `${link}: link down`)
}
