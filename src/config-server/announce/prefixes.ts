// What a binding table asks to be announced: IPv4 prefixes for the addresses with softwires, IPv6 prefixes for the
// br-addresses in use. A table is read once; from then on each edit costs microseconds, however large the table.
import type { NativeBindingTable } from '../../dataplane/native.js'
import type { JsonObject } from '../../schema/json-types.js'
import { recordSize } from '../../schema/softwire-record.js'
import { isDelete, keyAt, pages } from '../softwire-scan.js'
import { IPV4, IPV6, ipv6At } from './family.js'
import { type AnnouncePolicy, announcePolicy, samePolicy } from './policy.js'
import { ListedPrefixes, PrefixCover, type PrefixSet } from './prefix-set.js'
import type { Delta } from './route.js'

const BR_ADDRESS = 32

export class Prefixes {
  readonly ipv4: PrefixSet<number>
  readonly ipv6: PrefixSet<bigint>
  /** Softwires by br-address. */
  readonly #users = new Map<bigint, number>()

  private constructor(readonly policy: AnnouncePolicy) {
    const { ipv4, ipv6 } = policy
    this.ipv4 = ipv4.listed ? new ListedPrefixes(IPV4, ipv4.listed) : new PrefixCover(IPV4, ipv4.longest)
    this.ipv6 = ipv6.listed ? new ListedPrefixes(IPV6, ipv6.listed) : new PrefixCover(IPV6, ipv6.longest)
  }

  static of(table: NativeBindingTable, policy: AnnouncePolicy): Prefixes {
    const prefixes = new Prefixes(policy)
    prefixes.#read(table)
    return prefixes
  }

  /** Whether these are the prefixes that the configuration wants, as far as it is not the table's to say. */
  follows(tree: JsonObject): boolean {
    return samePolicy(this.policy, announcePolicy(tree))
  }

  /** The sum of all edits since the last call. */
  takeChanges(): Delta {
    return { ipv4: this.ipv4.takeChanges(), ipv6: this.ipv6.takeChanges() }
  }

  changesFrom(earlier: Prefixes): Delta {
    return { ipv4: this.ipv4.changesFrom(earlier.ipv4), ipv6: this.ipv6.changesFrom(earlier.ipv6) }
  }

  /** Follows edits that `table` has taken already; `undo` are those that lead back. */
  edit(table: NativeBindingTable, edits: Uint8Array, undo: Uint8Array): void {
    const view = viewOf(edits)
    for (let offset = 0; offset < edits.length; offset += recordSize)
      this.ipv4.update(view.getUint32(offset), (network, length) => holdsSoftwire(table, network, length))
    this.#countPuts(edits, 1)
    this.#countPuts(undo, -1)
  }

  #read(table: NativeBindingTable): void {
    const unit = 2 ** (32 - (this.ipv4 instanceof PrefixCover ? this.ipv4.longest : 32))
    let [first, last] = [0, -unit]
    let br: DataView = new DataView(new ArrayBuffer(16))
    let users = 0
    const flush = () => {
      if (last >= first) this.#addRun(first, last + unit, unit)
    }
    for (const page of pages(table)) {
      const view = viewOf(page)
      for (let offset = 0; offset < page.length; offset += recordSize) {
        const address = Math.floor(view.getUint32(offset) / unit) * unit
        if (address > last + unit || last < 0) {
          flush()
          first = address
        }
        last = address
        // Most softwires have the br-address of the one before.
        if (!sameBr(br, view, offset + BR_ADDRESS)) {
          this.#countUsers(br, users)
          br = new DataView(view.buffer, view.byteOffset + offset + BR_ADDRESS, 16)
          users = 0
        }
        users++
      }
    }
    flush()
    this.#countUsers(br, users)
    for (const address of this.#users.keys())
      this.ipv6.update(address, (network, length) => this.#holdsBr(network, length))
    this.takeChanges()
  }

  /** All units of [first, end). */
  #addRun(first: number, end: number, unit: number): void {
    const { ipv4 } = this
    if (ipv4 instanceof PrefixCover)
      for (const [network, length] of blocks(first, end)) ipv4.addBlock(network, length)
    else for (let address = first; address < end; address += unit) ipv4.update(address, () => true)
  }

  #countUsers(br: DataView, users: number): void {
    if (users === 0) return
    const address = ipv6At(br, 0)
    this.#users.set(address, (this.#users.get(address) ?? 0) + users)
  }

  #countPuts(edits: Uint8Array, change: 1 | -1): void {
    const view = viewOf(edits)
    for (let offset = 0; offset < edits.length; offset += recordSize) {
      if (isDelete(edits.subarray(offset, offset + recordSize))) continue
      const address = ipv6At(view, offset + BR_ADDRESS)
      const users = (this.#users.get(address) ?? 0) + change
      if (users === 0) this.#users.delete(address)
      else this.#users.set(address, users)
      if (users === 0 || (users === 1 && change === 1))
        this.ipv6.update(address, (network, length) => this.#holdsBr(network, length))
    }
  }

  #holdsBr(network: bigint, length: number): boolean {
    if (length === IPV6.bits) return this.#users.has(network)
    for (const address of this.#users.keys()) if (IPV6.network(address, length) === network) return true
    return false
  }
}

function holdsSoftwire(table: NativeBindingTable, network: number, length: number): boolean {
  const next = table.scan(network >>> 0, 0, 1)
  return next.length > 0 && IPV4.network(keyAt(next, 0).ipv4, length) === network
}

/** [first, end) as the fewest aligned blocks, in order. */
function* blocks(first: number, end: number): Iterable<[network: number, length: number]> {
  for (let at = first; at < end; ) {
    let length = 32
    for (let size = 2; length > 0 && at % size === 0 && at + size <= end; size *= 2) length--
    yield [at, length]
    at += 2 ** (32 - length)
  }
}

function viewOf(records: Uint8Array): DataView {
  return new DataView(records.buffer, records.byteOffset, records.byteLength)
}

function sameBr(br: DataView, view: DataView, offset: number): boolean {
  return (
    br.getBigUint64(8) === view.getBigUint64(offset + 8) && br.getBigUint64(0) === view.getBigUint64(offset)
  )
}
