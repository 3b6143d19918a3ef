/** The formats beside each other: the same configuration in each, and what each refuses. */
import t from 'tap'
import { LwaftrError } from '../../src/errors.js'
import { detectFormat, loadConfiguration, readValueAt } from '../../src/schema/formats.js'
import { breachError } from '../../src/schema/invariants.js'
import { wrapJson } from '../../src/schema/json.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { parsePath } from '../../src/schema/paths.js'
import { loadSchema } from '../../src/schema/schema.js'
import { decodeSoftwire, SoftwireRecords } from '../../src/schema/softwire-record.js'
import { writeText } from '../../src/schema/text.js'
import { convert } from '../../src/schema/validate.js'
import { writeXml } from '../../src/schema/xml.js'
import { writeXPath } from '../../src/schema/xpath.js'
import { configuration, Random } from './random.js'
import { split } from './split.js'

const schema = loadSchema()
const everything = parsePath(schema, '/')
const join = (pieces: Iterable<string>) => [...pieces].join('')

t.test('text, JSON and XML say the same', (t) => {
  const random = new Random(7)
  for (let i = 0; i < 100; i++) {
    const whole = configuration(random)
    const { tree, softwires } = split(schema, whole)
    const source = { value: tree, softwires: [softwires.bytes] }
    const written = {
      text: join(writeText(schema, everything, source)),
      json: JSON.stringify(whole),
      xml: join(writeXml(schema, everything, source)),
    }
    for (const [format, text] of Object.entries(written)) {
      t.equal(detectFormat(Buffer.from(text)), format)
      const read = loadConfiguration(schema, Buffer.from(text))
      t.same(read.tree, tree, text)
      t.same(read.softwires.bytes, softwires.bytes, text)
    }
    const xml = convert(JSON.stringify(whole), { from: 'json', to: 'xml', configOnly: true })
    const again = loadConfiguration(schema, Buffer.from(xml))
    t.same(again.tree, tree, 'as libyang writes it')
    t.same(again.softwires.bytes, softwires.bytes)
  }
  t.end()
})

const parts: readonly (readonly [string, string, string, string, string])[] = [
  // path, text, JSON, XML, one leaf a line
  [
    '/softwire-config/external-interface/mtu',
    '1500\n',
    '{"snabb-softwire-v3:mtu":1500}',
    '<mtu xmlns="snabb:softwire-v3">1500</mtu>',
    '/softwire-config/external-interface/mtu 1500\n',
  ],
  [
    '/softwire-config/external-interface',
    'ingress-filter "a & <b>";\nlwaftr:tcp-mss-clamp 1400;\n',
    '{"snabb-softwire-v3:external-interface":{"ingress-filter":"a & <b>","lwaftr:tcp-mss-clamp":1400}}',
    '<external-interface xmlns="snabb:softwire-v3"><ingress-filter>a &#38; &#60;b&#62;</ingress-filter><tcp-mss-clamp xmlns="urn:lwaftr">1400</tcp-mss-clamp></external-interface>',
    '/softwire-config/external-interface/ingress-filter "a & <b>"\n/softwire-config/external-interface/tcp-mss-clamp 1400\n',
  ],
  [
    '/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=7]',
    'ipv4 1.2.3.4;\npsid 7;\nbr-address 2001:db8::2;\nb4-ipv6 2001:db8::1;\nport-set {\n  psid-length 3;\n}\n',
    '{"snabb-softwire-v3:softwire":[{"ipv4":"1.2.3.4","psid":7,"br-address":"2001:db8::2","b4-ipv6":"2001:db8::1","port-set":{"psid-length":3}}]}',
    '<softwire xmlns="snabb:softwire-v3"><ipv4>1.2.3.4</ipv4><psid>7</psid><br-address>2001:db8::2</br-address><b4-ipv6>2001:db8::1</b4-ipv6><port-set><psid-length>3</psid-length></port-set></softwire>',
    ['ipv4 1.2.3.4', 'psid 7', 'br-address 2001:db8::2', 'b4-ipv6 2001:db8::1', 'port-set/psid-length 3', '']
      .join('\n/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=7]/')
      .replace(/^/, '/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=7]/')
      .replace(/[^\n]*$/, ''),
  ],
]

for (const [where, text, json, xml, lines] of parts)
  t.test(`the part at ${where} in every format`, (t) => {
    const path = parsePath(schema, where)
    const { value } = readValueAt(schema, path, Buffer.from(text))
    for (const other of [json, xml]) t.same(readValueAt(schema, path, Buffer.from(other)).value, value, other)
    t.equal(join(writeText(schema, path, { value })), text)
    t.equal(JSON.stringify(wrapJson(path, value)), json)
    t.equal(join(writeXml(schema, path, { value })), xml)
    t.equal(join(writeXPath(schema, path, { value })), lines)
    t.end()
  })

