// A confined user's relay is a relay without the hidden parts: its answers are compared, whole, with those that one gives
// to whom nothing is hidden, and commits elsewhere leave its entity-tags alone.
import t, { type Test } from 'tap'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { bearer, user } from '../access/users.js'
import { build, CONFIG, minimal, softwire, TABLE } from '../helper.js'

const P = '/snabb-softwire-v3:softwire-config'
const LIST = `${P}/binding-table/softwire`
const SEED = Number(process.env.LWAFTR_SEED ?? Date.now() % 1e9)

/** The same numbers for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const administrators = {
  name: 'administrators',
  group: ['administrators'],
  rule: [{ name: 'all', action: 'permit' }],
}

const configuration = (softwires: JsonObject[], rules: JsonObject[], readDefault = 'permit'): JsonObject => ({
  'snabb-softwire-v3:softwire-config': {
    ...(minimal['snabb-softwire-v3:softwire-config'] as JsonObject),
    'binding-table': softwires.length > 0 ? { softwire: softwires } : {},
  },
  'lwaftr:config-server': {
    user: [user('ann', { group: ['confined'] }), user('root', { group: ['administrators'] })],
  },
  'ietf-netconf-acm:nacm': {
    'read-default': readDefault,
    'rule-list': [
      administrators,
      ...(rules.length > 0 ? [{ name: 'l', group: ['confined'], rule: rules }] : []),
    ],
  },
})

const VIEWS = [
  `${TABLE}/softwire`,
  `${TABLE}/softwire?limit=3&offset=2`,
  `${TABLE}/softwire?limit=0`,
  TABLE,
  `${TABLE}?with-defaults=report-all`,
  `${TABLE}?depth=2`,
  `${TABLE}?fields=softwire(psid)`,
  `${CONFIG}?content=config`,
  `${TABLE}/softwire=10.0.0.1,1`,
  `${TABLE}/softwire=10.0.0.2,2`,
  `${TABLE}/softwire=10.0.0.3,3/b4-ipv6`,
  `${TABLE}/softwire=10.0.0.1,1/padding`,
]
const FORMATS = ['application/yang-data+json', 'application/yang-data+xml']

/** [rules of the confined, read-default, what of a softwire is visible]. */
type Policy = readonly [JsonObject[], string, (address: number, psid: number) => boolean]

function policy(next: () => number): Policy {
  const addresses = [1, 2, 3, 4].filter(() => next() < 0.5)
  const psid = Math.floor(next() * 4)
  const permit = next() < 0.5
  const rules = addresses.map((address) => ({
    name: `a${address}`,
    action: permit ? 'permit' : 'deny',
    path: `${LIST}[ipv4='10.0.0.${address}']`,
  }))
  const one = { name: 'psid', action: permit ? 'permit' : 'deny', path: `${LIST}[psid='${psid}']` }
  const withPsid = next() < 0.3
  const named = (address: number, p: number) => addresses.includes(address) || (withPsid && p === psid)
  const all = [...rules, ...(withPsid ? [one] : [])]
  if (!permit) return [all, 'permit', (address, p) => !named(address, p)]
  return [[...all, { name: 'rest', action: 'deny', path: LIST }], 'permit', named]
}

async function sameAnswers(
  t: Test,
  [rules, readDefault, visible]: Policy,
  count: number,
  next: () => number,
) {
  const softwires: [number, number][] = []
  for (let address = 1; address <= 4; address++)
    for (let psid = 0; psid < 5; psid++) if (next() < count) softwires.push([address, psid])
  const entries = (pairs: [number, number][]) => pairs.map(([a, p]) => softwire(`10.0.0.${a}`, p))
  const whole = await build(t, configuration(entries(softwires), rules, readDefault))
  const bare = await build(t, configuration(entries(softwires.filter(([a, p]) => visible(a, p))), []))
  for (const url of VIEWS)
    for (const accept of FORMATS) {
      const confined = await whole.send('GET', url, undefined, { ...bearer('ann'), accept })
      const plain = await bare.send('GET', url, undefined, { ...bearer('ann'), accept })
      t.same(
        [confined.statusCode, confined.headers['content-type'], confined.body],
        [plain.statusCode, plain.headers['content-type'], plain.body],
        `${url} ${accept}`,
      )
    }
}

for (let round = 0; round < 12; round++)
  t.test(`answers are those of a relay without the hidden softwires (seed ${SEED + round})`, async (t) => {
    const next = random(SEED + round)
    await sameAnswers(t, policy(next), round === 0 ? 0 : 0.7, next)
  })

