/**
 * Values of leaves between text (configuration text, paths), JSON (RFC 7951 s6) and canonical form (RFC 7950 s9).
 * Verdicts are those of libyang, which the tests compare; reasons are in our own words.
 */
import { formatIpv6, parseIpv4, parseIpv6 } from './addresses.js'
import type { JsonValue } from './json-types.js'
import type { BaseType, LeafType } from './schema.js'

/** Why a value is not one; the caller knows where, and makes an LwaftrError of it. */
export class BadValue {
  constructor(readonly problem: string) {}
}

/** The problem of a value that goes to `node`; a secret is not repeated. */
export function problemOf(
  { defaultDeny }: { readonly defaultDeny?: 'all' | 'write' },
  { problem }: BadValue,
): string {
  return defaultDeny === 'all' ? problem.replace(/^"(?:[^"\\]|\\.)*"(?:: | )/, '') : problem
}

const bounds: Partial<Record<BaseType, readonly [bigint, bigint]>> = {
  int8: [-0x80n, 0x7fn],
  int16: [-0x8000n, 0x7fffn],
  int32: [-0x8000_0000n, 0x7fff_ffffn],
  int64: [-(1n << 63n), (1n << 63n) - 1n],
  uint8: [0n, 0xffn],
  uint16: [0n, 0xffffn],
  uint32: [0n, 0xffff_ffffn],
  uint64: [0n, (1n << 64n) - 1n],
}

/** Bounds of an integer type, its ranges applied: the parts, or all of the base type. */
export function integerRanges(type: LeafType): readonly (readonly [bigint, bigint])[] {
  if (type.ranges.length > 0) return type.ranges.map(([min, max]) => [BigInt(min), BigInt(max)])
  const whole = bounds[type.base]
  return whole === undefined ? [] : [whole]
}

/** Whether JSON has it as a number (RFC 7951 s6.1: the 64-bit ones are strings). */
export function isJsonNumber(base: BaseType): boolean {
  return base in bounds && !base.endsWith('64')
}

const quote = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)

const listing = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

const spans = (ranges: readonly (readonly [bigint | string, bigint | string])[]) =>
  listing(ranges.map(([min, max]) => (min === max ? `${min}` : `${min} to ${max}`)))

/** What a type allows, for messages: "a number from 0 to 4095". */
export function describeType(type: LeafType): string {
  if (type.base in bounds) return `a number from ${spans(integerRanges(type))}`
  switch (type.base) {
    case 'boolean':
      return 'true or false'
    case 'enumeration':
    case 'identityref':
      return listing(type.names)
    case 'decimal64':
      return `a number with at most ${type.fractionDigits} decimals`
    case 'empty':
      return 'no value'
    case 'string':
      return described.get(type.format ?? '') ?? 'a string'
    default:
      return `a ${type.base}`
  }
}

const described = new Map([
  ['ipv4-address', 'an IPv4 address'],
  ['ipv6-address', 'an IPv6 address'],
  ['mac-address', 'a MAC address (six pairs of hexadecimal digits)'],
  ['date-and-time', 'a date and time (2026-01-31T12:00:00Z)'],
])

function integer(type: LeafType, text: string): bigint {
  // Leading zeros are decimal and 0x is hexadecimal, as the reference reads them; octal would surprise.
  if (!/^[+-]?(\d{1,40}|0[xX][0-9a-fA-F]{1,40})$/.test(text))
    throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
  const magnitude = BigInt(text.replace(/^[+-]/, ''))
  return ranged(type, text.startsWith('-') ? -magnitude : magnitude)
}

function ranged(type: LeafType, value: bigint): bigint {
  if (integerRanges(type).some(([min, max]) => value >= min && value <= max)) return value
  throw new BadValue(type.rangeMessage ?? `${value} is not ${describeType(type)}`)
}

