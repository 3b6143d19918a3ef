/** The softwires that generate-configuration makes: every PSID but 0 of each address, one B4 after the other. */
import { formatIpv4, formatIpv6 } from '../../schema/addresses.js'

export interface Plan {
  /** First IPv4 address, as an unsigned number. */
  readonly ipv4: number
  readonly addresses: number
  /** 16 bytes. */
  readonly brAddress: Uint8Array
  /** The first softwire's; 16 bytes. */
  readonly b4: Uint8Array
  readonly psidLength: number
  readonly reservedPortsBitCount: number
}

export interface Softwire {
  readonly ipv4: number
  readonly psid: number
  /** 16 bytes; overwritten when the next softwire is asked for. */
  readonly b4: Uint8Array
}

/** PSID 0 has no softwire: without reserved ports it would hold the well-known ones. */
export function softwiresPerAddress(plan: Plan): number {
  return 2 ** plan.psidLength - 1
}

export function softwireCount(plan: Plan): number {
  return plan.addresses * softwiresPerAddress(plan)
}

export function softwireAt(plan: Plan, index: number): Softwire {
  const each = softwiresPerAddress(plan)
  const b4 = Uint8Array.from(plan.b4)
  add(b4, index)
  return { ipv4: plan.ipv4 + Math.floor(index / each), psid: 1 + (index % each), b4 }
}

/** True when `count` more than `address` is past the last address there is. */
export function overflows(address: Uint8Array, count: number): boolean {
  return add(Uint8Array.from(address), count)
}

/** Adds in place; true when it did not fit. */
function add(address: Uint8Array, count: number): boolean {
  let carry = count
  for (let i = address.length - 1; i >= 0 && carry > 0; i--) {
    const sum = (address[i] as number) + carry
    address[i] = sum % 256
    carry = Math.floor(sum / 256)
  }
  return carry > 0
}

/** Where the lab of a generated configuration is: addresses that its traffic uses as well. */
export const link = {
  externalIp: '10.10.10.10',
  externalMac: '12:12:12:12:12:12',
  externalNextHop: '68:68:68:68:68:68',
  internalIp: '8:9:a:b:c:d:e:f',
  internalMac: '22:22:22:22:22:22',
  internalNextHop: '44:44:44:44:44:44',
} as const

const head = `softwire-config {
  instance {
    device test;
    queue {
      id 0;
      external-interface {
        ip ${link.externalIp};
        mac ${link.externalMac};
        next-hop {
          mac ${link.externalNextHop};
        }
      }
      internal-interface {
        ip ${link.internalIp};
        mac ${link.internalMac};
        next-hop {
          mac ${link.internalNextHop};
        }
      }
    }
  }
  binding-table {
`

/** The configuration's text, in pieces of some 100 kB. */
export function* configurationText(plan: Plan): Generator<string> {
  const each = softwiresPerAddress(plan)
  const tail = `br-address ${formatIpv6(plan.brAddress)}; port-set { psid-length ${plan.psidLength}; ${
    plan.reservedPortsBitCount > 0 ? `reserved-ports-bit-count ${plan.reservedPortsBitCount}; ` : ''
  }} }\n`
  const b4 = Uint8Array.from(plan.b4)
  const bytes = new Uint8Array(4)
  let text = head
  for (let i = 0; i < plan.addresses; i++) {
    new DataView(bytes.buffer).setUint32(0, plan.ipv4 + i)
    const ipv4 = formatIpv4(bytes)
    for (let psid = 1; psid <= each; psid++) {
      text += `    softwire { ipv4 ${ipv4}; psid ${psid}; b4-ipv6 ${formatIpv6(b4)}; ${tail}`
      add(b4, 1)
      if (text.length > 100_000) {
        yield text
        text = ''
      }
    }
  }
  yield `${text}  }\n}\n`
}
