/** What the words of the command line mean for the generator: the relay's configuration seen from its other end. */
import { randomInt } from 'node:crypto'
import type { Driver } from '../../dataplane/dataplane.js'
import type { LoadOptions } from '../../dataplane/load.js'
import { native } from '../../dataplane/native.js'
import {
  instanceSettings,
  type LinkInterface,
  type PassthruInterface,
  type QueueSettings,
} from '../../dataplane/settings.js'
import { error } from '../../errors.js'
import { formatIpv4, formatIpv6 } from '../../schema/addresses.js'
import { recordSize, writeSoftwire } from '../../schema/softwire-record.js'
import { type Plan, softwireAt } from '../generate/softwires.js'
import { openOffline } from '../offline.js'

/** One value for both sides, or the IPv4 side's and the IPv6 side's. */
export type Sides<T> = readonly [ipv4: T, ipv6: T]

export interface PlanOptions {
  readonly device: string
  readonly externalDevice?: string
  readonly conf?: string
  readonly b4?: Plan
  readonly br?: Uint8Array
  readonly count?: number
  readonly ipv4: string
  readonly dstMac?: Sides<string>
  readonly srcMac?: Sides<string>
  readonly vlan?: Sides<number>
  readonly nextHop?: Sides<string>
  readonly size: readonly number[]
  readonly passDevice?: string
  readonly passMac?: string
  readonly passMtu: number
  readonly passVlan?: number
  readonly driver: Driver
  readonly cpu?: number
}

/** Softwires without --count. */
const COUNT = 1

export async function planLoad(options: PlanOptions): Promise<LoadOptions> {
  const { relay, softwires } =
    options.conf === undefined ? fromWords(options) : await fromFile(options.conf, options)
  const externalInterface = mirror(options, relay.externalInterface, 0)
  const internalInterface = mirror(options, relay.internalInterface, 1)
  const { passthruInterface: theirs, ...rest } = relay
  const ours = passthru(options, theirs)
  return {
    settings: {
      ...rest,
      externalInterface,
      internalInterface,
      onAStick: options.externalDevice === undefined,
      ...(ours !== undefined && { passthruInterface: ours }),
    },
    internal: options.device,
    external: options.externalDevice ?? null,
    driver: options.driver,
    host: options.ipv4,
    softwires,
    sizes: options.size,
    run: randomInt(65536),
    cpu: options.cpu ?? null,
  }
}

interface Source {
  /** The relay's settings. */
  readonly relay: QueueSettings
  readonly softwires: Uint8Array
}

async function fromFile(conf: string, options: PlanOptions): Promise<Source> {
  const { queue, table } = await openOffline(conf)
  const softwires = table.scan(0, 0, options.count ?? table.size)
  table.close()
  if (softwires.length === 0) throw error('file', { file: conf, problem: 'it has no softwires' })
  if (queue.onAStick !== (options.externalDevice === undefined))
    throw error('file', {
      file: conf,
      problem: queue.onAStick
        ? 'its first instance is on a stick: --external-device does not fit'
        : 'its first instance has an external-device: --external-device is needed, too',
    })
  return { relay: queue, softwires }
}

function fromWords({ device, dstMac, vlan, b4, br, count = COUNT }: PlanOptions): Source {
  const [externalMac, internalMac] = dstMac ?? ['', '']
  const side = (ip: string, mac: string, tag: number | undefined) => ({
    ip,
    mac,
    ...(tag !== undefined && { 'vlan-tag': tag }),
  })
  const queue = {
    id: 0,
    'external-interface': side('0.0.0.0', externalMac, vlan?.[0]),
    'internal-interface': side('::', internalMac, vlan?.[1]),
  }
  const tree = { 'snabb-softwire-v3:softwire-config': { instance: [{ device, queue: [queue] }] } }
  const relay = instanceSettings(tree)[0]?.queues[0]
  if (relay === undefined || b4 === undefined || br === undefined)
    throw new Error('the command line was not checked')
  const softwires = new Uint8Array(count * recordSize)
  const plan = { ...b4, brAddress: br }
  const address = new Uint8Array(4)
  for (let i = 0; i < count; i++) {
    const { ipv4, psid, b4: b4Address } = softwireAt(plan, i)
    new DataView(address.buffer).setUint32(0, ipv4)
    const softwire = {
      ipv4: formatIpv4(address),
      psid,
      'b4-ipv6': formatIpv6(b4Address),
      'br-address': formatIpv6(br),
      'port-set': { 'psid-length': plan.psidLength },
    }
    writeSoftwire(softwire, softwires, i * recordSize)
  }
  return { relay, softwires }
}

/** The relay's interface as its neighbour has it: the tester is the next hop. */
function mirror(options: PlanOptions, relay: LinkInterface, side: 0 | 1): LinkInterface {
  const device = side === 0 ? (options.externalDevice ?? options.device) : options.device
  const tag = options.vlan?.[side] ?? relay.vlanTag
  return {
    ip: options.nextHop?.[side] ?? relay.nextHopIp ?? (side === 0 ? '0.0.0.0' : '::'),
    mac: options.srcMac?.[side] ?? relay.nextHopMac ?? macOf(device),
    nextHopMac: options.dstMac?.[side] ?? relay.mac,
    ...(tag !== undefined && { vlanTag: tag }),
  }
}

function macOf(device: string): string {
  const info = native.interfaceInfo(device)
  if (info === null) throw error('device', { device, problem: 'there is no such network interface' })
  return info.mac
}

function passthru(
  options: PlanOptions,
  theirs: PassthruInterface | undefined,
): PassthruInterface | undefined {
  const { passDevice, passMac, passMtu, passVlan = theirs?.vlanTag } = options
  if (passDevice === undefined || passMac === undefined) return undefined
  return {
    device: passDevice,
    mac: passMac,
    mtu: passMtu,
    ...(passVlan !== undefined && { vlanTag: passVlan }),
    promiscuous: false,
    sampleRate: 0,
    nextHopRefresh: 0,
    onExternalLink: theirs?.onExternalLink ?? false,
  }
}
