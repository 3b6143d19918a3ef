// The lab's network without a kernel: the switch with the internet and a subscriber's B4 behind
// it on the relay's link, the route reflector behind the passthru.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BR_ADDRESS,
  b4Of,
  INTERNET,
  RELAY,
  ROUTE_REFLECTOR,
  SUBSCRIBERS,
  type Subscriber,
  SWITCH,
} from '../addresses.js'
import type { FrameLink } from './frame-link.js'
import * as f from './frames.js'

export const SWITCH_STATION: f.Station = { mac: '02:00:00:00:00:01', ipv4: SWITCH.ipv4 }
const PAYLOAD = Buffer.from('lwaftr in-memory lab')

/** Milliseconds until the answer, or null when none came within a second. */
export type EchoTime = number | null

export class MemoryNetwork {
  #sequence = 0
  /** Called with an echo reply's identifier and sequence number. */
  #answered: (key: string) => void = () => {}

  constructor(
    readonly link: FrameLink,
    readonly passthru: FrameLink,
  ) {
    link.onFrame((frame) => this.#atSwitch(frame))
    passthru.onFrame((frame) => this.#atReflector(frame))
  }

  /** A subscriber's echo request to the internet, through its softwire. */
  fromSubscriber(subscriber: Subscriber, identifier: number): Promise<EchoTime> {
    return this.#measure(identifier, (message) => {
      const inner = f.ipv4(bytes(subscriber.ipv4), bytes(INTERNET.ipv4), f.PROTOCOL.icmp, message)
      this.#throughSoftwire(subscriber, inner)
    })
  }

  /** An echo request from the internet to a subscriber with an address of its own. */
  fromInternet(subscriber: Subscriber): Promise<EchoTime> {
    return this.#measure(1, (message) =>
      this.#toRelay(f.ipv4(bytes(INTERNET.ipv4), bytes(subscriber.ipv4), f.PROTOCOL.icmp, message)),
    )
  }

  /** The route reflector resolves `station` through the passthru and pings it. */
  fromReflector(station: f.Station): Promise<EchoTime> {
    const question = { mac: Buffer.alloc(6), ip: bytes(station.ipv4) }
    this.#send(
      this.passthru,
      f.BROADCAST,
      ROUTE_REFLECTOR.mac,
      f.ETHERTYPE.arp,
      f.arp(1, ROUTE_REFLECTOR, question),
    )
    return this.#measure(2, (message) => {
      const packet = f.ipv4(bytes(ROUTE_REFLECTOR.ipv4), bytes(station.ipv4), f.PROTOCOL.icmp, message)
      this.#send(this.passthru, station.mac, ROUTE_REFLECTOR.mac, f.ETHERTYPE.ipv4, packet)
    })
  }

  async #measure(identifier: number, send: (message: Buffer) => void): Promise<EchoTime> {
    const sequence = ++this.#sequence & 0xffff
    const start = performance.now()
    const answer = new Promise<EchoTime>((resolve) => {
      this.#answered = (key) => {
        if (key === `${identifier}/${sequence}`) resolve(performance.now() - start)
      }
    })
    send(f.echo(f.ICMP.echoRequest, identifier, sequence, PAYLOAD))
    return Promise.race([answer, sleep(1000, null)])
  }

  #send(link: FrameLink, to: string | Buffer, from: string, type: number, payload: Buffer): void {
    link.send(f.ethernet(to, from, type, payload))
  }

  #toRelay(packet: Buffer): void {
    this.#send(this.link, RELAY.mac, SWITCH_STATION.mac, f.ETHERTYPE.ipv4, packet)
  }

  #throughSoftwire(subscriber: Subscriber, inner: Buffer): void {
    const outer = f.ipv6(bytes(b4Of(subscriber).ipv6), bytes(BR_ADDRESS), f.PROTOCOL.ipv4, 64, inner)
    this.#send(this.link, RELAY.mac, SWITCH_STATION.mac, f.ETHERTYPE.ipv6, outer)
  }

  #atSwitch(frame: Buffer): void {
    const packet = frame.subarray(f.ETHERNET_HEADER)
    const type = frame.readUInt16BE(12)
    if (type === f.ETHERTYPE.arp) {
      this.#answerArp(this.link, SWITCH_STATION, packet)
    } else if (type === f.ETHERTYPE.ipv4) {
      const sender = frame.subarray(6, 12)
      this.#atHost(packet, (reply) =>
        this.#send(this.link, sender, SWITCH_STATION.mac, f.ETHERTYPE.ipv4, reply),
      )
    } else if (type === f.ETHERTYPE.ipv6) {
      if (packet[6] === f.PROTOCOL.ipv4) this.#atB4(packet)
      else if (packet[f.IPV6_HEADER] === f.ICMPV6.neighborSolicitation)
        this.#answerSolicitation(frame, packet)
    }
  }

  #atReflector(frame: Buffer): void {
    const packet = frame.subarray(f.ETHERNET_HEADER)
    const type = frame.readUInt16BE(12)
    if (type === f.ETHERTYPE.arp) this.#answerArp(this.passthru, ROUTE_REFLECTOR, packet)
    else if (type === f.ETHERTYPE.ipv4) this.#atHost(packet, () => {})
  }

  /** What leaves the tunnel is the subscriber's; its answers go back the same way. */
  #atB4(packet: Buffer): void {
    const to = packet.subarray(24, 40)
    const subscriber = Object.values(SUBSCRIBERS).find((known) => bytes(b4Of(known).ipv6).equals(to))
    if (subscriber === undefined) return
    this.#atHost(packet.subarray(f.IPV6_HEADER), (reply) => this.#throughSoftwire(subscriber, reply))
  }

  /** Any IPv4 host: answers echo requests, notes echo replies. */
  #atHost(packet: Buffer, back: (reply: Buffer) => void): void {
    if (packet[9] !== f.PROTOCOL.icmp) return
    const message = packet.subarray(f.IPV4_HEADER, packet.readUInt16BE(2))
    const [identifier, sequence] = [message.readUInt16BE(4), message.readUInt16BE(6)]
    if (message[0] === f.ICMP.echoReply) this.#answered(`${identifier}/${sequence}`)
    if (message[0] !== f.ICMP.echoRequest) return
    const reply = f.echo(f.ICMP.echoReply, identifier, sequence, message.subarray(8))
    back(f.ipv4(packet.subarray(16, 20), packet.subarray(12, 16), f.PROTOCOL.icmp, reply))
  }

  #answerArp(link: FrameLink, station: f.Station, packet: Buffer): void {
    const asked = packet.readUInt16BE(6) === 1 && packet.subarray(24, 28).equals(bytes(station.ipv4))
    if (!asked) return
    const sender = { mac: packet.subarray(8, 14), ip: packet.subarray(14, 18) }
    this.#send(link, sender.mac, station.mac, f.ETHERTYPE.arp, f.arp(2, station, sender))
  }

  #answerSolicitation(frame: Buffer, packet: Buffer): void {
    const target = packet.subarray(f.IPV6_HEADER + 8, f.IPV6_HEADER + 24)
    if (!target.equals(bytes(SWITCH.ipv6))) return
    const answer = f.neighborAdvertisement(SWITCH_STATION, target, packet.subarray(8, 24))
    this.#send(this.link, frame.subarray(6, 12), SWITCH_STATION.mac, f.ETHERTYPE.ipv6, answer)
  }
}

function bytes(address: string): Buffer {
  return f.addressBytes(address)
}
