/**
 * The softwires of an old configuration as records. Before snabb-softwire-v2 the port set of an address was in a
 * psid-map, and a softwire had the number of its relay address in a list: both are put in when all is read.
 */
import { formatIpv4, writeIpv4, writeIpv6 } from '../../schema/addresses.js'
import {
  explicitPadding,
  explicitReservedPorts,
  recordSize,
  SoftwireRecords,
} from '../../schema/softwire-record.js'
import { isSoundSoftwire } from '../../schema/softwire-rules.js'
import type { Report } from './report.js'

/** A softwire as it is written, by the names of snabb-softwire-v3, and `br` instead of `br-address`. */
export type OldSoftwire = Partial<Record<SoftwireLeaf, string>>
export type SoftwireLeaf =
  | 'ipv4'
  | 'psid'
  | 'padding'
  | 'b4-ipv6'
  | 'br-address'
  | 'br'
  | 'psid-length'
  | 'reserved-ports-bit-count'

/** How the addresses from `first` to `last` (unsigned numbers) share their ports. */
export interface PsidRange {
  readonly first: number
  readonly last: number
  readonly psidLength: number
  readonly reservedPortsBitCount: number
}

/** Byte 11 of a record, until finish(): what is not in it yet. */
const awaitsPortSet = 1
const awaitsAddress = 2

export class OldSoftwires {
  readonly #records = new SoftwireRecords()
  readonly #brAddresses: (Uint8Array | null)[] = []
  readonly #ranges: PsidRange[] = []

  constructor(
    readonly report: Report,
    /** Number of the first of the relay's addresses. */
    readonly firstBr: 0 | 1,
  ) {}

  addBrAddress(text: string, line?: number): void {
    const bytes = new Uint8Array(16)
    const isAddress = writeIpv6(text, bytes, 0)
    if (!isAddress) this.report.leftOut(`br-address ${text}`, 'it is no IPv6 address', line)
    this.#brAddresses.push(isAddress ? bytes : null) // it counts all the same
  }

  addRange(range: PsidRange): void {
    this.#ranges.push(range)
  }

  /** Complete ones. */
  append(records: Uint8Array): void {
    this.#records.append(records)
  }

  add(softwire: OldSoftwire, line: () => number): void {
    const offset = this.#records.reserve()
    const problem = this.#write(softwire, this.#records.buffer, offset)
    if (problem === null) return
    this.#records.drop()
    this.report.leftOut(`softwire ipv4 ${softwire.ipv4 ?? '?'} psid ${softwire.psid ?? 0}`, problem, line())
  }

