/**
 * Configurations from before Snabb's lwAFTR had YANG: `key = value` lines, and a binding table in a file of its own.
 *
 *   aftr_ipv4_ip = 10.10.10.10          psid_map { 193.5.1.0-193.5.1.9 { psid_length = 6, shift = 10 } }
 *   binding_table = binding.table       br_addresses { 2001:db8::1, 2001:db8::2 }
 *   ipv4_ingress_filter = <in.pf        softwires { { ipv4 = 193.5.1.1, psid = 3, b4 = 2001:db8::b4, aftr = 1 } }
 */
import { dirname, resolve } from 'node:path'
import { readBytes } from '../../config-server/configuration-file.js'
import { parseIpv4 } from '../../schema/addresses.js'
import { LegacyLexer } from './legacy-lexer.js'
import type { Report } from './report.js'
import type { OldSoftwires } from './softwires.js'
import { block, leaf, type Statement } from './statements.js'

type Side = 'external-interface' | 'internal-interface'
type Place = readonly [side: Side, container: string | null, leaf: string]

const external = 'external-interface'
const internal = 'internal-interface'

const places: Readonly<Record<string, Place>> = {
  aftr_ipv4_ip: [external, null, 'ip'],
  aftr_mac_inet_side: [external, null, 'mac'],
  inet_mac: [external, 'next-hop', 'mac'],
  next_hop_ipv4_addr: [external, 'next-hop', 'ip'],
  v4_vlan_tag: [external, null, 'vlan-tag'],
  ipv4_mtu: [external, null, 'mtu'],
  ipv4_ingress_filter: [external, null, 'ingress-filter'],
  ipv4_egress_filter: [external, null, 'egress-filter'],
  policy_icmpv4_incoming: [external, null, 'allow-incoming-icmp'],
  policy_icmpv4_outgoing: [external, null, 'generate-icmp-errors'],
  icmpv4_rate_limiter_n_packets: [external, 'error-rate-limiting', 'packets'],
  icmpv4_rate_limiter_n_seconds: [external, 'error-rate-limiting', 'period'],
  max_ipv4_reassembly_packets: [external, 'reassembly', 'max-packets'],
  aftr_ipv6_ip: [internal, null, 'ip'],
  aftr_mac_b4_side: [internal, null, 'mac'],
  next_hop6_mac: [internal, 'next-hop', 'mac'],
  next_hop_ipv6_addr: [internal, 'next-hop', 'ip'],
  v6_vlan_tag: [internal, null, 'vlan-tag'],
  ipv6_mtu: [internal, null, 'mtu'],
  ipv6_ingress_filter: [internal, null, 'ingress-filter'],
  ipv6_egress_filter: [internal, null, 'egress-filter'],
  policy_icmpv6_incoming: [internal, null, 'allow-incoming-icmp'],
  policy_icmpv6_outgoing: [internal, null, 'generate-icmp-errors'],
  icmpv6_rate_limiter_n_packets: [internal, 'error-rate-limiting', 'packets'],
  icmpv6_rate_limiter_n_seconds: [internal, 'error-rate-limiting', 'period'],
  max_ipv6_reassembly_packets: [internal, 'reassembly', 'max-packets'],
  hairpinning: [internal, null, 'hairpinning'],
}

/** Defaults of that time which are not those of the model. */
const defaults: Readonly<Record<string, string>> = {
  icmpv4_rate_limiter_n_packets: '600000',
  icmpv6_rate_limiter_n_packets: '600000',
  max_fragments_per_reassembly_packet: '40',
}

