/** Configurations in the text format of any version, read without a model. */

import { parseIpv4 } from '../../schema/addresses.js'
import { readPlainSoftwires } from '../../schema/native.js'
import { Lexer } from '../../schema/text-lexer.js'
import type { Report } from './report.js'
import type { OldSoftwire, OldSoftwires, SoftwireLeaf } from './softwires.js'
import { type Statement, StatementReader } from './statements.js'

/** What a softwire's leaves are called: in Snabb's modules, and in ietf-softwire-br and the drafts that led to it. */
const leaves: Readonly<Record<string, SoftwireLeaf>> = {
  ipv4: 'ipv4',
  psid: 'psid',
  padding: 'padding',
  br: 'br',
  'b4-ipv6': 'b4-ipv6',
  'br-address': 'br-address',
  'psid-length': 'psid-length',
  'reserved-ports-bit-count': 'reserved-ports-bit-count',
  'binding-ipv4-addr': 'ipv4',
  'binding-ipv6info': 'b4-ipv6',
  'br-ipv6-addr': 'br-address',
  'lwaftr-ipv6-addr': 'br-address',
  'psid-len': 'psid-length',
  'psid-offset': 'reserved-ports-bit-count',
}

/** Reads all of it: softwires, psid-map and br-address into `softwires`, the rest is answered. */
export function readStatements(
  source: Buffer,
  file: string,
  softwires: OldSoftwires,
  report: Report,
): Statement[] {
  const lexer = new Lexer(source, file)
  const reader = new StatementReader(lexer)
  return reader.block(null, (name) => {
    const start = lexer.at
    const line = () => reader.lineOf(start)
    if (name === 'softwire' || name === 'binding-entry') {
      // Those as they are today, by the thousands, natively.
      const { records, end } = readPlainSoftwires(source, start - Buffer.byteLength(name))
      softwires.append(records)
      if (records.length > 0) lexer.at = end
      else softwires.add(readSoftwire(reader, name, report, line), line)
    } else if (name === 'psid-map') readPsidMap(reader, softwires, report)
    else if (name === 'br-address') softwires.addBrAddress(reader.argument(name), line())
    else return false
    return true
  })
}

function readSoftwire(
  reader: StatementReader,
  name: string,
  report: Report,
  line: () => number,
): OldSoftwire {
  const { lexer } = reader
  const softwire: OldSoftwire = {}
  const open = (what: string) => {
    if (!lexer.take('{')) throw lexer.syntax(lexer.at, `{ is expected after ${what}, not ${lexer.shown()}`)
  }
  open(name)
  for (let depth = 1; depth > 0; ) {
    if (lexer.take('}')) {
      depth--
      continue
    }
    const start = lexer.at
    const word = lexer.name()
    const leaf = leaves[word]
    if (leaf !== undefined) {
      if (softwire[leaf] !== undefined) throw lexer.fail(start, 'duplicate', { name: word })
      softwire[leaf] = reader.argument(word)
    } else if (word === 'port-set') {
      open(word)
      depth++
    } else {
      const value = reader.argument(word)
      report.leftOut(`${word} ${value}`, `a softwire has no ${word} here`, line())
    }
  }
  return softwire
}

/** Snabb lets `shift` win over `reserved-ports-bit-count`; bits that neither names are reserved. */
function readPsidMap(reader: StatementReader, softwires: OldSoftwires, report: Report): void {
  const { lexer } = reader
  const start = lexer.at
  if (!lexer.take('{')) throw lexer.syntax(start, `{ is expected after psid-map, not ${lexer.shown()}`)
  const map = new Map(reader.block(start).map(({ name, argument }) => [name, argument ?? '']))
  const address = (text: string | undefined) => {
    const bytes = text === undefined ? null : parseIpv4(text)
    return bytes === null ? Number.NaN : new DataView(bytes.buffer).getUint32(0)
  }
  const first = address(map.get('addr'))
  const last = map.has('end-addr') ? address(map.get('end-addr')) : first
  const psidLength = bits(map.get('psid-length') ?? '')
  const reserved = bits(map.get('reserved-ports-bit-count') ?? '0')
  const shift = map.get('shift')
  const reservedPortsBitCount = shift === undefined ? reserved : 16 - psidLength - bits(shift)
  if (first <= last && psidLength + reservedPortsBitCount <= 16 && reservedPortsBitCount >= 0)
    softwires.addRange({ first, last, psidLength, reservedPortsBitCount })
  else
    report.leftOut(
      `psid-map addr ${map.get('addr')}`,
      'its addresses are none, or its bits are not those of a port',
      reader.lineOf(start),
    )
}

/** NaN where it is no number of bits of a port. */
function bits(text: string): number {
  return /^\d{1,2}$/.test(text) && Number(text) <= 16 ? Number(text) : Number.NaN
}
