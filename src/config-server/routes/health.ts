// For those who watch the process: is it alive, and does it forward as configured.
import type { FastifyInstance } from 'fastify'
import type { InstanceState } from '../../dataplane/dataplane.js'
import { parsePath } from '../../schema/paths.js'
import { standingOf } from '../announce/carriers.js'
import { resource } from '../resource.js'
import type { Unbound } from '../services.js'

const INSTANCES = '/snabb-softwire-v3:softwire-config/instance'

export function healthRoutes(app: FastifyInstance, { isReady, dataplane, access, schema }: Unbound): void {
  const instances = parsePath(schema, INSTANCES)
  resource(app, '/healthz', { GET: (_, reply) => reply.send({ status: 'ok' }) })
  resource(app, '/readyz', {
    GET: (request, reply) => {
      // A stranger learns whether, not what; so does who may not read of all instances.
      const { session } = request
      const known = (!access.required || session.authenticated) && access.readsAll(session, instances)
      if (!isReady()) return reply.code(503).send({ status: 'starting', ...(known ? { problems: [] } : {}) })
      const problems = dataplane.state().instances.flatMap(problemsOf)
      if (problems.length === 0) return reply.send({ status: 'ready' })
      return reply.code(503).send({ status: 'degraded', ...(known ? { problems } : {}) })
    },
  })
}

/**
 * One line for what keeps the instance from forwarding: its worker, a link, or a next hop of one of its queues. What an
 * operator drained forwards still: that is no problem.
 */
function problemsOf(instance: InstanceState): string[] {
  const { device, externalDevice = device, worker, queues } = instance
  if (worker.status === 'down') return [`${device}: ${worker.problem ?? 'down'}`]
  const problems = new Set<string>()
  for (const queue of queues)
    for (const [family, link] of [
      ['ipv6', device],
      ['ipv4', externalDevice],
    ] as const) {
      const standing = standingOf(instance, queue, family)
      if (standing === 'link-down') problems.add(`${link}: link down`)
      if (standing === 'next-hop-unresolved')
        problems.add(`${device} queue ${queue.id}: ${family} next hop unresolved`)
    }
  return [...problems]
}
