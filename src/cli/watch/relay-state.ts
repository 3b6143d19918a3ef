// What a running relay does at one moment, by one request: counters, queues, next hops, alarms.
import { contentType } from '../../config-server/media-types.js'
import { type Client, text } from '../client.js'
import { type Alarm, byWeight } from '../commands/alarms.js'

/** Counters by their names without module, in the model's order. */
export type Counters = ReadonlyMap<string, bigint>

export interface RelayState {
  /** Milliseconds of a clock that nobody sets. */
  readonly time: number
  readonly softwires: number
  readonly instances: readonly InstanceView[]
  /** Those not cleared, the worst first. */
  readonly alarms: readonly Alarm[]
}

export interface InstanceView {
  readonly device: string
  /** Passthru's, of all its queues, are beside them. */
  readonly counters: Counters
  readonly queues: readonly QueueView[]
}

export interface QueueView {
  readonly id: number
  /** Milliseconds. */
  readonly cpuTime: number
  readonly ipv4: NextHopView
  readonly ipv6: NextHopView
  readonly passthru?: { readonly device: string; readonly status: string; readonly counters: Counters }
}

export interface NextHopView {
  /** Its address; undefined where only a MAC is configured. */
  readonly ip: string | undefined
  /** Undefined while nobody answers. */
  readonly mac: string | undefined
  /** `announced`, or why the routes of this family are not. */
  readonly standing: string
}

type Leaves = Readonly<Record<string, unknown>>

interface Interface {
  readonly 'next-hop'?: { readonly ip?: string; readonly mac?: string; readonly 'resolved-mac'?: string }
}

interface Queue {
  readonly id: number
  readonly 'external-interface'?: Interface
  readonly 'internal-interface'?: Interface
  readonly 'passthru-interface'?: { readonly device: string }
  readonly 'lwaftr:passthru-state'?: Leaves
  readonly 'lwaftr:announcement'?: { readonly ipv4: string; readonly ipv6: string }
  readonly 'lwaftr:thread'?: { readonly 'cpu-time': string }
}

interface Answer {
  readonly 'snabb-softwire-v3:softwire-config'?: {
    readonly instance?: readonly {
      readonly device: string
      readonly 'softwire-state'?: Leaves
      readonly queue?: readonly Queue[]
    }[]
  }
  readonly 'snabb-softwire-v3:softwire-state'?: { readonly 'lwaftr:softwires'?: number }
  readonly 'ietf-alarms:alarms'?: { readonly 'alarm-list'?: { readonly alarm?: readonly Alarm[] } }
}

const FIELDS = [
  'snabb-softwire-v3:softwire-config/instance',
  'snabb-softwire-v3:softwire-state/lwaftr:softwires',
  'ietf-alarms:alarms/alarm-list',
]

export async function readState(client: Client): Promise<RelayState> {
  const response = await client.request('GET', {
    path: `/restconf/data?fields=${FIELDS.join(';')}`,
    headers: { accept: contentType('json') },
  })
  const time = performance.now()
  const { 'ietf-restconf:data': answer } = JSON.parse(await text(response)) as {
    readonly 'ietf-restconf:data': Answer
  }
  const instances = answer['snabb-softwire-v3:softwire-config']?.instance ?? []
  const alarms = answer['ietf-alarms:alarms']?.['alarm-list']?.alarm ?? []
  return {
    time,
    softwires: answer['snabb-softwire-v3:softwire-state']?.['lwaftr:softwires'] ?? 0,
    instances: instances.map(({ device, 'softwire-state': softwire, queue = [] }) => ({
      device,
      counters: sum([countersOf(softwire), ...queue.map((one) => countersOf(one['lwaftr:passthru-state']))]),
      queues: queue.map(viewOf),
    })),
    alarms: alarms.filter((alarm) => !alarm['is-cleared']).sort(byWeight),
  }
}

export function sum(all: readonly Counters[]): Counters {
  const sums = new Map<string, bigint>()
  for (const counters of all)
    for (const [name, value] of counters) sums.set(name, (sums.get(name) ?? 0n) + value)
  return sums
}

function viewOf(queue: Queue): QueueView {
  const { ipv4 = '', ipv6 = '' } = queue['lwaftr:announcement'] ?? {}
  const device = queue['passthru-interface']?.device
  const state = queue['lwaftr:passthru-state']
  return {
    id: queue.id,
    cpuTime: Number(queue['lwaftr:thread']?.['cpu-time'] ?? 0),
    ipv4: nextHopOf(queue['external-interface'], ipv4),
    ipv6: nextHopOf(queue['internal-interface'], ipv6),
    ...(device === undefined
      ? {}
      : {
          passthru: { device, status: String(state?.['oper-status'] ?? 'down'), counters: countersOf(state) },
        }),
  }
}

function nextHopOf(side: Interface | undefined, standing: string): NextHopView {
  const { ip, mac, 'resolved-mac': resolved } = side?.['next-hop'] ?? {}
  return { ip, mac: resolved ?? mac, standing }
}

/** Other state, such as a time or oper-status, is no number. */
function countersOf(leaves: Leaves = {}): Counters {
  const counters = Object.entries(leaves).flatMap(([member, value]): [string, bigint][] =>
    typeof value === 'string' && /^\d+$/.test(value)
      ? [[member.slice(member.indexOf(':') + 1), BigInt(value)]]
      : [],
  )
  return new Map(counters)
}
