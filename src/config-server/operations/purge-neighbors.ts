// rpc purge-neighbors: what next hops were found to be is forgotten, and asked for again.
import type { DataPlaneState } from '../../dataplane/dataplane.js'
import type { RpcHandler } from './operations.js'
import { chosenQueues, type Queue } from './queues.js'

export const purgeNeighbors: RpcHandler = async (services, { input }) => {
  const { dataplane } = services
  const queues = chosenQueues(services, input)
  const purged = learned(dataplane.state(), queues)
  await Promise.all(queues.map(({ instance, queue }) => dataplane.purgeNeighbors(instance, queue)))
  return { purged }
}

/** How many next hops of these queues are known by an answer. */
function learned({ instances }: DataPlaneState, queues: readonly Queue[]): number {
  return queues
    .flatMap((one) => {
      const instance = instances.find(({ device }) => device === one.instance)
      const queue = instance?.queues.find(({ id }) => id === one.queue)
      return queue === undefined ? [] : [queue.externalNextHop, queue.internalNextHop]
    })
    .filter(({ status }) => status === 'resolved' || status === 'probing').length
}
