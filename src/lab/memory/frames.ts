// The few frames that the in-memory lab's hosts exchange, built and read. Multi-byte numbers are
// in network byte order; addresses come in as text, as people write them.
//
// This is a network to talk to the relay, not part of it: it reads only what it asked for.
import { isIPv4 } from 'node:net'

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const
export const PROTOCOL = { icmp: 1, ipv4: 4, icmpv6: 58 } as const
export const ICMP = { echoReply: 0, echoRequest: 8 } as const
export const ICMPV6 = { neighborSolicitation: 135, neighborAdvertisement: 136 } as const
export const BROADCAST = 'ff:ff:ff:ff:ff:ff'

export const ETHERNET_HEADER = 14
export const IPV4_HEADER = 20
export const IPV6_HEADER = 40

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex')
}

/** An IPv4 or IPv6 address as it travels. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const middle = new Array<number>(8 - front.length - back.length).fill(0)
  return Buffer.concat([...front, ...middle, ...back].map(u16))
}

/** RFC 1071. */
function checksum(...parts: Buffer[]): number {
  const bytes = Buffer.concat(parts)
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export function ethernet(to: string | Buffer, from: string, type: number, payload: Buffer): Buffer {
  const destination = typeof to === 'string' ? macBytes(to) : to
  return Buffer.concat([destination, macBytes(from), u16(type), payload])
}

/** RFC 826: operation 1 asks, 2 answers. */
export function arp(operation: 1 | 2, sender: Station, target: { mac: Buffer; ip: Buffer }): Buffer {
  const fixed = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation])
  return Buffer.concat([fixed, macBytes(sender.mac), addressBytes(sender.ipv4), target.mac, target.ip])
}

export function ipv4(from: Buffer, to: Buffer, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(IPV4_HEADER)
  header[0] = 0x45
  header.writeUInt16BE(IPV4_HEADER + payload.length, 2)
  header[8] = 64
  header[9] = protocol
  from.copy(header, 12)
  to.copy(header, 16)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, payload])
}

export function ipv6(from: Buffer, to: Buffer, next: number, hopLimit: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(IPV6_HEADER)
  header[0] = 0x60
  header.writeUInt16BE(payload.length, 4)
  header[6] = next
  header[7] = hopLimit
  from.copy(header, 8)
  to.copy(header, 24)
  return Buffer.concat([header, payload])
}

/** ICMPv4 echo request or reply, with `data` behind identifier and sequence number. */
export function echo(type: number, identifier: number, sequence: number, data: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, 0, 0, 0]), u16(identifier), u16(sequence), data])
  message.writeUInt16BE(checksum(message), 2)
  return message
}

/** RFC 4861 s4.4, answering a solicitation: solicited, override, with the target's link-layer address. */
export function neighborAdvertisement(owner: Station, target: Buffer, to: Buffer): Buffer {
  const option = Buffer.concat([Buffer.from([2, 1]), macBytes(owner.mac)])
  const flags = Buffer.from([0xe0, 0, 0, 0])
  const type = Buffer.from([ICMPV6.neighborAdvertisement, 0, 0, 0])
  const message = Buffer.concat([type, flags, target, option])
  const pseudo = Buffer.concat([target, to, Buffer.from([0, 0, 0, message.length, 0, 0, 0, PROTOCOL.icmpv6])])
  message.writeUInt16BE(checksum(pseudo, message), 2)
  return ipv6(target, to, PROTOCOL.icmpv6, 255, message)
}

/** A host of the in-memory network. */
export interface Station {
  readonly mac: string
  readonly ipv4: string
}
