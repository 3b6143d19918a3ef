// A packet from the internet to a softwire, and the tunnel that it leaves by.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FrameLink } from '../src/lab/memory/frame-link.js'
import * as f from '../src/lab/memory/frames.js'
import type { Key } from './softwires.js'

/** As generate-configuration writes it. */
const RELAY_MAC = '12:12:12:12:12:12'
const UDP = 17

export class Probe {
  #arrived: (b4: Buffer) => void = () => {}

  constructor(readonly link: FrameLink) {
    link.onFrame((frame) => {
      if (frame.readUInt16BE(12) === f.ETHERTYPE.ipv6) this.#arrived(frame.subarray(38, 54))
    })
  }

  /** Whether a packet to the softwire leaves for that B4, within a second. */
  async leavesFor({ ipv4, psid }: Key, b4: string): Promise<boolean> {
    const udp = Buffer.alloc(16)
    udp.writeUInt16BE(53, 0)
    udp.writeUInt16BE(psid << 10, 2)
    udp.writeUInt16BE(udp.length, 4)
    const packet = f.ipv4(f.addressBytes('198.51.100.1'), f.addressBytes(ipv4), UDP, udp)
    const arrival = new Promise<Buffer>((resolve) => {
      this.#arrived = resolve
    })
    this.link.send(f.ethernet(RELAY_MAC, '02:00:00:00:00:01', f.ETHERTYPE.ipv4, packet))
    const to = await Promise.race([arrival, sleep(1000, null, { ref: false })])
    return to?.equals(f.addressBytes(b4)) ?? false
  }
}
