/**
 * What the readers of configurations, values and paths promise whatever they are given: an answer or an LwaftrError
 * that an operator can act on, never another failure; and what they took they can write and take again.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LwaftrError } from '../../src/errors.js'
import { root } from '../../src/root.js'
import type { Configuration } from '../../src/schema/configuration.js'
import { loadConfiguration, readValueAt } from '../../src/schema/formats.js'
import { formatApiPath, formatXPath, parseApiPath, parsePath } from '../../src/schema/paths.js'
import { loadSchema } from '../../src/schema/schema.js'
import { loadText, readText, type TextConfiguration, writeText } from '../../src/schema/text.js'
import type { Random } from '../schema/random.js'

const schema = loadSchema()
const everything = parsePath(schema, '/')

const read = (...path: string[]) => readFileSync(join(root, ...path))
const golden = readdirSync(join(root, 'test/golden')).filter((name) => name !== 'build')
const texts = [
  ...readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.conf'))
    .map((name) => read('examples', name)),
  ...golden.slice(0, 8).map((name) => read('test/golden', name, 'config.conf')),
  Buffer.from(
    '{"snabb-softwire-v3:softwire-config":{"instance":[{"device":"a\\u0000","queue":[{"id":0}]}]}}',
  ),
  Buffer.from(
    '<softwire-config xmlns="snabb:softwire-v3"><name>&lt;&#65;<![CDATA[x]]></name></softwire-config>',
  ),
]
const paths = [
  '/',
  '/softwire-config/external-interface/mtu',
  '/softwire-config/instance[device="a b"]/queue[id=0]/external-interface/ip',
  "/softwire-config/binding-table/softwire[ipv4=192.0.2.1][psid='7']/b4-ipv6",
  '/snabb-softwire-v3:softwire-config/binding-table/softwire=192.0.2.1,7',
  '/softwire-config/instance=a%2Fb%22,x',
  '/softwire-state/in-ipv4-packets',
]
const tokens = [
  ...'{};"\'/*+\\ \n\t=[]%,:<>&!-.0',
  ...[
    '//',
    '/*',
    '*/',
    '\r\n',
    '\0',
    '\ufeff',
    'ü',
    '\u{1f600}',
    '%2F',
    '%00',
    '%ff',
    '0x10',
    '1e9',
    '-1',
    '65536',
  ],
  ...[
    'softwire',
    'psid 0;',
    'port-set {',
    'padding 1;',
    'instance',
    'queue {',
    'next-hop',
    'lwaftr:',
    '::',
    '4294967296',
  ],
  ...[
    '<!DOCTYPE x>',
    '<![CDATA[',
    ']]>',
    '&#x0;',
    '\\ud800',
    '"__proto__":',
    'constructor',
    '18446744073709551616',
  ],
]

/** The original with some bytes changed, cut, doubled, moved, or replaced by what means something somewhere. */
export function change(random: Random, original: Buffer): Buffer {
  let bytes = original
  for (let n = 1 + random.below(4); n > 0; n--) {
    const [from, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)].sort((a, b) => a - b)
    const [a, b, c] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
    switch (random.below(7)) {
      case 0:
        bytes = Buffer.concat([a, Buffer.from(random.pick(tokens)), b, c])
        break
      case 1:
        bytes = Buffer.concat([a, Buffer.from(random.pick(tokens)), b.subarray(1), c])
        break
      case 2:
        bytes = Buffer.concat([a, Buffer.of(random.below(256)), b.subarray(1), c])
        break
      case 3:
        bytes = Buffer.concat([a, c])
        break
      case 4:
        bytes = Buffer.concat([a, b, b, c].map((part) => part.subarray(0, 8192)))
        break
      case 5:
        bytes = Buffer.concat([a, b.subarray(1 + random.below(8)), c])
        break
      default:
        bytes = Buffer.concat([a, b.subarray(-random.below(64)), c])
    }
  }
  return bytes
}

