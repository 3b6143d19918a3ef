// Queues in whatever state a test needs, for a data plane that is none.
import type { InstanceState, QueueState } from '../../../src/dataplane/dataplane.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { minimal } from '../helper.js'

export function queue(id: number, more: Partial<QueueState> = {}): QueueState {
  return {
    id,
    counters: new Map(),
    discontinuityTime: new Date(0),
    batches: 1n,
    cpuTime: 1234,
    tableGeneration: 1,
    settingsRevision: 1,
    externalNextHop: { status: 'resolved', mac: '02:00:00:00:00:01' },
    internalNextHop: { status: 'static', mac: '02:22:22:22:22:99' },
    externalLinkUp: true,
    internalLinkUp: true,
    passthruLinkUp: null,
    carries: { ipv4: true, ipv6: true },
    ...more,
  }
}

export function instance(
  device: string,
  queues: QueueState[],
  status: 'running' | 'down' = 'running',
): InstanceState {
  return { device, worker: { status, pid: 1, restarts: 0, problem: null }, queues }
}

/** Two queues of the one instance in `minimal`, the second with addresses of its own. */
export function twoQueues(): JsonObject {
  const copy = structuredClone(minimal) as unknown as {
    [name: string]: { instance: { queue: JsonObject[] }[] }
  }
  const queues = copy['snabb-softwire-v3:softwire-config']?.instance[0]?.queue ?? []
  const second = structuredClone(queues[0]) as Record<string, JsonObject>
  second['external-interface'] = { ...second['external-interface'], ip: '172.20.0.101' }
  second['internal-interface'] = { ...second['internal-interface'], ip: '2001:db8::101' }
  queues.push({ ...second, id: 1 })
  return copy as unknown as JsonObject
}
