/**
 * The fast path for softwires in text: straight from bytes to records, no object and no string per softwire. It takes
 * what is written plainly (no quotes, dotted IPv6 or surprises) and sound; at anything else it stops in
 * front of the entry, and the ordinary reader takes that one, or says what is wrong with it.
 */

import type { SoftwireRecords } from './softwire-record.js'
import { isSoundSoftwire } from './softwire-rules.js'
import { isSpace } from './text-lexer.js'

const word = (text: string) => Uint8Array.from(Buffer.from(text))
const softwire = word('softwire')
const ipv4 = word('ipv4')
const psid = word('psid')
const padding = word('padding')
const b4Ipv6 = word('b4-ipv6')
const brAddress = word('br-address')
const portSet = word('port-set')
const psidLength = word('psid-length')
const reserved = word('reserved-ports-bit-count')

const lineFeed = 10
const asterisk = 42
const slash = 47
const semicolon = 59
const open = 123
const close = 125

/** Leaves seen, as bits. */
const seenIpv4 = 1
const seenPsid = 2
const seenPadding = 4
const seenB4 = 8
const seenBr = 16
const seenLength = 32
const seenReserved = 64
const seenPortSet = 128
const needed = seenIpv4 | seenPsid | seenB4 | seenBr | seenLength | seenPortSet

/**
 * Reads `softwire { … }` blocks from `at` on, as many as follow one another. Appends them to `records` and where each
 * began to `offsets`. Answers the offset behind the last one read.
 */
export function readPlainSoftwires(
  source: Buffer,
  at: number,
  records: SoftwireRecords,
  offsets: number[],
): number {
  const reader = new Reader(source)
  for (;;) {
    const start = reader.skip(at)
    const offset = records.reserve()
    const end = reader.entry(start, records.buffer, offset)
    if (end < 0) {
      records.drop()
      return at
    }
    offsets.push(start)
    at = end
  }
}

/** Every method answers the offset behind what it read, or -1. */
class Reader {
  /** What number() read. */
  #value = 0
  #seen = 0

  constructor(readonly source: Buffer) {}

  /** White space and comments; stops at a comment that is never closed. */
  skip(at: number): number {
    const { source } = this
    for (;;) {
      while (isSpace(source[at])) at++
      if (source[at] !== slash) return at
      const line = source[at + 1] === slash
      if (!line && source[at + 1] !== asterisk) return at
      const end = line ? source.indexOf(lineFeed, at) : source.indexOf('*/', at + 2)
      if (end < 0) return at
      at = end + (line ? 1 : 2)
    }
  }

  entry(at: number, out: Uint8Array, offset: number): number {
    at = this.#block(at, softwire)
    if (at < 0) return -1
    this.#seen = 0
    for (;;) {
      at = this.skip(at)
      if (this.source[at] === close) break
      at = this.#leaf(at, out, offset)
      if (at < 0) return -1
    }
    if ((this.#seen & needed) !== needed || !isSoundSoftwire(out, offset)) return -1
    out[offset + 10] = (this.#seen & seenPadding ? 1 : 0) | (this.#seen & seenReserved ? 2 : 0)
    return at + 1
  }

  #leaf(at: number, out: Uint8Array, offset: number): number {
    const { source } = this
    const first = source[at]
    // The names differ in their first bytes: i, p (ps, pa, po), b4, br.
    if (first === 105) return this.#value4(this.#name(at, ipv4, seenIpv4), out, offset)
    const second = source[at + 1]
    if (first === 98) {
      if (second === 52) return this.#value6(this.#name(at, b4Ipv6, seenB4), out, offset + 16)
      return this.#value6(this.#name(at, brAddress, seenBr), out, offset + 32)
    }
    if (first !== 112) return -1
    if (second === 111) return this.#portSet(at, out, offset)
    const short = second === 115
    at = this.#number(short ? this.#name(at, psid, seenPsid) : this.#name(at, padding, seenPadding), 0xffff)
    const target = offset + (short ? 4 : 8)
    out[target] = this.#value & 0xff
    out[target + 1] = this.#value >> 8
    return at
  }

  #portSet(at: number, out: Uint8Array, offset: number): number {
    at = this.#block(at, portSet)
    if (at < 0 || this.#seen & seenPortSet) return -1
    this.#seen |= seenPortSet
    for (;;) {
      at = this.skip(at)
      if (this.source[at] === close) return at + 1
      const long = this.source[at] === 114
      at = this.#number(
        long ? this.#name(at, reserved, seenReserved) : this.#name(at, psidLength, seenLength),
        16,
      )
      if (at < 0) return -1
      out[offset + (long ? 7 : 6)] = this.#value
    }
  }

  /** `NAME {`. */
  #block(at: number, name: Uint8Array): number {
    for (let i = 0; i < name.length; i++) if (this.source[at + i] !== name[i]) return -1
    at = this.skip(at + name.length)
    return this.source[at] === open ? at + 1 : -1
  }