/** What `act` answers, or the LwaftrError it throws. Anything else thrown is a broken promise and passes. */
function attempt<T>(act: () => T): { value: T } | { refusal: LwaftrError } {
  try {
    return { value: act() }
  } catch (failure) {
    if (!(failure instanceof LwaftrError)) throw failure
    if (/\n/.test(failure.message)) throw new Error(`a message of several lines: ${failure.message}`)
    return { refusal: failure }
  }
}

function assert(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken: ${promise}`)
}

const written = (read: Configuration) =>
  Buffer.from(
    [...writeText(schema, everything, { value: read.tree, softwires: [read.softwires.bytes] })].join(''),
  )

/** Nothing but empty containers: what is written then is no text, which is refused as one. */
const isEmpty = (read: Configuration) => Object.keys(read.tree).length === 0 && read.softwires.count === 0

function checkText(source: Buffer): void {
  const answer = attempt(() => readText(schema, source))
  if ('refusal' in answer) {
    const { line = 0, column = 0 } = answer.refusal
    const lines = source.toString('latin1').split('\n')
    assert(line >= 1 && line <= lines.length, `line ${line} of ${lines.length} exists`)
    assert(
      column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1,
      `column ${column} of line ${line} exists`,
    )
  } else if (answer.value.softwires.count > 0) checkPlainSoftwires(source, answer.value)
  const loaded = attempt(() => loadText(schema, source))
  if ('refusal' in loaded || isEmpty(loaded.value)) return
  const again = loadText(schema, written(loaded.value))
  assert(JSON.stringify(again.tree) === JSON.stringify(loaded.value.tree), 'a tree is read as it was written')
  assert(Buffer.compare(again.softwires.bytes, loaded.value.softwires.bytes) === 0, 'softwires are, too')
}

/** Plain softwires go through a reader of their own; in quotes they do not. Both must see the same. */
function checkPlainSoftwires(source: Buffer, plain: TextConfiguration): void {
  const text = source.toString('utf8')
  if (/["'/]/.test(text)) return
  const quoted = text.replace(
    /\b(ipv4|psid|padding|b4-ipv6|br-address|psid-length|reserved-ports-bit-count)([ \t\r\n]+)([^ \t\r\n;{}]+)(?=[ \t\r\n]*;)/g,
    '$1$2"$3"',
  )
  const slow = readText(schema, Buffer.from(quoted))
  assert(
    Buffer.compare(slow.softwires.bytes, plain.softwires.bytes) === 0,
    'both readers see the same softwires',
  )
}

function checkAnyFormat(source: Buffer): void {
  const loaded = attempt(() => loadConfiguration(schema, source))
  if ('refusal' in loaded || isEmpty(loaded.value)) return
  const again = loadText(schema, written(loaded.value))
  assert(
    JSON.stringify(again.tree) === JSON.stringify(loaded.value.tree),
    'a tree of any format becomes text',
  )
}

function checkPath(random: Random, text: string, source: Buffer): void {
  const answer = attempt(() => (random.chance(30) ? parseApiPath(schema, text) : parsePath(schema, text)))
  if ('refusal' in answer) return
  const path = answer.value
  for (const format of [formatXPath, formatApiPath]) {
    const again = parsePath(schema, format(path))
    assert(format(again) === format(path), `${format(path)} is read as it was written`)
  }
  attempt(() => readValueAt(schema, path, source))
}

/** One round; what it was given is in the error when a promise is broken. */
export function check(random: Random): void {
  const source = change(random, random.pick(texts))
  const path = change(random, Buffer.from(random.pick(paths))).toString('utf8')
  try {
    checkText(source)
    checkAnyFormat(source)
    checkPath(random, path, source.subarray(0, random.below(400)))
  } catch (failure) {
    const shown = `path ${JSON.stringify(path)}, source ${JSON.stringify(source.toString('latin1'))}`
    throw new Error(`with ${shown}`, { cause: failure })
  }
}
