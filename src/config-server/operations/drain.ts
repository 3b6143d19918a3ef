// rpc drain and undrain: the leaf `lwaftr:drained` of queues, a commit like any other, and then a look at their counters.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataPlane, DataPlaneState } from '../../dataplane/dataplane.js'
import type { JsonObject } from '../../schema/json-types.js'
import { parseApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { configuredQueues, FAMILIES, keyOfQueue, standingOf } from '../announce/carriers.js'
import type { Edit } from '../edit.js'
import type { Services } from '../services.js'
import type { Invocation, RpcHandler } from './operations.js'
import { chosenQueues, INSTANCES, type Queue } from './queues.js'

/** Milliseconds between two looks at the counters. */
const INTERVAL = 100

export const drain: RpcHandler = async (services, invocation) => {
  const { input } = invocation
  const queues = chosenQueues(services, input)
  await setDrained(services, invocation, queues, true)
  const quiet = Number(input['quiet-time']) * 1000
  const timeout = Number(input.timeout) * 1000
  const { datastore, dataplane } = services
  const outcome = await watch(() => packets(dataplane, queues), quiet, timeout)
  return { ...outcome, 'announced-queues': announced(datastore.running.tree, dataplane.state()) }
}

export const undrain: RpcHandler = async (services, invocation) => {
  await setDrained(services, invocation, chosenQueues(services, invocation.input), false)
  return undefined
}

/** How many of the configured queues still have routes. */
function announced(tree: JsonObject, state: DataPlaneState): number {
  return configuredQueues(tree).filter(({ instance, queue, drained }) => {
    const found = state.instances.find(({ device }) => device === instance)
    const own = found?.queues.find(({ id }) => id === queue)
    const standing = FAMILIES.map((family) => standingOf(found, own, family))
    return !drained && standing.includes('announced')
  }).length
}

async function setDrained(
  { schema, transactions }: Services,
  { session, via }: Invocation,
  queues: readonly Queue[],
  drained: boolean,
): Promise<void> {
  const edits = queues.map((queue) => drainedEdit(schema, queue, drained))
  await transactions.commit({ edits, who: session.user, via })
}

function drainedEdit(schema: Schema, { instance, queue }: Queue, drained: boolean): Edit {
  const api = `${INSTANCES}=${encodeURIComponent(instance)}/queue=${queue}/lwaftr:drained`
  const target = parseApiPath(schema, api)
  return drained ? { operation: 'replace', target, value: true } : { operation: 'remove', target }
}

/** Waits until the count stands still for `quiet` milliseconds, `timeout` at most. */
async function watch(count: () => bigint, quiet: number, timeout: number): Promise<JsonObject> {
  if (quiet === 0) return { traffic: 'unknown', packets: '0' }
  const begin = performance.now()
  let last = count()
  let arrived = 0n
  let since = begin
  while (performance.now() - since < quiet) {
    if (performance.now() - begin >= timeout) return { traffic: 'remains', packets: String(arrived) }
    await sleep(INTERVAL)
    const now = count()
    if (now !== last) since = performance.now()
    // It falls where a queue is taken away.
    if (now > last) arrived += now - last
    last = now
  }
  return { traffic: 'gone', packets: String(arrived) }
}

/** Received for softwires, from both sides. */
function packets(dataplane: DataPlane, queues: readonly Queue[]): bigint {
  const keys = new Set(queues.map(({ instance, queue }) => keyOfQueue(instance, queue)))
  let sum = 0n
  for (const { device, queues } of dataplane.state().instances)
    for (const { id, counters } of queues)
      if (keys.has(keyOfQueue(device, id)))
        sum += (counters.get('in-ipv4-packets') ?? 0n) + (counters.get('in-ipv6-packets') ?? 0n)
  return sum
}