/** Legacy files are lines of `key = value`, where the others have blocks. */
export function isLegacy(source: Buffer): boolean {
  return /^(?:\s|#.*)*\w+\s*=/.test(source.toString('utf8', 0, 4096))
}

interface Given {
  readonly value: string
  readonly line?: number
}

export async function readLegacy(
  source: Buffer,
  file: string,
  softwires: OldSoftwires,
  report: Report,
): Promise<Statement[]> {
  const settings = readSettings(new LegacyLexer(source, file))
  const table = settings.get('binding_table')
  const beside = (name: string) => resolve(dirname(file), name)
  if (table === undefined) report.remark('the file names no binding_table: the result has no softwires')
  else readBindingTable(new LegacyLexer(await readBytes(beside(table.value)), beside(table.value)), softwires)

  for (const [key, given] of settings)
    if (given.value.startsWith('<') && key.endsWith('_filter'))
      settings.set(key, {
        ...given,
        value: (await readBytes(beside(given.value.slice(1)))).toString().trim(),
      })
  return sides(settings, report)
}

function readSettings(lexer: LegacyLexer): Map<string, Given> {
  const settings = new Map<string, Given>()
  while (!lexer.atEnd) {
    const start = lexer.at
    const [key, value] = lexer.property()
    if (settings.has(key)) throw lexer.fail(start, 'duplicate', { name: key })
    settings.set(key, { value, line: lexer.place(start).line })
  }
  return settings
}

function sides(settings: ReadonlyMap<string, Given>, report: Report): Statement[] {
  const isTagged = settings.get('vlan_tagging')?.value.toLowerCase() === 'true'
  const leaves = new Map<string, Statement[]>()
  const put = (side: Side, container: string | null, one: Statement) => {
    const path = `${side} ${container ?? ''}`
    leaves.set(path, [...(leaves.get(path) ?? []), one])
  }
  const given = new Map<string, Given>(Object.entries(defaults).map(([key, value]) => [key, { value }]))
  for (const [key, { value, line }] of [...given, ...settings])
    given.set(key, line === undefined ? { value } : { value, line })
  for (const [key, { value, line }] of given) {
    const place = places[key]
    if (key === 'binding_table' || key === 'vlan_tagging') continue
    if (key.endsWith('_vlan_tag') && !isTagged)
      report.leftOut(`${key} ${value}`, 'vlan_tagging is not true, so that it was without effect', line)
    else if (key === 'max_fragments_per_reassembly_packet')
      for (const side of [external, internal] as const)
        put(side, 'reassembly', leaf('max-fragments-per-packet', numeral(value), line))
    else if (place === undefined) report.leftOut(`${key} ${value}`, 'this setting is not known', line)
    else put(place[0], place[1], leaf(place[2], settingValue(key, value), line))
  }
  return ([external, internal] as const).map((side) =>
    block(side, [
      ...(leaves.get(`${side} `) ?? []),
      ...['next-hop', 'error-rate-limiting', 'reassembly'].flatMap((name) => {
        const body = leaves.get(`${side} ${name}`)
        return body === undefined ? [] : [block(name, body)]
      }),
    ]),
  )
}

function settingValue(key: string, value: string): string {
  if (key.startsWith('policy_')) return String(value.toUpperCase() === 'ALLOW')
  if (key === 'hairpinning') return value.toLowerCase()
  return /_(mtu|packets|seconds|tag)$/.test(key) ? numeral(value) : value
}

/** Numbers may be written as 6e5 or 0x10; what is none stays, for the model to refuse. */
function numeral(text: string): string {
  return Number.isFinite(Number(text)) ? String(Number(text)) : text
}

function readBindingTable(lexer: LegacyLexer, softwires: OldSoftwires): void {
  lexer.section('psid_map')
  while (!lexer.take('}')) readPsids(lexer, softwires)
  lexer.section('br_addresses')
  while (!lexer.take('}')) {
    softwires.addBrAddress(lexer.word())
    lexer.take(',')
  }
  lexer.section('softwires')
  while (!lexer.take('}')) {
    const start = lexer.at
    const { ipv4, psid, b4, aftr } = lexer.properties(['ipv4', 'psid', 'b4', 'aftr'])
    const softwire = {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(b4 === undefined ? {} : { 'b4-ipv6': b4 }),
      ...(psid === undefined ? {} : { psid }),
      ...(aftr === undefined ? {} : { br: aftr }),
    }
    softwires.add(softwire, () => lexer.place(start).line)
    lexer.take(',')
  }
  if (!lexer.atEnd) throw lexer.syntax('the end of the text')
}

/** `ADDRESS[-ADDRESS], … { psid_length = N, shift = N }`; either number follows from the other. */
function readPsids(lexer: LegacyLexer, softwires: OldSoftwires): void {
  const ranges: { first: number; last: number }[] = []
  do {
    const first = address(lexer)
    ranges.push({ first, last: lexer.take('-') ? address(lexer) : first })
  } while (lexer.take(','))
  const start = lexer.at
  const { psid_length, shift } = lexer.properties(['psid_length', 'shift'])
  const psidLength = Number(psid_length ?? 16 - Number(shift ?? 16))
  const reservedPortsBitCount = 16 - psidLength - Number(shift ?? 16 - psidLength)
  if (!(psidLength >= 0 && psidLength <= 16 && reservedPortsBitCount >= 0 && reservedPortsBitCount <= 16))
    throw lexer.fail(start, 'bad-value', {
      name: 'psid_map',
      problem: 'psid_length and shift are numbers that do not exceed 16 together',
    })
  for (const range of ranges) softwires.addRange({ ...range, psidLength, reservedPortsBitCount })
  if (!lexer.take(',')) lexer.take(';')
}

function address(lexer: LegacyLexer): number {
  lexer.skip()
  const start = lexer.at
  const text = lexer.word()
  const bytes = parseIpv4(text)
  if (bytes === null)
    throw lexer.fail(start, 'bad-value', { name: 'psid_map', problem: `${text} is no IPv4 address` })
  return new DataView(bytes.buffer).getUint32(0)
}
