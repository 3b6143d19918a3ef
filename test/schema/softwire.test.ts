/** One softwire by itself: records, and the three readers' verdicts, which must be one. */
import t from 'tap'
import { LwaftrError } from '../../src/errors.js'
import type { JsonObject, JsonValue } from '../../src/schema/json-types.js'
import { loadSchema } from '../../src/schema/schema.js'
import { decodeSoftwire, encodeSoftwire, SoftwireRecords } from '../../src/schema/softwire-record.js'
import { loadText } from '../../src/schema/text.js'
import { quoteText } from '../../src/schema/text-writer.js'
import { convert, pushSoftwire, validateSoftwire } from '../../src/schema/validate.js'
import { valueToText } from '../../src/schema/values.js'
import { hostIpv6, Random, softwire } from './random.js'

const schema = loadSchema()

t.test('a record gives back what it was made of', (t) => {
  const random = new Random(2)
  const records = new SoftwireRecords()
  const canonical = Array.from({ length: 200 }, () => validateSoftwire(schema, softwire(random)))
  for (const entry of canonical) records.push(entry)
  t.equal(records.count, 200)
  for (const [i, entry] of canonical.entries()) {
    t.same(decodeSoftwire(records.at(i)), entry)
    t.same(encodeSoftwire(entry), records.at(i))
  }
  t.throws(() => records.at(200), RangeError)
  t.end()
})

const odd: Record<string, readonly JsonValue[]> = {
  ipv4: [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '126.255.255.255',
    '128.0.0.0',
    '223.0.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.0',
    '255.255.255.254',
    '255.255.255.255',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4%eth0',
    '1.2.3.400',
    '',
    7,
  ],
  psid: [0, 1, 63, 64, 255, 256, 32767, 32768, 65535, 65536, -1, 1.5, '7', '', true],
  padding: [0, 65535, 65536],
  'psid-length': [0, 1, 6, 8, 15, 16, 17, -1],
  'reserved-ports-bit-count': [0, 1, 10, 15, 16, 17],
  ipv6: [
    '::',
    '::1',
    '::2',
    '0:0:0:0:0:0:0:1',
    '::0.0.0.1',
    '::0.0.0.2',
    'ff02::1',
    'FF00::',
    'ff::1',
    'fe80::1',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '::ffff:192.0.2.1',
    '2001:db8::192.0.2.1',
    '1:2:3:4:5:6:7',
    '12345::',
    ':::',
    ':',
    '1:',
    '',
    'x',
    5,
  ],
}

/** A valid softwire with some of its values replaced, dropped or added. */
function spoiled(random: Random): JsonObject {
  const entry: JsonObject = softwire(random)
  const portSet = entry['port-set'] as JsonObject
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const name = random.pick([
      'ipv4',
      'psid',
      'padding',
      'b4-ipv6',
      'br-address',
      'psid-length',
      'reserved-ports-bit-count',
    ])
    const target = name === 'psid-length' || name === 'reserved-ports-bit-count' ? portSet : entry
    if (random.chance(10)) delete target[name]
    else if (name.includes('6') || name === 'br-address')
      target[name] = random.chance(30) ? hostIpv6(random) : random.pick(odd.ipv6 as JsonValue[])
    else target[name] = random.pick(odd[name] as readonly JsonValue[])
  }
  if (random.chance(3)) entry.colour = 'red'
  if (random.chance(3)) delete entry['port-set']
  return entry
}

/** Canonical, or null when it is refused. */
function verdict(read: () => JsonObject): JsonObject | null {
  try {
    return read()
  } catch (failure) {
    if (failure instanceof LwaftrError) return null
    throw failure
  }
}

function asText(entry: JsonObject): Buffer {
  const block = (object: JsonObject): string =>
    Object.entries(object)
      .map(([name, value]) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? `${name} { ${block(value)} }`
          : `${name} ${quoteText(valueToText(value))};`,
      )
      .join('\n')
  return Buffer.from(`softwire-config { binding-table { softwire { ${block(entry)} } } }`)
}

t.test('libyang, the bulk check and the text reader agree on every softwire', (t) => {
  const random = new Random(3)
  let accepted = 0
  const rounds = 4000
  for (let i = 0; i < rounds; i++) {
    const entry = spoiled(random)
    const shown = JSON.stringify(entry)
    const tree = JSON.stringify({
      'snabb-softwire-v3:softwire-config': { 'binding-table': { softwire: [entry] } },
    })
    const libyang = verdict(
      () => JSON.parse(convert(tree, { from: 'json', to: 'json', configOnly: true })) as JsonObject,
    )
    const single = verdict(() => validateSoftwire(schema, entry))
    const bulk = verdict(() => {
      const records = new SoftwireRecords()
      pushSoftwire(schema, records, entry)
      return decodeSoftwire(records.bytes)
    })
    const canonical =
      libyang &&
      (
        (libyang['snabb-softwire-v3:softwire-config'] as JsonObject)['binding-table'] as {
          softwire: JsonObject[]
        }
      ).softwire[0]
    if (canonical) accepted++
    t.same(single, canonical ?? null, shown)
    t.same(bulk, canonical ?? null, shown)
    // Text has no types of its own: what is a string or a number is only the model's to say.
    const numbers = ['psid', 'padding', 'psid-length', 'reserved-ports-bit-count']
    const typed = Object.entries({ ...entry, ...(entry['port-set'] as JsonObject | undefined) }).every(
      ([name, value]) => !numbers.includes(name) || typeof value === 'number',
    )
    if (!typed) continue
    const text = verdict(() => decodeSoftwire(loadText(schema, asText(entry)).softwires.at(0)))
    t.same(text, canonical ?? null, `text: ${shown}`)
  }
  t.ok(accepted > rounds / 20 && accepted < rounds / 2, `${accepted} of ${rounds} accepted`)
  t.end()
})
