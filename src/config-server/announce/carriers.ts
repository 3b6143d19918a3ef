// The queues that packets can be sent to now, and why others are not: what a link cannot do, its routes do not promise.
import type { DataPlaneState, InstanceState, QueueState } from '../../dataplane/dataplane.js'
import { instanceSettings } from '../../dataplane/settings.js'
import type { JsonObject } from '../../schema/json-types.js'
import { isObject } from '../tree.js'
import type { FamilyName } from './family.js'

/** Why a queue's routes of a family are or are not announced. */
export type Standing = 'announced' | 'drained' | 'worker-down' | 'link-down' | 'next-hop-unresolved'

export interface FamilyStanding {
  /** Address of the relay that is the next hop of these routes. */
  readonly nextHop: string
  readonly standing: Standing
}

export interface Carrier {
  readonly instance: string
  readonly queue: number
  readonly ipv4: FamilyStanding
  readonly ipv6: FamilyStanding
}

export const FAMILIES: readonly FamilyName[] = ['ipv4', 'ipv6']

/** Every queue that is configured, in the configuration's order. */
export function carriers(tree: JsonObject, state: DataPlaneState): Carrier[] {
  const drained = drainedQueues(tree)
  return instanceSettings(tree).flatMap((settings) => {
    const instance = state.instances.find(({ device }) => device === settings.device)
    return settings.queues.map((queue): Carrier => {
      const found = instance?.queues.find(({ id }) => id === queue.id)
      const isDrained = drained.has(keyOfQueue(settings.device, queue.id))
      const standing = (family: FamilyName) => (isDrained ? 'drained' : standingOf(instance, found, family))
      return {
        instance: settings.device,
        queue: queue.id,
        ipv4: { nextHop: queue.externalInterface.ip, standing: standing('ipv4') },
        ipv6: { nextHop: queue.internalInterface.ip, standing: standing('ipv6') },
      }
    })
  })
}

export function keyOfQueue(instance: string, queue: number): string {
  return `${instance} ${queue}`
}

/** Whether the queue can forward the family's packets, whatever an operator wants of it. */
export function standingOf(
  instance: InstanceState | undefined,
  queue: QueueState | undefined,
  family: FamilyName,
): Exclude<Standing, 'drained'> {
  if (instance?.worker.status !== 'running' || queue === undefined) return 'worker-down'
  if (queue.carries[family]) return 'announced'
  return (family === 'ipv4' ? queue.externalLinkUp : queue.internalLinkUp)
    ? 'next-hop-unresolved'
    : 'link-down'
}

/** Keys of the queues with `lwaftr:drained`. */
function drainedQueues(tree: JsonObject): ReadonlySet<string> {
  const drained = configuredQueues(tree).filter((queue) => queue.drained)
  return new Set(drained.map(({ instance, queue }) => keyOfQueue(instance, queue)))
}

export interface ConfiguredQueue {
  readonly instance: string
  readonly queue: number
  readonly drained: boolean
}

/** Also of a tree of which somebody may read no more than the keys. */
export function configuredQueues(tree: JsonObject): ConfiguredQueue[] {
  const config = tree['snabb-softwire-v3:softwire-config']
  return objects(isObject(config) ? config.instance : undefined).flatMap(({ device, queue }) =>
    objects(queue).map((entry) => ({
      instance: String(device),
      queue: Number(entry.id),
      drained: entry['lwaftr:drained'] === true,
    })),
  )
}

function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}
