/** UDP traffic for a generated configuration: the same random flows from the internet and from their B4s, as pcap. */
import { createHash } from 'node:crypto'
import { parseIpv4, parseMac } from '../../schema/addresses.js'
import { link, type Plan, softwireAt, softwireCount } from './softwires.js'

export interface Traffic {
  /** Ethernet frames of the IPv4 side, bytes without FCS; those of the IPv6 side are 40 longer. */
  readonly packetSize: number
  readonly packets: number
}

const ETHERNET = 14
const IPV4 = 20
const IPV6 = 40
const UDP = 8

export const smallestPacket = ETHERNET + IPV4 + UDP
/** What fits the IPv6 MTU of 1500 bytes. */
export const largestPacket = ETHERNET + 1500 - IPV6

interface Flow {
  readonly softwireIpv4: number
  readonly softwirePort: number
  readonly b4: Uint8Array
  readonly hostIpv4: number
  readonly hostPort: number
}

/** The frames that the external interface receives. */
export function* externalPcap(plan: Plan, traffic: Traffic): Generator<Uint8Array> {
  yield pcapHeader()
  for (const flow of flows(plan, traffic.packets)) {
    const frame = new Uint8Array(traffic.packetSize)
    ethernet(frame, link.externalMac, link.externalNextHop, 0x0800)
    udp(frame.subarray(ETHERNET), flow.hostIpv4, flow.hostPort, flow.softwireIpv4, flow.softwirePort)
    yield pcapRecord(frame)
  }
}

/** The frames that the internal interface receives. */
export function* internalPcap(plan: Plan, traffic: Traffic): Generator<Uint8Array> {
  yield pcapHeader()
  for (const flow of flows(plan, traffic.packets)) {
    const frame = new Uint8Array(traffic.packetSize + IPV6)
    ethernet(frame, link.internalMac, link.internalNextHop, 0x86dd)
    const view = new DataView(frame.buffer)
    view.setUint32(ETHERNET, 6 << 28)
    view.setUint16(ETHERNET + 4, frame.length - ETHERNET - IPV6)
    frame[ETHERNET + 6] = 4 // IPv4 inside
    frame[ETHERNET + 7] = 255
    frame.set(flow.b4, ETHERNET + 8)
    frame.set(plan.brAddress, ETHERNET + 24)
    udp(frame.subarray(ETHERNET + IPV6), flow.softwireIpv4, flow.softwirePort, flow.hostIpv4, flow.hostPort)
    yield pcapRecord(frame)
  }
}

/** The same flows each time: figures can be repeated. */
function* flows(plan: Plan, count: number): Generator<Flow> {
  const random = randomNumbers()
  const hosts = hostNetwork(plan)
  const shift = 16 - plan.psidLength - plan.reservedPortsBitCount
  for (let i = 0; i < count; i++) {
    const softwire = softwireAt(plan, random(softwireCount(plan)))
    // The bits before the PSID must not all be zero where ports are reserved (RFC 7597 s5.1).
    const leading = plan.reservedPortsBitCount > 0 ? 1 + random(2 ** plan.reservedPortsBitCount - 1) : 0
    yield {
      softwireIpv4: softwire.ipv4,
      softwirePort: (leading * 2 ** plan.psidLength + softwire.psid) * 2 ** shift + random(2 ** shift),
      b4: softwire.b4,
      hostIpv4: hosts + 1 + random(254),
      hostPort: 1024 + random(64512),
    }
  }
}

/** A /24 without softwires, so that nothing is hairpinned. */
function hostNetwork(plan: Plan): number {
  const candidates = ['198.51.100.0', '203.0.113.0'].map(toNumber)
  const free = candidates.find((host) => host + 255 < plan.ipv4 || host >= plan.ipv4 + plan.addresses)
  return free ?? (plan.ipv4 - 256) >>> 0
}

function toNumber(ipv4: string): number {
  const bytes = parseIpv4(ipv4) as Uint8Array
  return new DataView(bytes.buffer).getUint32(0)
}

function ethernet(frame: Uint8Array, destination: string, source: string, type: number): void {
  frame.set(parseMac(destination) as Uint8Array, 0)
  frame.set(parseMac(source) as Uint8Array, 6)
  new DataView(frame.buffer).setUint16(12, type)
}

/** Fills `packet` with IPv4 and UDP headers and checksums; the payload stays zero. */
function udp(packet: Uint8Array, source: number, sourcePort: number, target: number, targetPort: number) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  view.setUint16(0, 0x4500)
  view.setUint16(2, packet.length)
  view.setUint16(8, 0x4011) // TTL 64, UDP
  view.setUint32(12, source)
  view.setUint32(16, target)
  view.setUint16(10, checksum(view, 0, IPV4, 0))
  const length = packet.length - IPV4
  view.setUint16(IPV4, sourcePort)
  view.setUint16(IPV4 + 2, targetPort)
  view.setUint16(IPV4 + 4, length)
  // Pseudo header: addresses, protocol, length. A sum of zero is sent as all ones (RFC 768).
  view.setUint16(IPV4 + 6, checksum(view, 12, 8 + UDP, 17 + length) || 0xffff)
}

function checksum(view: DataView, offset: number, length: number, start: number): number {
  let sum = start
  for (let i = 0; i < length; i += 2) sum += view.getUint16(offset + i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xa1b2c3d4, true) // microseconds
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 65535, true)
  view.setUint32(20, 1, true) // Ethernet
  return bytes
}

/** All at time 0: replayed, no time passes. */
function pcapRecord(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + frame.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(8, frame.length, true)
  view.setUint32(12, frame.length, true)
  bytes.set(frame, 16)
  return bytes
}

/** Random integers below n, the same ones in every run. */
function randomNumbers(): (n: number) => number {
  let block = createHash('sha256').update('lwaftr generate-configuration').digest()
  let at = 0
  return (n) => {
    if (at + 6 > block.length) {
      block = createHash('sha256').update(block).digest()
      at = 0
    }
    const value = block.readUIntBE(at, 6) % n
    at += 6
    return value
  }
}
