// What the data plane knows, as the model's state data: counters in total and per instance, resolved next hops,
// passthru. The schema says which counter belongs where; one that it does not name is not shown.
import type { DataPlane, InstanceState, NextHopState, QueueState } from '../dataplane/dataplane.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import type { StateProvider } from './state-provider.js'
import { isObject } from './tree.js'

const MODEL = 'snabb-softwire-v3'

export function dataPlaneState(schema: Schema, dataplane: DataPlane): StateProvider {
  return {
    roots: [`${MODEL}:softwire-config`, `${MODEL}:softwire-state`],
    state: ({ config }) => stateTree(schema, config, dataplane),
  }
}

/** State of what `config` configures: keys of lists, and nodes that are config false. */
function stateTree(schema: Schema, config: JsonObject, dataplane: DataPlane): JsonObject {
  const state = dataplane.state()
  const top = config[`${MODEL}:softwire-config`]
  const instanceNode = schema.roots.get(`${MODEL}:softwire-config`)?.children.get('instance')
  const totals = schema.roots.get(`${MODEL}:softwire-state`)
  if (!instanceNode || !totals) return {}
  const configured = entries(isObject(top) ? top.instance : undefined).flatMap((instance) => {
    const found = state.instances.find(({ device }) => device === instance.device)
    return found ? [instanceState(instanceNode, instance, found)] : []
  })
  const queues = state.instances.flatMap((instance) => instance.queues)
  return {
    ...(configured.length > 0 ? { [`${MODEL}:softwire-config`]: { instance: configured } } : {}),
    ...(queues.length > 0
      ? {
          [`${MODEL}:softwire-state`]: {
            ...counters(totals, queues),
            'lwaftr:softwires': dataplane.table.size,
          },
        }
      : {}),
  }
}

function instanceState(node: SchemaNode, config: JsonObject, state: InstanceState): JsonObject {
  const queueNode = node.children.get('queue')
  const softwireState = node.children.get('softwire-state')
  const queues = entries(config.queue).flatMap((queue) => {
    const found = state.queues.find(({ id }) => id === queue.id)
    return found && queueNode ? [queueState(queueNode, queue, found)] : []
  })
  return {
    device: state.device,
    ...(queues.length > 0 ? { queue: queues } : {}),
    ...(softwireState && state.queues.length > 0
      ? { 'softwire-state': counters(softwireState, state.queues) }
      : {}),
  }
}

function queueState(node: SchemaNode, config: JsonObject, state: QueueState): JsonObject {
  const passthru = node.children.get('lwaftr:passthru-state')
  return {
    id: state.id,
    'lwaftr:thread': { 'cpu-time': String(state.cpuTime) },
    ...nextHop('external-interface', config, state.externalNextHop),
    ...nextHop('internal-interface', config, state.internalNextHop),
    ...(passthru && state.passthruLinkUp !== null
      ? { [memberName(passthru)]: passthruState(passthru, config, state, state.passthruLinkUp) }
      : {}),
  }
}

/** resolved-mac belongs to the case `ip` of the next hop: one given as a MAC has nothing to resolve. */
function nextHop(side: string, config: JsonObject, state: NextHopState): JsonObject {
  if (configuredNextHop(side, config).ip === undefined || state.mac === null) return {}
  return { [side]: { 'next-hop': { 'resolved-mac': state.mac } } }
}

function configuredNextHop(side: string, config: JsonObject): JsonObject {
  const configured = config[side]
  const hop = isObject(configured) ? configured['next-hop'] : undefined
  return isObject(hop) ? hop : {}
}

function passthruState(node: SchemaNode, config: JsonObject, queue: QueueState, up: boolean): JsonObject {
  return {
    ...(node.children.has('oper-status') ? { 'oper-status': up ? 'up' : 'down' } : {}),
    ...routersNextHop('external', config, queue.externalNextHop),
    ...routersNextHop('internal', config, queue.internalNextHop),
    ...counters(node, [queue]),
  }
}

/** A next hop given as a MAC is another only while the attached router says so. */
function routersNextHop(side: string, config: JsonObject, state: NextHopState): JsonObject {
  const overridden =
    configuredNextHop(`${side}-interface`, config).mac !== undefined && state.status !== 'static'
  return overridden && state.mac !== null ? { [`${side}-next-hop-mac`]: state.mac } : {}
}

/** The counters that the container has leaves for, summed over the queues. */
function counters(container: SchemaNode, queues: readonly QueueState[]): JsonObject {
  const sums: Record<string, JsonValue> = {}
  for (const [name, leaf] of container.children) {
    if (leaf.name === 'discontinuity-time') sums[name] = latest(queues)
    // 64-bit numbers are strings in JSON (RFC 7951 s6.1).
    else if (queues.some((queue) => queue.counters.has(leaf.name)))
      sums[name] = String(total(queues.map((queue) => queue.counters.get(leaf.name) ?? 0n)))
  }
  return sums
}

/** Counters of 64 bits begin again at zero (RFC 6991, counter64), sums of them too. */
function total(counts: readonly bigint[]): bigint {
  return BigInt.asUintN(
    64,
    counts.reduce((sum, count) => sum + count, 0n),
  )
}

/** Sums are continuous only since the last of the queues began to count. */
function latest(queues: readonly QueueState[]): string {
  const time = Math.max(...queues.map((queue) => queue.discontinuityTime.getTime()))
  return new Date(time).toISOString().replace('Z', '+00:00')
}

function entries(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}
