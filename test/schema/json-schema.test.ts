// The JSON Schema of configurations refuses nothing that libyang takes, and what it refuses libyang refuses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { insert } from '../../src/config-server/representation.js'
import { root } from '../../src/root.js'
import { loadConfiguration } from '../../src/schema/formats.js'
import { jsonSchema } from '../../src/schema/json-schema.js'
import type { JsonObject, JsonValue } from '../../src/schema/json-types.js'
import { loadSchema } from '../../src/schema/schema.js'
import { decodeSoftwire } from '../../src/schema/softwire-record.js'
import { convert } from '../../src/schema/validate.js'
import { configuration, Random } from './random.js'

const schema = loadSchema()
const accepts = new Ajv2020({ strict: true, strictRequired: false }).compile(jsonSchema(schema))

function libyangAccepts(tree: JsonObject): boolean {
  try {
    convert(JSON.stringify(tree), { from: 'json', to: 'json', configOnly: true })
    return true
  } catch {
    return false
  }
}

t.test('the examples are accepted', async (t) => {
  const files = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.conf'))
  t.ok(files.length > 2)
  for (const file of files) {
    const { tree, softwires } = loadConfiguration(schema, readFileSync(join(root, 'examples', file)), {
      file,
    })
    const entries = [...softwires].map((record) => decodeSoftwire(record))
    t.ok(accepts(insert(schema, { steps: [] }, tree, entries)), `${file}: ${JSON.stringify(accepts.errors)}`)
  }
})

const SIDE = '/snabb-softwire-v3:softwire-config/external-interface'
const TABLE = '/snabb-softwire-v3:softwire-config/binding-table'
const minimal = () => configuration(new Random(1))

/** The tree with the value in place of what is at the path of members and indices. */
function withValue(tree: JsonObject, path: string, value: JsonValue | undefined): JsonObject {
  const copy = structuredClone(tree)
  const steps = path.slice(1).split('/')
  const last = steps.pop() ?? ''
  let parent: JsonObject = copy
  for (const step of steps) {
    const below = (parent[step] ?? {}) as JsonObject
    parent[step] = below
    parent = below
  }
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}

t.test('what is wrong by itself is refused by both', async (t) => {
  const softwire = { ipv4: '192.0.2.1', psid: 0, 'b4-ipv6': '2001:db8::1', 'br-address': '2001:db8::2' }
  const whole = { ...softwire, 'port-set': { 'psid-length': 0 } }
  for (const [path, value, verdict] of [
    [`${SIDE}/mtu`, 1500, true],
    [`${SIDE}/mtu`, '1500', false],
    [`${SIDE}/mtu`, 65536, false],
    [`${SIDE}/mtu`, 1500.5, false],
    [`${SIDE}/mtuu`, 1500, false],
    [`${SIDE}/allow-incoming-icmp`, 'true', false],
    [`${SIDE}/error-rate-limiting`, { period: 0 }, false],
    [`${SIDE}/lwaftr:tcp-mss-clamp`, 0, false],
    [`${SIDE}/tcp-mss-clamp`, 1000, false],
    [`${TABLE}/version`, { number: '18446744073709551615' }, true],
    [`${TABLE}/version`, { number: 7 }, false],
    [`${TABLE}/version`, { date: 'yesterday' }, false],
    [`${TABLE}/softwire`, whole, false],
    [`${TABLE}/softwire`, [whole], true],
    [`${TABLE}/softwire`, [softwire], false],
    [`${TABLE}/softwire`, [{ ...whole, ipv4: '192.0.2.256' }], false],
    [`${TABLE}/softwire`, [{ ...whole, 'port-set': { 'psid-length': 17 } }], false],
    ['/snabb-softwire-v3:softwire-state', {}, false],
    ['/softwire-config', {}, false],
    ['/ietf-netconf-acm:nacm', { 'enable-nacm': true, 'read-default': 'permit' }, true],
    ['/ietf-netconf-acm:nacm', { 'read-default': 'maybe' }, false],
    ['/lwaftr:config-server', { history: { depth: 0 } }, false],
  ] as const) {
    const tree = withValue(minimal(), path, value as JsonValue)
    const title = `${path} ${JSON.stringify(value)}`
    t.equal(accepts(tree), verdict, title)
    t.equal(libyangAccepts(tree), verdict, `${title}, by libyang`)
  }
})

const queue = (change: JsonObject) => ({
  'snabb-softwire-v3:softwire-config': {
    instance: [
      {
        device: 'eth1',
        queue: [
          {
            id: 0,
            'external-interface': {
              ip: '192.0.2.1',
              mac: '02:00:00:00:00:01',
              'next-hop': { ip: '192.0.2.2' },
            },
            'internal-interface': {
              ip: '2001:db8::1',
              mac: '02:00:00:00:00:01',
              'next-hop': { ip: '2001:db8::2' },
            },
            ...change,
          },
        ],
      },
    ],
  },
})

t.test('of a choice there is one, and what is mandatory is there', async (t) => {
  const external = (change: JsonObject) => ({
    'external-interface': { ip: '192.0.2.1', mac: '02:00:00:00:00:01', ...change },
  })
  for (const [change, verdict] of [
    [{}, true],
    [external({ 'next-hop': { mac: '02:00:00:00:00:02' } }), true],
    [external({ 'next-hop': { ip: '192.0.2.2', mac: '02:00:00:00:00:02' } }), false],
    [external({ 'next-hop': {} }), false],
    [external({}), false],
    [{ 'passthru-interface': { device: 'int0' } }, false],
    [{ 'passthru-interface': { device: 'int0', mac: '02:00:00:00:00:03' } }, true],
  ] as const) {
    const tree = queue(change as JsonObject)
    t.equal(accepts(tree), verdict, JSON.stringify(change))
    t.equal(libyangAccepts(tree), verdict, `${JSON.stringify(change)}, by libyang`)
  }
})

t.test('random configurations, and random damage to them', async (t) => {
  const r = new Random(20)
  let refused = 0
  for (let i = 0; i < 300; i++) {
    const tree = configuration(r)
    t.ok(accepts(tree), JSON.stringify(accepts.errors))
    const damaged = damage(r, tree) as JsonObject
    if (accepts(damaged)) continue
    refused++
    t.notOk(libyangAccepts(damaged), `libyang refuses it, too: ${JSON.stringify(accepts.errors)}`)
  }
  t.ok(refused > 100, `${refused} were refused by both`)
})

/** One value, somewhere, becomes another. */
function damage(r: Random, value: JsonValue): JsonValue {
  const strange: JsonValue[] = [null, true, -1, 1e9, 'x', '', [], {}, [null]]
  if (typeof value !== 'object' || value === null || r.chance(10)) return r.pick(strange)
  if (Array.isArray(value)) {
    if (value.length === 0) return r.pick(strange)
    const index = r.below(value.length)
    return value.map((one, i) => (i === index ? damage(r, one) : one))
  }
  const names = Object.keys(value)
  if (names.length === 0 || r.chance(10)) return { ...value, [r.pick(['x', 'mtu', 'psid'])]: 1 }
  const name = r.pick(names)
  if (r.chance(20))
    return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)) as JsonObject
  return { ...value, [name]: damage(r, value[name] as JsonValue) }
}
