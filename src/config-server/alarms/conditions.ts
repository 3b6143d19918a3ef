// What could be wrong with a relay, one by one, and whether it is: from its configuration and the state of its data
// plane, and from nothing else.
import type { DataPlaneState, InstanceState, NextHopState, QueueState } from '../../dataplane/dataplane.js'
import { type InstanceSettings, instanceSettings, type QueueSettings } from '../../dataplane/settings.js'
import type { JsonObject } from '../../schema/json-types.js'
import { formatInstanceIdentifier, parseApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import type { AlarmTypeName, Problem } from './alarm.js'

export interface Condition {
  readonly type: AlarmTypeName
  readonly resource: string
  /** Null: all is well. 'unknown': it cannot be told now, and what was told last stands. */
  readonly problem: Problem | null | 'unknown'
}

export interface Observed {
  readonly config: JsonObject
  readonly state: DataPlaneState
  /** Instances whose worker was started again not long ago. */
  readonly restarted: ReadonlySet<string>
}

export function conditions(schema: Schema, { config, state, restarted }: Observed): Condition[] {
  return instanceSettings(config).flatMap((settings) => {
    const path = `snabb-softwire-v3:softwire-config/instance=${encodeURIComponent(settings.device)}`
    const at = (rest: string) => formatInstanceIdentifier(parseApiPath(schema, path + rest))
    const instance = state.instances.find(({ device }) => device === settings.device)
    return [
      { type: 'worker-failed', resource: at(''), problem: workerProblem(instance, restarted) } as const,
      ...links(settings, instance, at),
      ...settings.queues.flatMap((queue) => ofQueue(settings, queue, instance, at)),
    ]
  })
}

function workerProblem(
  instance: InstanceState | undefined,
  restarted: Observed['restarted'],
): Condition['problem'] {
  if (!instance) return 'unknown'
  const { device, worker } = instance
  if (worker.status === 'down')
    return {
      severity: 'critical',
      text: `the worker of ${device} does not run: ${worker.problem ?? 'it is being started'}; nothing is forwarded there`,
    }
  if (!restarted.has(device)) return null
  return { severity: 'warning', text: `the worker of ${device} died and was started again` }
}

function links(
  { device, externalDevice }: InstanceSettings,
  instance: InstanceState | undefined,
  at: (rest: string) => string,
): Condition[] {
  const link = (name: string, leaf: string, isUp: (queue: QueueState) => boolean): Condition => ({
    type: 'link-down',
    resource: at(leaf),
    problem: !isJudged(instance)
      ? 'unknown'
      : instance.queues.every(isUp)
        ? null
        : { severity: 'critical', text: `device ${name} is down, or there is none of that name` },
  })
  return [
    link(device, '/device', ({ internalLinkUp }) => internalLinkUp),
    ...(externalDevice === undefined
      ? []
      : [link(externalDevice, '/external-device', ({ externalLinkUp }) => externalLinkUp)]),
  ]
}

function ofQueue(
  { device, externalDevice = device }: InstanceSettings,
  settings: QueueSettings,
  instance: InstanceState | undefined,
  at: (rest: string) => string,
): Condition[] {
  const { id, passthruInterface, externalInterface, internalInterface } = settings
  const found = isJudged(instance) ? instance.queues.find((queue) => queue.id === id) : undefined
  const nextHop = (side: Side): Condition => ({
    type: 'next-hop-unresolved',
    resource: at(`/queue=${id}/${side.container}/next-hop`),
    problem: nextHopProblem(side, found, `queue ${id} of ${side.link}`),
  })
  return [
    ...(externalInterface.nextHopIp === undefined
      ? []
      : [nextHop({ ...EXTERNAL, address: externalInterface.nextHopIp, link: externalDevice })]),
    ...(internalInterface.nextHopIp === undefined
      ? []
      : [nextHop({ ...INTERNAL, address: internalInterface.nextHopIp, link: device })]),
    ...(passthruInterface
      ? [
          {
            type: 'passthru-down' as const,
            resource: at(`/queue=${id}/passthru-interface`),
            problem: passthruProblem(found, passthruInterface.device),
          },
        ]
      : []),
  ]
}

interface Side {
  readonly container: string
  readonly family: string
  readonly protocol: string
  readonly stateOf: (queue: QueueState) => { nextHop: NextHopState; up: boolean }
  readonly address: string
  readonly link: string
}

const EXTERNAL = {
  container: 'external-interface',
  family: 'IPv4',
  protocol: 'ARP',
  stateOf: (queue: QueueState) => ({ nextHop: queue.externalNextHop, up: queue.externalLinkUp }),
}
const INTERNAL = {
  container: 'internal-interface',
  family: 'IPv6',
  protocol: 'neighbour discovery',
  stateOf: (queue: QueueState) => ({ nextHop: queue.internalNextHop, up: queue.internalLinkUp }),
}

function nextHopProblem(side: Side, queue: QueueState | undefined, where: string): Condition['problem'] {
  if (!queue) return 'unknown'
  const { nextHop, up } = side.stateOf(queue)
  if (nextHop.status !== 'unresolved') return null
  // Nobody can answer then: the link's alarm says all there is to say.
  if (!up) return 'unknown'
  return {
    severity: 'critical',
    text: `${side.family} next hop ${side.address} of ${where} does not answer ${side.protocol}; the queue's routes are withdrawn`,
  }
}

function passthruProblem(queue: QueueState | undefined, device: string): Condition['problem'] {
  if (!queue || queue.passthruLinkUp === null) return 'unknown'
  if (queue.passthruLinkUp) return null
  return {
    severity: 'major',
    text: `passthru device ${device} is down or absent: control traffic is cut off`,
  }
}

/** A worker that does not run sees neither links nor neighbours. */
function isJudged(instance: InstanceState | undefined): instance is InstanceState {
  return instance?.worker.status === 'running' && instance.queues.length > 0
}