  /** `NAME` and the white space behind it, once an entry. */
  #name(at: number, name: Uint8Array, bit: number): number {
    if (this.#seen & bit) return -1
    this.#seen |= bit
    for (let i = 0; i < name.length; i++) if (this.source[at + i] !== name[i]) return -1
    at += name.length
    return isSpace(this.source[at]) ? this.skip(at) : -1
  }

  #end(at: number): number {
    at = this.skip(at)
    return this.source[at] === semicolon ? at + 1 : -1
  }

  #number(at: number, most: number): number {
    if (at < 0) return -1
    let value = 0
    let digits = 0
    for (;;) {
      const digit = (this.source[at] as number) - 48
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
      if (++digits > 5) return -1
      at++
    }
    if (digits === 0 || value > most) return -1
    this.#value = value
    return this.#end(at)
  }

  #value4(at: number, out: Uint8Array, offset: number): number {
    if (at < 0) return -1
    const { source } = this
    for (let i = 0; i < 4; i++) {
      let value = 0
      const start = at
      for (;;) {
        const digit = (source[at] as number) - 48
        if (!(digit >= 0 && digit <= 9)) break
        value = value * 10 + digit
        at++
      }
      const length = at - start
      if (length === 0 || length > 3 || value > 255 || (length > 1 && source[start] === 48)) return -1
      out[offset + i] = value
      if (i < 3 && source[at++] !== 46) return -1
    }
    return this.#end(at)
  }

  /** Hexadecimal groups and at most one `::`; a dotted quad is left to the ordinary reader. */
  #value6(at: number, out: Uint8Array, offset: number): number {
    if (at < 0) return -1
    const { source } = this
    let groups = 0
    let gap = -1 // group before which :: stands
    if (source[at] === 58) {
      if (source[at + 1] !== 58) return -1
      gap = 0
      at += 2
    }
    for (;;) {
      let value = 0
      let digits = 0
      for (;;) {
        const byte = source[at] as number
        let digit = byte - 48
        if (!(digit >= 0 && digit <= 9)) {
          digit = (byte | 32) - 87
          if (!(digit >= 10 && digit <= 15)) break
        }
        value = (value << 4) | digit
        digits++
        at++
      }
      if (digits === 0) {
        if (gap !== groups) return -1 // only right behind ::
        break
      }
      if (digits > 4 || groups === 8) return -1
      out[offset + groups * 2] = value >> 8
      out[offset + groups * 2 + 1] = value & 0xff
      groups++
      if (source[at] !== 58) break
      at++
      if (source[at] !== 58) {
        if (isSpace(source[at]) || source[at] === semicolon) return -1 // ends in one colon
        continue
      }
      if (gap >= 0) return -1
      gap = groups
      at++
    }
    if (gap < 0 ? groups !== 8 : groups > 7) return -1
    if (gap >= 0) {
      // Moves what stands behind :: to the end.
      const moved = (groups - gap) * 2
      const from = offset + gap * 2
      out.copyWithin(offset + 16 - moved, from, from + moved)
      out.fill(0, from, offset + 16 - moved)
    }
    return this.#end(at)
  }
}