t.test('lists and softwires as lines and elements', (t) => {
  const { tree, softwires } = loadConfiguration(
    schema,
    Buffer.from(`softwire-config { instance { device "a b"; } binding-table {
      softwire { ipv4 1.2.3.4; psid 0; b4-ipv6 2001:db8::1; br-address 2001:db8::2; port-set { psid-length 0; } } } }`),
  )
  const source = { value: tree, softwires: [softwires.bytes], defaults: true }
  const lines = join(writeXPath(schema, everything, source))
  t.match(lines, /^\/softwire-config\/instance\[device='a b'\]\/device "a b"$/m)
  t.match(
    lines,
    /^\/softwire-config\/binding-table\/softwire\[ipv4=1\.2\.3\.4\]\[psid=0\]\/port-set\/reserved-ports-bit-count 0$/m,
  )
  t.match(lines, /^\/softwire-config\/internal-interface\/hairpinning true$/m)
  const list = parsePath(schema, '/softwire-config/binding-table/softwire')
  const only = { value: [], softwires: [softwires.bytes] }
  t.match(
    join(writeXml(schema, list, only)),
    /^<softwire xmlns="snabb:softwire-v3"><ipv4>1\.2\.3\.4<\/ipv4>.*<\/softwire>$/,
  )
  t.match(join(writeText(schema, list, only)), /^softwire \{\n {2}ipv4 1\.2\.3\.4;\n/)
  t.end()
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['{"snabb-softwire-v3:softwire-config":{"name":}}', /this is not JSON/],
  ['{"snabb-softwire-v3:softwire-config":{"name":"a"}', /this is not JSON/],
  [
    '{"softwire-config":{}}',
    /unknown node softwire-config in the datastore; did you mean snabb-softwire-v3:softwire-config\?/,
  ],
  ['{"snabb-softwire-v3:softwire-config":[]}', /it is a container; in JSON give an object/],
  ['{"snabb-softwire-v3:softwire-config":{"binding-table":{"softwire":{}}}}', /in JSON give an array/],
  ['{"snabb-softwire-v3:softwire-config":{"binding-table":{"softwire":[7]}}}', /in JSON give an object/],
  ['{"snabb-softwire-v3:softwire-config":{"name":"a\\u0000b"}}', /./],
  ['<softwire-config xmlns="snabb:softwire-v3"><name>a</softwire-config>', /tag/],
  ['<softwire-config xmlns="urn:other"><name>a</name></softwire-config>', /urn:other/],
  [
    '<!DOCTYPE x [<!ENTITY y "z">]><softwire-config xmlns="snabb:softwire-v3"><name>&y;</name></softwire-config>',
    /document type or entity is not allowed/,
  ],
  ['<softwire-config xmlns="snabb:softwire-v3"><nane>a</nane></softwire-config>', /nane/],
  [
    '<softwire-config xmlns="snabb:softwire-v3"><external-interface><mtu>x</mtu></external-interface></softwire-config>',
    /mtu|x/,
  ],
]

for (const [text, message] of refused)
  t.test(`refused: ${text}`, (t) => {
    const error = t.throws(() => loadConfiguration(schema, Buffer.from(text), { file: 'c.json' }))
    t.ok(error instanceof LwaftrError, String(error))
    t.match((error as LwaftrError).message, message)
    t.match(error, { file: 'c.json' })
    t.end()
  })

t.test('a JSON syntax error has its line and column', (t) => {
  t.throws(() => loadConfiguration(schema, Buffer.from('{\n  "a": 1,\n  "b" 2\n}')), {
    name: 'LwaftrError',
    line: 3,
    column: 7,
  })
  t.end()
})

t.test('a breach of the rules across softwires names both entries', (t) => {
  const records = new SoftwireRecords()
  const entry = (psid: number, length: number): JsonObject => ({
    ipv4: '193.5.1.100',
    psid,
    'br-address': '2001:db8::2',
    'b4-ipv6': '2001:db8::1',
    'port-set': { 'psid-length': length },
  })
  records.push(entry(1, 6))
  records.push(entry(2, 5))
  records.push(entry(64, 6))
  const place = (psid: number) =>
    `/snabb-softwire-v3:softwire-config/binding-table/softwire[ipv4='193.5.1.100'][psid='${psid}']`
  const contradiction = breachError(schema, { rule: 'port-set', index: 1, other: 0 }, records.bytes)
  t.equal(contradiction.path, place(2))
  t.ok(
    contradiction.message.includes(place(1)) && contradiction.message.includes(place(2)),
    contradiction.message,
  )
  t.same(contradiction.value, { 'psid-length': 5 })
  const inTable = breachError(
    schema,
    { rule: 'port-set', index: 1, other: null },
    records.bytes,
    records.at(0),
  )
  t.equal(inTable.message, contradiction.message)
  const twice = breachError(schema, { rule: 'duplicate', index: 0, other: 0 }, records.bytes)
  t.match(twice, { code: 'softwire-duplicate', path: place(1) })
  const single = breachError(schema, { rule: 'psid-range', index: 2, other: null }, records.bytes)
  t.match(single, { code: 'must-violation', path: place(64), message: /psid does not fit/ })
  t.same(decodeSoftwire(records.at(2)), entry(64, 6))
  t.end()
})
