/** Headers for people to read. What the relay makes of a packet is not decided here. */
import { formatIpv4, formatIpv6 } from '../../schema/addresses.js'

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' }
const ETHERNET = 14
const IPV4 = 20
const IPV6 = 40

interface Ipv4 {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly payload: Buffer
  /** A later fragment has no ports. */
  readonly later: boolean
}

/** The IPv4 packet of a frame, and the tunnel that it is in. */
export interface Carried {
  readonly tunnel: { readonly source: string; readonly destination: string } | null
  readonly ipv4: Ipv4
}

function etherTypeAt(frame: Buffer): number {
  return frame.length >= ETHERNET + 4 && frame.readUInt16BE(12) === 0x8100 ? 16 : 12
}

export function etherType(frame: Uint8Array): number | null {
  const bytes = asBuffer(frame)
  const at = etherTypeAt(bytes)
  return bytes.length >= at + 2 ? bytes.readUInt16BE(at) : null
}

/** Null when there is none, or it cannot be read. A destination-options header before it is skipped (RFC 2473 s4.1.1). */
export function carried(frame: Uint8Array): Carried | null {
  const bytes = asBuffer(frame)
  const type = etherType(frame)
  const packet = bytes.subarray(etherTypeAt(bytes) + 2)
  if (type === 0x0800) {
    const ipv4 = readIpv4(packet)
    return ipv4 && { tunnel: null, ipv4 }
  }
  if (type !== 0x86dd || packet.length < IPV6) return null
  const options = packet[6] === 60
  const at = options && packet.length >= IPV6 + 2 ? IPV6 + ((packet[IPV6 + 1] as number) + 1) * 8 : IPV6
  if ((options ? packet[IPV6] : packet[6]) !== 4) return null
  const ipv4 = readIpv4(packet.subarray(at))
  return ipv4 && { tunnel: { source: formatIpv6(packet, 8), destination: formatIpv6(packet, 24) }, ipv4 }
}

function readIpv4(packet: Buffer): Ipv4 | null {
  if (packet.length < IPV4 || (packet[0] as number) >> 4 !== 4) return null
  const header = ((packet[0] as number) & 15) * 4
  return {
    source: formatIpv4(packet, 12),
    destination: formatIpv4(packet, 16),
    protocol: packet[9] as number,
    payload: packet.subarray(header, packet.readUInt16BE(2)),
    later: (packet.readUInt16BE(6) & 0x1fff) !== 0,
  }
}

/** One line: "IPv6 2001:db8::1 > 2001:db8::2, IPv4 192.0.2.1:80 > 198.51.100.1:4000 TCP". */
export function describeFrame(frame: Uint8Array): string {
  const bytes = asBuffer(frame)
  const type = etherType(frame)
  if (type === null) return 'too short for Ethernet'
  if (type === 0x0806) return describeArp(bytes)
  const inside = carried(frame)
  const packet = bytes.subarray(etherTypeAt(bytes) + 2)
  if (inside?.tunnel)
    return `IPv6 ${inside.tunnel.source} > ${inside.tunnel.destination}, ${describeIpv4(inside.ipv4)}`
  if (inside) return describeIpv4(inside.ipv4)
  if (type !== 0x86dd || packet.length < IPV6) return `EtherType 0x${type.toString(16).padStart(4, '0')}`
  const next = packet[6] as number
  const what = next === 44 ? 'fragment' : (PROTOCOLS[next] ?? `next header ${next}`)
  const icmp =
    next === 58 && packet.length >= IPV6 + 2 ? ` type ${packet[IPV6]} code ${packet[IPV6 + 1]}` : ''
  return `IPv6 ${formatIpv6(packet, 8)} > ${formatIpv6(packet, 24)} ${what}${icmp}`
}

function describeArp(bytes: Buffer): string {
  const at = etherTypeAt(bytes) + 2
  if (bytes.length < at + 28) return 'ARP, cut short'
  const [sender, target] = [formatIpv4(bytes, at + 14), formatIpv4(bytes, at + 24)]
  return bytes.readUInt16BE(at + 6) === 1
    ? `ARP: who has ${target}? tell ${sender}`
    : `ARP: ${sender} is at ${formatMac(bytes, at + 8)}`
}

function describeIpv4({ source, destination, protocol, payload, later }: Ipv4): string {
  const name = PROTOCOLS[protocol] ?? `protocol ${protocol}`
  if (later) return `IPv4 ${source} > ${destination} ${name} fragment`
  if (protocol === 1 && payload.length >= 2)
    return `IPv4 ${source} > ${destination} ICMP type ${payload[0]} code ${payload[1]}`
  const ports = (protocol === 6 || protocol === 17) && payload.length >= 4
  if (!ports) return `IPv4 ${source} > ${destination} ${name}`
  return `IPv4 ${source}:${payload.readUInt16BE(0)} > ${destination}:${payload.readUInt16BE(2)} ${name}`
}

export function formatMac(bytes: Uint8Array, offset: number): string {
  return asBuffer(bytes.subarray(offset, offset + 6))
    .toString('hex')
    .replace(/..(?=.)/g, '$&:')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
