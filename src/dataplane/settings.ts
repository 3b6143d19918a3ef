/**
 * What the data plane needs to know of a configuration: plain values, defaults filled in from the schema, names as in
 * native/core/settings.h. The tree was validated; here nothing is judged.
 */
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { loadSchema, type SchemaNode } from '../schema/schema.js'

export interface InstanceSettings {
  readonly device: string
  /** Absent: on a stick. */
  readonly externalDevice?: string
  readonly queues: readonly QueueSettings[]
}

export interface QueueSettings {
  readonly id: number
  readonly externalInterface: LinkInterface
  readonly internalInterface: LinkInterface
  readonly passthruInterface?: PassthruInterface
  readonly external: SidePolicy
  readonly internal: SidePolicy
  readonly flowLabel: number
  readonly hairpinning: boolean
  readonly onAStick: boolean
}

/** Addresses and MACs as text. */
export interface LinkInterface {
  readonly ip: string
  readonly mac: string
  readonly vlanTag?: number
  /** Exactly one of these. */
  readonly nextHopIp?: string
  readonly nextHopMac?: string
}

export interface PassthruInterface {
  readonly device: string
  readonly mac: string
  /** Bytes of payload above Ethernet and VLAN headers. */
  readonly mtu: number
  readonly vlanTag?: number
  readonly promiscuous: boolean
  /** Mirrors one in so many softwire packets; 0: none. */
  readonly sampleRate: number
  /** Seconds between questions about next hops to the attached router; 0: it is not asked. */
  readonly nextHopRefresh: number
  /** The passthru link is external-device, in instances with two. */
  readonly onExternalLink: boolean
}

export interface SidePolicy {
  /** Bytes of IP packet. */
  readonly mtu: number
  readonly allowIncomingIcmp: boolean
  readonly generateIcmpErrors: boolean
  /** So many packets in a period of so many seconds. */
  readonly errorRateLimiting: { readonly packets: number; readonly period: number }
  readonly reassembly: { readonly maxFragmentsPerPacket: number; readonly maxPackets: number }
  /** pflang; empty: none. */
  readonly ingressFilter: string
  readonly egressFilter: string
  /** Largest TCP segment let through a SYN, bytes; 0: left alone. */
  readonly tcpMss: number
}

export function instanceSettings(tree: JsonObject): InstanceSettings[] {
  const config = Container.root(tree)
  return config.list('instance').map((instance) => {
    const externalDevice = instance.optional<string>('external-device')
    return {
      device: instance.leaf<string>('device'),
      ...given({ externalDevice }),
      queues: instance
        .list('queue')
        .map((queue) => queueSettings(config, queue, externalDevice === undefined))
        .sort((a, b) => a.id - b.id),
    }
  })
}

function queueSettings(config: Container, queue: Container, onAStick: boolean): QueueSettings {
  const internal = config.container('internal-interface')
  const passthruInterface = queue.has('passthru-interface')
    ? passthru(queue.container('passthru-interface'))
    : undefined
  return {
    id: queue.leaf<number>('id'),
    externalInterface: linkInterface(queue.container('external-interface')),
    internalInterface: linkInterface(queue.container('internal-interface')),
    ...given({ passthruInterface }),
    external: sidePolicy(config.container('external-interface')),
    internal: sidePolicy(internal),
    flowLabel: internal.leaf<number>('flow-label'),
    hairpinning: internal.leaf<boolean>('hairpinning'),
    onAStick,
  }
}

function linkInterface(link: Container): LinkInterface {
  const nextHop = link.container('next-hop')
  return {
    ip: link.leaf<string>('ip'),
    mac: link.leaf<string>('mac'),
    ...given({
      vlanTag: link.optional<number>('vlan-tag'),
      nextHopIp: nextHop.optional<string>('ip'),
      nextHopMac: nextHop.optional<string>('mac'),
    }),
  }
}

function passthru(passthru: Container): PassthruInterface {
  return {
    device: passthru.leaf<string>('device'),
    mac: passthru.leaf<string>('mac'),
    mtu: passthru.leaf<number>('mtu'),
    ...given({ vlanTag: passthru.optional<number>('vlan-tag') }),
    promiscuous: passthru.leaf<boolean>('promiscuous'),
    sampleRate: passthru.optional<number>('sample-rate') ?? 0,
    nextHopRefresh: passthru.has('lwaftr:next-hop-resolution')
      ? passthru.container('lwaftr:next-hop-resolution').leaf<number>('refresh-interval')
      : 0,
    onExternalLink: passthru.leaf<string>('lwaftr:link') === 'external-device',
  }
}

function sidePolicy(side: Container): SidePolicy {
  const limit = side.container('error-rate-limiting')
  const reassembly = side.container('reassembly')
  return {
    mtu: side.leaf<number>('mtu'),
    allowIncomingIcmp: side.leaf<boolean>('allow-incoming-icmp'),
    generateIcmpErrors: side.leaf<boolean>('generate-icmp-errors'),
    errorRateLimiting: { packets: limit.leaf<number>('packets'), period: limit.leaf<number>('period') },
    reassembly: {
      maxFragmentsPerPacket: reassembly.leaf<number>('max-fragments-per-packet'),
      maxPackets: reassembly.leaf<number>('max-packets'),
    },
    ingressFilter: side.optional<string>('ingress-filter') ?? '',
    egressFilter: side.optional<string>('egress-filter') ?? '',
    tcpMss: side.optional<number>('lwaftr:tcp-mss-clamp') ?? 0,
  }
}

/** The members that are there: an optional property is absent, not undefined. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A container or list entry beside its schema node: a leaf that was not given has its default. */
class Container {
  readonly #data: JsonObject
  readonly #node: SchemaNode

  private constructor(data: JsonObject, node: SchemaNode) {
    this.#data = data
    this.#node = node
  }

  static root(tree: JsonObject): Container {
    const name = 'snabb-softwire-v3:softwire-config'
    const node = loadSchema().roots.get(name)
    if (node === undefined) throw new Error(`the schema has no ${name}`)
    return new Container((tree[name] ?? {}) as JsonObject, node)
  }

  has(name: string): boolean {
    return this.#data[name] !== undefined
  }

  container(name: string): Container {
    return new Container((this.#data[name] ?? {}) as JsonObject, this.#child(name))
  }

  list(name: string): Container[] {
    const node = this.#child(name)
    return ((this.#data[name] ?? []) as JsonObject[]).map((entry) => new Container(entry, node))
  }

  /** A leaf that is mandatory or has a default. Its type follows from the schema. */
  leaf<T extends string | number | boolean>(name: string): T {
    const value = this.#data[name] ?? defaultOf(this.#child(name))
    if (value === undefined) throw new Error(`${name} is mandatory, but the tree was not validated`)
    return value as T
  }

  optional<T extends string | number>(name: string): T | undefined {
    this.#child(name)
    return this.#data[name] as T | undefined
  }

  #child(name: string): SchemaNode {
    const node = this.#node.children.get(name)
    if (node === undefined) throw new Error(`the schema has no ${name} in ${this.#node.name}`)
    return node
  }
}

function defaultOf(leaf: SchemaNode): JsonValue | undefined {
  if (leaf.default === undefined) return undefined
  if (leaf.type?.base === 'boolean') return leaf.default === 'true'
  return leaf.type?.base.includes('int') ? Number(leaf.default) : leaf.default
}