t.test('commits that change nothing visible leave entity-tag and time as they are', async (t) => {
  const rules = [
    { name: 'mine', action: 'permit', path: `${LIST}[ipv4='10.0.0.1']` },
    { name: 'rest', action: 'deny', path: LIST },
  ]
  const table = [softwire('10.0.0.1', 1), softwire('10.0.0.2', 1)]
  const { send } = await build(t, configuration(table, rules))
  const look = async () => {
    const { headers, statusCode } = await send('GET', TABLE, undefined, bearer('ann'))
    return [statusCode, headers.etag, headers['last-modified']]
  }
  const put = (address: string, psid: number, who = 'root') =>
    send(
      'PUT',
      `${TABLE}/softwire=${address},${psid}`,
      { 'snabb-softwire-v3:softwire': [softwire(address, psid)] },
      bearer(who),
    )
  const before = await look()
  t.equal((await put('10.0.0.2', 2)).statusCode, 201)
  t.same(await look(), before, 'another’s softwire')
  t.equal((await put('10.0.0.1', 2)).statusCode, 201)
  const after = await look()
  t.not(after[1], before[1], 'one of its own')
  const fresh = { ...bearer('ann'), 'if-none-match': String(after[1]) }
  t.equal((await send('GET', TABLE, undefined, fresh)).statusCode, 304)
})

t.test(
  'entity-tags of numbers that one writes are none of revisions: else they would count commits',
  async (t) => {
    const rules = [{ name: 'mine', action: 'permit', path: `${LIST}[ipv4='10.0.0.1']` }]
    const { send } = await build(t, configuration([softwire('10.0.0.1', 1)], rules))
    const tags = []
    for (let revision = 1; revision < 6; revision++) {
      const { headers } = await send('GET', TABLE, undefined, bearer('ann'))
      tags.push(headers.etag)
      const padding = { 'snabb-softwire-v3:padding': revision }
      const put = await send('PUT', `${TABLE}/softwire=10.0.0.1,1/padding`, padding, bearer('ann'))
      tags.push(put.headers.etag)
    }
    t.equal(new Set(tags).size, 10)
  },
)

t.test('of two who saw the same state one wins, also where both are confined', async (t) => {
  const rules = [{ name: 'mine', action: 'permit', path: `${LIST}[ipv4='10.0.0.1']` }]
  const { send } = await build(t, configuration([softwire('10.0.0.1', 1)], rules))
  const entry = `${TABLE}/softwire=10.0.0.1,1`
  const { etag } = (await send('GET', `${entry}/b4-ipv6`, undefined, bearer('ann'))).headers
  const put = (b4: string) =>
    send(
      'PUT',
      `${entry}/b4-ipv6`,
      { 'snabb-softwire-v3:b4-ipv6': b4 },
      { ...bearer('ann'), 'if-match': String(etag) },
    )
  const [one, other] = await Promise.all([put('2001:db8::7'), put('2001:db8::8')])
  t.same([one.statusCode, other.statusCode].sort(), [204, 412])
})

t.test('no answer tells a hidden softwire from an absent one', async (t) => {
  const rules = [
    { name: 'mine', action: 'permit', path: `${LIST}[ipv4='10.0.0.1']` },
    { name: 'rest', action: 'deny', path: LIST },
  ]
  const { send } = await build(t, configuration([softwire('10.0.0.1', 1), softwire('10.0.0.2', 1)], rules))
  const value = (psid: number, more = {}) => ({
    'snabb-softwire-v3:softwire': [softwire('10.0.0.2', psid, more)],
  })
  const tries = (psid: number) =>
    [
      ['GET', `/softwire=10.0.0.2,${psid}`],
      ['HEAD', `/softwire=10.0.0.2,${psid}`],
      ['GET', `/softwire=10.0.0.2,${psid}/b4-ipv6`],
      ['DELETE', `/softwire=10.0.0.2,${psid}`],
      ['PUT', `/softwire=10.0.0.2,${psid}`, value(psid)],
      ['PUT', `/softwire=10.0.0.2,${psid}`, value(psid), { 'if-none-match': '*' }],
      ['PUT', `/softwire=10.0.0.2,${psid}`, value(psid), { 'if-match': '*' }],
      ['PUT', `/softwire=10.0.0.2,${psid}`, value(psid, { 'port-set': { 'psid-length': 7 } })],
      ['PATCH', `/softwire=10.0.0.2,${psid}`, value(psid)],
      ['POST', '', value(psid)],
      ['PUT', `/softwire=10.0.0.2,${psid}/padding`, { 'snabb-softwire-v3:padding': 1 }],
      ['DELETE', `/softwire=10.0.0.2,${psid}/padding`],
      ['POST', `/softwire=10.0.0.2,${psid}`, { 'snabb-softwire-v3:padding': 1 }],
    ] as const
  const ask = async (psid: number) => {
    const answers = []
    for (const [method, url, body, headers = {}] of tries(psid)) {
      const { statusCode, body: text } = await send(method, TABLE + url, body, {
        ...bearer('ann'),
        ...headers,
      })
      answers.push(
        [method, url, statusCode, text].map((part) => String(part).replaceAll(/\b(2,|psid=')\d\b/g, '$1N')),
      )
    }
    return answers
  }
  t.same(await ask(1), await ask(2))
})
