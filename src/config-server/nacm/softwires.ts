// The rules about softwires, made ready for a million of them: an entry is looked up by its address, and only the few
// rules that name that address, or none, are asked.
import type { NativeBindingTable } from '../../dataplane/native.js'
import type { Schema } from '../../schema/schema.js'
import { recordSize } from '../../schema/softwire-record.js'
import type { ReadableTable } from '../datastore.js'
import { lineage } from '../place.js'
import { keyAt } from '../softwire-scan.js'
import type { Judge } from './judge.js'
import type { Operation } from './policy.js'

interface SoftwireRule {
  readonly ipv4: number | undefined
  readonly psid: number | undefined
  /** It is about something in the entry, not about all of it. */
  readonly inside: boolean
  readonly permit: boolean
}

/** Of a whole entry; undefined when parts of it differ. */
type Verdict = boolean | undefined

export class SoftwireRules {
  /** What holds for every entry that no rule names. */
  readonly others: Verdict
  /** Some entries may be read, or whatever it is, in part only. */
  readonly inParts: boolean
  /** Addresses that rules name, in order. */
  readonly addresses: readonly number[]
  readonly #named = new Map<number, readonly SoftwireRule[]>()
  readonly #general: readonly SoftwireRule[]
  readonly #fallback: boolean

  constructor(judge: Judge, schema: Schema, operation: Exclude<Operation, 'exec'>) {
    const { softwires } = schema
    const depth = lineage(softwires).length
    const rules = judge.rulesNear(operation, softwires).map(({ steps, permit }) => {
      const [ipv4, psid] = (steps[depth - 1]?.keys ?? []).map((key) => judge.keyValue(key))
      return {
        ipv4: ipv4 === undefined ? undefined : addressNumber(ipv4),
        psid: psid === undefined ? undefined : Number(psid),
        inside: steps.length > depth,
        permit,
      }
    })
    this.inParts = rules.some(({ inside }) => inside)
    this.#general = rules.filter((rule) => rule.ipv4 === undefined)
    this.addresses = [...new Set(rules.flatMap(({ ipv4 }) => ipv4 ?? []))].sort((a, b) => a - b)
    for (const address of this.addresses)
      this.#named.set(
        address,
        rules.filter(({ ipv4 }) => ipv4 === undefined || ipv4 === address),
      )
    // Nothing in a softwire is marked in the model.
    this.#fallback = judge.permits(
      operation,
      lineage(softwires).map((node) => ({ node, keys: ['', ''] })),
    )
    this.others = this.#general.some(({ psid }) => psid !== undefined)
      ? undefined
      : this.#judge(this.#general, 0)
  }

  verdict(ipv4: number, psid: number): Verdict {
    return this.#judge(this.#named.get(ipv4) ?? this.#general, psid)
  }

  #judge(rules: readonly SoftwireRule[], psid: number): Verdict {
    let [permitted, denied] = [false, false]
    for (const rule of rules) {
      if (rule.psid !== undefined && rule.psid !== psid) continue
      if (!rule.inside) return settle(rule.permit, permitted, denied)
      if (rule.permit) permitted = true
      else denied = true
    }
    return settle(this.#fallback, permitted, denied)
  }
}

function settle(verdict: boolean, permitted: boolean, denied: boolean): Verdict {
  return (verdict ? denied : permitted) ? undefined : verdict
}

function addressNumber(text: string): number {
  return text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
}

/** What is needed of the table below. */
type Table = Pick<NativeBindingTable, 'get' | 'scan' | 'size'>

/** Records looked at in one go. */
const PAGE = 4096
/** The same where one address is looked at. */
const FEW = 128

/** A binding table without the entries that may not be read. Entries of which a part may be read are in it. */
export class VisibleTable implements ReadableTable {
  readonly #below: () => Table
  readonly #rules: SoftwireRules
  /** What is left of an entry that is neither whole nor hidden. */
  readonly #reveal: (record: Uint8Array) => Uint8Array | null
  #size: number | undefined

  /** `below` answers the table as it is at the time. */
  constructor(below: () => Table, rules: SoftwireRules, reveal: (record: Uint8Array) => Uint8Array | null) {
    this.#below = below
    this.#rules = rules
    this.#reveal = reveal
  }

