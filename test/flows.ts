// Packets both ways through many softwires, each of them counted: the internet and the B4s at the far end of a link.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadDirection, type NativeLoad, startLoad } from '../src/dataplane/load.js'
import { BR_ADDRESS } from '../src/lab/addresses.js'
import { encodeSoftwire } from '../src/schema/softwire-record.js'
import { queue } from './dataplane/helper.js'

/** Whole addresses: as many flows as it takes that whoever shares them has some. */
export const SOFTWIRES = Array.from({ length: 64 }, (_, i) => ({
  ipv4: `193.5.1.${i}`,
  'b4-ipv6': `2001:db8:b4:${(i + 1).toString(16)}::1`,
}))

export const RECORDS = SOFTWIRES.map((softwire) =>
  encodeSoftwire({ ...softwire, psid: 0, 'br-address': BR_ADDRESS, 'port-set': { 'psid-length': 0 } }),
)

/** As a statement of the text format. */
export const TABLE = `binding-table {
  ${SOFTWIRES.map(
    (softwire) =>
      `softwire { ipv4 ${softwire.ipv4}; psid 0; b4-ipv6 ${softwire['b4-ipv6']}; br-address ${BR_ADDRESS}; port-set { psid-length 0; } }`,
  ).join('\n  ')}
}`

/** Their end of the link. */
export interface FlowsEnd {
  readonly device: string
  /** Of both families; they answer for the addresses. */
  readonly mac: string
  readonly ipv4: string
  readonly ipv6: string
  /** Where they send to. */
  readonly nextHopMac: string
  /** The internet's address. */
  readonly host: string
}

/** Milliseconds that a packet may be on its way. */
const PATIENCE = 5_000

export class Flows {
  readonly #load: NativeLoad

  readonly mac: string

  /** Answers for its addresses, and sends nothing yet. */
  constructor({ device, mac, ipv4, ipv6, nextHopMac, host }: FlowsEnd) {
    this.mac = mac
    this.#load = startLoad({
      settings: queue({
        externalInterface: { ip: ipv4, mac, nextHopMac },
        internalInterface: { ip: ipv6, mac, nextHopMac },
      }),
      internal: device,
      external: null,
      driver: 'af-packet',
      host,
      softwires: Buffer.concat(RECORDS),
      sizes: [60, 590, 1400],
      run: 2,
      cpu: null,
    })
  }

  /** Packets a second from now on, both ways together. */
  send(rate: number): void {
    this.#load.setRate(rate)
  }

  /** Waits until some more came through, both ways. */
  async arrive(): Promise<void> {
    const { encap, decap } = this.#load.totals()
    for (;;) {
      const now = this.#load.totals()
      if (now.encap.received > encap.received && now.decap.received > decap.received) return
      await sleep(10)
    }
  }

  /** Stops sending, waits for what is on its way, and ends. */
  async finish(): Promise<{ sent: number; lost: number; duplicates: number }> {
    this.send(0)
    const lost = () => this.#sent() - this.#sum('received')
    for (const end = Date.now() + PATIENCE; lost() > 0 && Date.now() < end; ) await sleep(10)
    this.stop()
    return { sent: this.#sent(), lost: lost(), duplicates: this.#sum('duplicates') }
  }

  stop(): void {
    this.#load.stop()
  }

  #sent(): number {
    return this.#sum('sent') - this.#sum('unsent')
  }

  #sum(key: keyof LoadDirection): number {
    const { encap, decap } = this.#load.totals()
    return encap[key] + decap[key]
  }
}