function decimal(type: LeafType, text: string): string {
  const digits = type.fractionDigits ?? 1
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[3] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > digits)
    throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
  const scaled = BigInt(`${match[2]}${fraction.padEnd(digits, '0')}`) * (match[1] === '-' ? -1n : 1n)
  const allowed = type.ranges.length === 0 ? [[-(1n << 63n), (1n << 63n) - 1n] as const] : integerRanges(type)
  if (!allowed.some(([min, max]) => scaled >= min && scaled <= max))
    throw new BadValue(type.rangeMessage ?? `${text} is out of range`)
  const whole = BigInt(match[2] as string)
  return `${scaled < 0n ? '-' : ''}${whole}.${fraction === '' ? '0' : fraction}`
}

function string(type: LeafType, text: string): string {
  // Length counts characters, not UTF-16 units (RFC 7950 s9.4.4).
  if (type.ranges.length > 0) {
    const length = BigInt([...text].length)
    if (!type.ranges.some(([min, max]) => length >= BigInt(min) && length <= BigInt(max)))
      throw new BadValue(type.rangeMessage ?? `has ${length} characters; give ${spans(type.ranges)}`)
  }
  for (const { regex, inverted, message } of type.patterns)
    if (regex.test(text) === inverted)
      throw new BadValue(`${quote(text)}: ${message ?? `this is not ${describeType(type)}`}`)
  switch (type.format) {
    case 'ipv4-address':
      if (parseIpv4(text) === null && !text.includes('%'))
        throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
      return text
    case 'ipv6-address': {
      const bytes = parseIpv6(text)
      if (bytes === null) throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
      return formatIpv6(bytes)
    }
    case 'mac-address':
      return text.toLowerCase()
    default:
      return text
  }
}

function named(type: LeafType, text: string): string {
  if (type.names.includes(text)) return text
  throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
}

function union<T>(type: LeafType, read: (member: LeafType) => T, shown: string): T {
  for (const member of type.members) {
    try {
      return read(member)
    } catch (reason) {
      if (!(reason instanceof BadValue)) throw reason
    }
  }
  throw new BadValue(`${shown} is none of: ${type.members.map(describeType).join('; ')}`)
}

/** Reads a value as configuration text and paths have it; answers the canonical JSON value. Throws BadValue. */
export function valueFromText(type: LeafType, text: string): JsonValue {
  if (type.base in bounds) {
    const value = integer(type, text)
    return isJsonNumber(type.base) ? Number(value) : value.toString()
  }
  switch (type.base) {
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new BadValue(`${quote(text)} is not ${describeType(type)}`)
      return text === 'true'
    case 'empty':
      if (text !== '') throw new BadValue('takes no value')
      return [null]
    case 'decimal64':
      return decimal(type, text)
    case 'enumeration':
      return named(type, text)
    case 'identityref':
      return named(
        type,
        text.includes(':') ? text : (type.names.find((name) => name.endsWith(`:${text}`)) ?? text),
      )
    case 'union':
      return union(type, (member) => valueFromText(member, text), quote(text))
    default:
      return string(type, text)
  }
}

/** What is not a scalar is not looked into: it may be nested deeper than a stack. */
function shown(value: JsonValue): string {
  if (typeof value === 'string') return quote(value)
  return typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'an array'
      : 'an object'
    : String(value)
}

/** Reads a value as RFC 7951 has it, strictly: "1" is no number, 1 is no string. Canonical value back. Throws BadValue. */
export function valueFromJson(type: LeafType, value: JsonValue): JsonValue {
  const wrong = (needed: string) =>
    new BadValue(`${shown(value)} is not ${describeType(type)}; in JSON give ${needed}`)
  if (isJsonNumber(type.base)) {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong('a number')
    return Number(ranged(type, BigInt(value)))
  }
  switch (type.base) {
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong('true or false')
      return value
    case 'empty':
      if (!Array.isArray(value) || value.length !== 1 || value[0] !== null) throw wrong('[null]')
      return value
    case 'union':
      return union(type, (member) => valueFromJson(member, value), shown(value))
    default:
      if (typeof value !== 'string') throw wrong('a string')
      return valueFromText(type, value)
  }
}

/** A JSON value as configuration text and paths write it. */
export function valueToText(value: JsonValue): string {
  return Array.isArray(value) ? '' : String(value)
}