  /** Answers what is wrong with it, if anything. */
  #write(softwire: OldSoftwire, bytes: Uint8Array, offset: number): string | null {
    const { ipv4, psid = '0', padding, br, 'b4-ipv6': b4, 'br-address': brAddress } = softwire
    const { 'psid-length': psidLength, 'reserved-ports-bit-count': reserved } = softwire
    if (ipv4 === undefined || b4 === undefined) return `${ipv4 === undefined ? 'ipv4' : 'b4-ipv6'} is missing`
    if (!writeIpv4(ipv4, bytes, offset)) return 'ipv4 is no IPv4 address'
    if (!writeIpv6(b4, bytes, offset + 16)) return 'b4-ipv6 is no IPv6 address'
    if (!writeNumber(psid, 0xffff, bytes, offset + 4)) return 'psid is no number up to 65535'
    if (!writeNumber(padding ?? '0', 0xffff, bytes, offset + 8)) return 'padding is no number up to 65535'
    if (!writeNumber(psidLength ?? '0', 16, bytes, offset + 6)) return 'psid-length is no number up to 16'
    if (!writeNumber(reserved ?? '0', 16, bytes, offset + 7))
      return 'reserved-ports-bit-count is no number up to 16'
    bytes[offset + 10] =
      (padding === undefined ? 0 : explicitPadding) | (reserved === undefined ? 0 : explicitReservedPorts)
    bytes[offset + 11] =
      (psidLength === undefined ? awaitsPortSet : 0) | (brAddress === undefined ? awaitsAddress : 0)
    if (brAddress === undefined) writeUint32(Number(br ?? this.firstBr) - this.firstBr, bytes, offset + 32)
    else if (!writeIpv6(brAddress, bytes, offset + 32)) return 'br-address is no IPv6 address'
    return null
  }

  /** Those that can carry packets and do not contradict one another; the others are in the report. */
  finish(): SoftwireRecords {
    this.#keep((bytes, offset) => this.#complete(bytes, offset))
    this.#keepOnePortSet()
    this.#keepFirstOfEach()
    this.#remarkReservedPorts()
    return this.#records
  }

  /** Drops the records for which `problem` has an answer, and reports them. */
  #keep(problem: (bytes: Uint8Array, offset: number) => string | null): void {
    const { bytes } = this.#records
    let kept = 0
    for (let offset = 0; offset < bytes.length; offset += recordSize) {
      const why = problem(bytes, offset)
      if (why !== null) {
        const psid = (bytes[offset + 4] as number) | ((bytes[offset + 5] as number) << 8)
        this.report.leftOut(`softwire ipv4 ${formatIpv4(bytes, offset)} psid ${psid}`, why)
        continue
      }
      if (kept !== offset) bytes.copyWithin(kept, offset, offset + recordSize)
      kept += recordSize
    }
    while (this.#records.count * recordSize > kept) this.#records.drop()
  }

  #complete(bytes: Uint8Array, offset: number): string | null {
    const awaited = bytes[offset + 11] as number
    bytes[offset + 11] = 0
    if (awaited & awaitsPortSet) {
      const range = this.#rangeOf(ipv4At(bytes, offset))
      if (range === undefined) return 'no psid-map says how its address shares its ports'
      bytes[offset + 6] = range.psidLength
      bytes[offset + 7] = range.reservedPortsBitCount
      if (range.reservedPortsBitCount > 0)
        bytes[offset + 10] = (bytes[offset + 10] as number) | explicitReservedPorts
    }
    if (awaited & awaitsAddress) {
      const address = this.#brAddresses[ipv4At(bytes, offset + 32)]
      if (address === undefined || address === null) return 'its br is the number of no br-address'
      bytes.set(address, offset + 32)
    }
    if (isSoundSoftwire(bytes, offset)) return null
    const length = bytes[offset + 6] as number
    const reserved = bytes[offset + 7] as number
    const psid = (bytes[offset + 4] as number) | ((bytes[offset + 5] as number) << 8)
    if (length + reserved > 16)
      return `psid-length ${length} and reserved-ports-bit-count ${reserved} exceed the 16 bits of a port`
    if (psid >> length !== 0)
      return `with psid-length ${length} a PSID is below ${2 ** length}: no packet would reach it`
    return 'no host can have one of its addresses'
  }

  #sorted: PsidRange[] | undefined

  #rangeOf(ipv4: number): PsidRange | undefined {
    this.#sorted ??= this.#ranges.sort((a, b) => a.first - b.first)
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] as PsidRange).first <= ipv4) low = middle + 1
      else high = middle
    }
    const range = this.#sorted[low - 1]
    return range !== undefined && ipv4 <= range.last ? range : undefined
  }

  /** The first softwire of an address says how it shares its ports, as it does in Snabb. */
  #keepOnePortSet(): void {
    const portSets = new Map<number, number>()
    this.#keep((bytes, offset) => {
      const portSet = ((bytes[offset + 6] as number) << 8) | (bytes[offset + 7] as number)
      const ipv4 = ipv4At(bytes, offset)
      const first = portSets.get(ipv4)
      if (first === undefined) portSets.set(ipv4, portSet)
      return first === undefined || first === portSet
        ? null
        : 'its port-set is another than that of the first softwire of its address'
    })
  }

  /** Keys are sorted to learn which are there twice: a set of millions would cost more than the softwires. */
  #keepFirstOfEach(): void {
    const { bytes, count } = this.#records
    const keys = Float64Array.from({ length: count }, (_, i) => keyAt(bytes, i * recordSize)).sort()
    const twice = new Map<number, boolean>()
    for (let i = 1; i < count; i++) if (keys[i] === keys[i - 1]) twice.set(keys[i] as number, false)
    if (twice.size === 0) return
    this.#keep((bytes, offset) => {
      const key = keyAt(bytes, offset)
      const isLater = twice.get(key)
      if (isLater === false) twice.set(key, true)
      return isLater ? 'it is given twice; the first stays' : null
    })
  }

  #remarkReservedPorts(): void {
    const { bytes } = this.#records
    const counts = new Map<number, number>()
    for (let offset = 7; offset < bytes.length; offset += recordSize) {
      const bits = bytes[offset] as number
      if (bits > 0) counts.set(bits, (counts.get(bits) ?? 0) + 1)
    }
    for (const [bits, count] of counts)
      this.report.remark(
        `reserved-ports-bit-count ${bits} (softwires: ${count}) keeps the ports below ${2 ** (16 - bits)} ` +
          `from them (RFC 7597), where Snabb kept those below ${2 ** bits}`,
      )
  }
}

function ipv4At(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) * 2 ** 24 +
    (((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number))
  )
}

/** IPv4 address and PSID in one number. */
function keyAt(bytes: Uint8Array, offset: number): number {
  return (
    ipv4At(bytes, offset) * 2 ** 16 + ((bytes[offset + 4] as number) | ((bytes[offset + 5] as number) << 8))
  )
}

/** Little-endian, in one byte or two as `most` needs; false when it is none up to `most`. */
function writeNumber(text: string, most: number, bytes: Uint8Array, offset: number): boolean {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : most + 1
  if (value > most) return false
  bytes[offset] = value & 0xff
  if (most > 0xff) bytes[offset + 1] = value >> 8
  return true
}

/** Big-endian; what is no index becomes one that nothing has. */
function writeUint32(value: number, bytes: Uint8Array, offset: number): void {
  const index = Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : 2 ** 32 - 1
  for (let i = 0; i < 4; i++) bytes[offset + i] = index >>> (24 - 8 * i)
}
