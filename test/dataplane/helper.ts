// What the data plane's tests share: settings with everything filled in, and a data plane that ends with its test.
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { DataPlane, DataPlaneOptions, QueueState } from '../../src/dataplane/dataplane.js'
import { openDataPlane } from '../../src/dataplane/open.js'
import type { InstanceSettings, QueueSettings, SidePolicy } from '../../src/dataplane/settings.js'
import { BR_ADDRESS, b4Of, RELAY, type Subscriber, SWITCH } from '../../src/lab/addresses.js'
import { encodeSoftwire } from '../../src/schema/softwire-record.js'
import { freshPlace } from '../run.js'

function side(mtu: number): SidePolicy {
  return {
    mtu,
    allowIncomingIcmp: true,
    generateIcmpErrors: true,
    errorRateLimiting: { packets: 200, period: 2 },
    reassembly: { maxFragmentsPerPacket: 20, maxPackets: 100 },
    ingressFilter: '',
    egressFilter: '',
    tcpMss: 0,
  }
}

/** A queue of the lab's relay, on a stick. */
export function queue(changes: Partial<QueueSettings> = {}): QueueSettings {
  return {
    id: 0,
    externalInterface: { ip: RELAY.ipv4, mac: RELAY.mac, nextHopIp: SWITCH.ipv4 },
    internalInterface: { ip: RELAY.ipv6, mac: RELAY.mac, nextHopIp: SWITCH.ipv6 },
    external: side(1500),
    internal: side(1540),
    flowLabel: 0,
    hairpinning: true,
    onAStick: true,
    ...changes,
  }
}

export function passthru(device: string, mac: string, vlanTag?: number) {
  const plain = {
    device,
    mac,
    mtu: 1500,
    promiscuous: false,
    sampleRate: 0,
    nextHopRefresh: 0,
    onExternalLink: false,
  }
  return vlanTag === undefined ? plain : { ...plain, vlanTag }
}

export function instance(device: string, ...queues: QueueSettings[]): InstanceSettings {
  return { device, queues: queues.length > 0 ? queues : [queue()] }
}

/** The softwire of a subscriber of the lab, as a record. */
export function softwireOf(subscriber: Subscriber): Uint8Array {
  return encodeSoftwire({
    ipv4: subscriber.ipv4,
    psid: subscriber.psid,
    'b4-ipv6': b4Of(subscriber).ipv6,
    'br-address': BR_ADDRESS,
    'port-set': { 'psid-length': subscriber.psidLength },
  })
}

export interface Options extends Partial<DataPlaneOptions> {
  /** What the data plane logs. */
  readonly said?: string[]
}

/** Options of a data plane with a name and a state directory of its own, gone after the test. */
export function freshOptions(t: Test, options: Options = {}): DataPlaneOptions {
  const { name, directory: stateDir } = freshPlace()
  t.teardown(() => rmSync(stateDir, { recursive: true, force: true }))
  const log = (level: string, message: string) => options.said?.push(`${level}: ${message}`)
  return { name, stateDir, driver: 'memory', log, ...options }
}

export async function open(t: Test, options: Options = {}): Promise<DataPlane> {
  const dataplane = await openDataPlane(freshOptions(t, options))
  t.teardown(() => dataplane.close())
  return dataplane
}

/** Prepares and applies. */
export async function commit(
  dataplane: DataPlane,
  instances: readonly InstanceSettings[],
  ...softwires: Uint8Array[]
): Promise<void> {
  const change =
    softwires.length === 0 ? { instances } : { instances, softwires: { replace: Buffer.concat(softwires) } }
  await (await dataplane.prepare(change)).apply()
}

export function onlyQueue(dataplane: DataPlane): QueueState {
  const found = dataplane.state().instances[0]?.queues[0]
  if (found === undefined) throw new Error('there is no queue')
  return found
}

/** Waits until `condition` holds, `patience` milliseconds at most; whether it did. */
export async function eventually(condition: () => boolean, patience = 30_000): Promise<boolean> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(5)) {
    if (condition()) return true
  }
  return condition()
}
