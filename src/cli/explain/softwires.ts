/**
 * Which softwires a packet has to do with: those of the tunnels that it came in and left in, as the data plane made
 * them, found again in its binding table.
 */
import type { NativeBindingTable } from '../../dataplane/native.js'
import { parseIpv4 } from '../../schema/addresses.js'
import { decodeSoftwire, recordSize } from '../../schema/softwire-record.js'
import { carried } from './packet.js'

export interface Softwire {
  readonly ipv4: string
  readonly psid: number
  readonly 'b4-ipv6': string
  readonly 'br-address': string
}

/** Of the tunnels among the frames; with more than one PSID of one address at one B4, each of them. */
export function softwiresOf(
  table: NativeBindingTable,
  received: readonly Uint8Array[],
  sent: readonly Uint8Array[],
): Softwire[] {
  const found = new Map<string, Softwire>()
  const add = (ipv4: string, b4: string, br: string) => {
    for (const softwire of ofAddress(table, ipv4))
      if (softwire['b4-ipv6'] === b4 && softwire['br-address'] === br)
        found.set(`${softwire.ipv4},${softwire.psid}`, softwire)
  }
  for (const frame of received) {
    const inside = carried(frame)
    if (inside?.tunnel) add(inside.ipv4.source, inside.tunnel.source, inside.tunnel.destination)
  }
  for (const frame of sent) {
    const inside = carried(frame)
    if (inside?.tunnel) add(inside.ipv4.destination, inside.tunnel.destination, inside.tunnel.source)
  }
  return [...found.values()]
}

/** How the address that a packet belongs to is shared: what to look at where no softwire was found. */
export function sharingOf(table: NativeBindingTable, received: Uint8Array): string | null {
  const inside = carried(received)
  if (inside === null) return null
  const address = inside.tunnel ? inside.ipv4.source : inside.ipv4.destination
  const portSet = table.portSet(number(address))
  if (portSet === null) return `${address} has no softwire`
  const { softwires, psidLength, reservedPortsBitCount } = portSet
  return `${address} has ${softwires} softwire${softwires === 1 ? '' : 's'}: psid-length ${psidLength}, reserved-ports-bit-count ${reservedPortsBitCount}`
}

function* ofAddress(table: NativeBindingTable, ipv4: string): Generator<Softwire> {
  const key = number(ipv4)
  const records = table.scan(key, 0, table.portSet(key)?.softwires ?? 0)
  for (let at = 0; at < records.length; at += recordSize)
    yield decodeSoftwire(records, at) as unknown as Softwire
}

function number(ipv4: string): number {
  const bytes = parseIpv4(ipv4) as Uint8Array
  return new DataView(bytes.buffer).getUint32(0)
}