  get #table(): Table {
    return this.#below()
  }

  get size(): number {
    this.#size ??= this.#count()
    return this.#size
  }

  get(ipv4: number, psid: number): Uint8Array | null {
    const verdict = this.#rules.verdict(ipv4, psid)
    const record = verdict === false ? null : this.#table.get(ipv4, psid)
    return record && (verdict ? record : this.#reveal(record))
  }

  scan(ipv4: number, psid: number, limit: number): Uint8Array {
    const pieces: Uint8Array[] = []
    let left = limit * recordSize
    for (const records of this.#pieces(ipv4, psid)) {
      const piece = records.subarray(0, left)
      pieces.push(piece)
      left -= piece.length
      if (left === 0) break
    }
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
  }

  /** Counts from the start: a confined user pays for a far page by what is before it. */
  nth(index: number): Uint8Array | null {
    let left = index * recordSize
    for (const piece of this.#pieces(0, 0)) {
      if (left < piece.length) return piece.slice(left, left + recordSize)
      left -= piece.length
    }
    return null
  }

  rank(ipv4: number, psid: number): number {
    let before = 0
    for (const piece of this.#pieces(0, 0))
      for (let at = 0; at < piece.length; at += recordSize) {
        const key = keyAt(piece, at)
        if (key.ipv4 > ipv4 || (key.ipv4 === ipv4 && key.psid >= psid)) return before
        before++
      }
    return before
  }

  #pieces(ipv4: number, psid: number): Iterable<Uint8Array> {
    return this.#rules.others === false ? this.#ofAddresses(ipv4, psid) : this.#all(ipv4, psid)
  }

  #count(): number {
    const { others, addresses } = this.#rules
    if (others === undefined) return sum(this.#all(0, 0))
    const visible = sum(this.#ofAddresses(0, 0))
    if (!others) return visible
    const all = addresses.reduce((count, address) => count + sum(runs(this.#table, address, 0, address)), 0)
    return this.#table.size - all + visible
  }

  /** Visible entries from a key on, of all addresses. */
  *#all(ipv4: number, psid: number): Iterable<Uint8Array> {
    for (const page of runs(this.#table, ipv4, psid, 0xffffffff)) yield this.#visible(page)
  }

  /** The same of those addresses only that rules name: no other has any. */
  *#ofAddresses(ipv4: number, psid: number): Iterable<Uint8Array> {
    for (const address of this.#rules.addresses)
      if (address >= ipv4)
        for (const page of runs(this.#table, address, address === ipv4 ? psid : 0, address))
          yield this.#visible(page)
  }

  #visible(page: Uint8Array): Uint8Array {
    const kept = new Uint8Array(page.length)
    let used = 0
    for (let at = 0; at < page.length; at += recordSize) {
      const { ipv4, psid } = keyAt(page, at)
      const verdict = this.#rules.verdict(ipv4, psid)
      if (verdict === false) continue
      const whole = page.subarray(at, at + recordSize)
      const record = verdict ? whole : this.#reveal(whole)
      if (!record) continue
      kept.set(record, used)
      used += recordSize
    }
    return kept.subarray(0, used)
  }
}

/** Records from a key up to the last of an address, a page at a time. */
function* runs(table: Table, ipv4: number, psid: number, last: number): Iterable<Uint8Array> {
  let from = { ipv4, psid }
  for (;;) {
    const limit = from.ipv4 === last ? FEW : PAGE
    const page = table.scan(from.ipv4, from.psid, limit)
    if (page.length === 0) return
    let end = page.length
    while (end > 0 && keyAt(page, end - recordSize).ipv4 > last) end -= recordSize
    if (end > 0) yield page.subarray(0, end)
    if (end < page.length || page.length < limit * recordSize) return
    const key = keyAt(page, page.length - recordSize)
    if (key.psid < 0xffff) from = { ipv4: key.ipv4, psid: key.psid + 1 }
    else if (key.ipv4 < last) from = { ipv4: key.ipv4 + 1, psid: 0 }
    else return
  }
}

function sum(pieces: Iterable<Uint8Array>): number {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  return bytes / recordSize
}
