import t from 'tap'
import { build, CONFIG, softwire, TABLE } from './helper.js'

const PLAIN = softwire('193.5.1.100', 1)
const keys = { ipv4: '193.5.1.100', psid: 1 }
const SIDE = `${CONFIG}/external-interface`
const list = (...entries: unknown[]) => ({ 'snabb-softwire-v3:softwire': entries })
const config = (value: unknown) => ({ 'snabb-softwire-v3:softwire-config': value })
const tag = { 'ietf-netconf-with-defaults:default': true }

/** [URL, what is answered: 404, or the body]. */
const answers: [string, unknown][] = [
  // depth
  [`${CONFIG}?depth=1`, config({})],
  [
    `${CONFIG}?depth=2`,
    config({ instance: [{ device: 'eth0' }], 'external-interface': {}, 'binding-table': {} }),
  ],
  ['/restconf/data?depth=2&content=config', { 'ietf-restconf:data': config({}) }],
  [`${TABLE}?depth=1`, { 'snabb-softwire-v3:binding-table': {} }],
  [`${TABLE}?depth=2`, { 'snabb-softwire-v3:binding-table': { softwire: [keys, { ...keys, psid: 2 }] } }],
  [`${TABLE}/softwire=193.5.1.100,1?depth=1`, list(keys)],
  [`${TABLE}/softwire=193.5.1.100,1?depth=2`, list({ ...PLAIN, 'port-set': {} })],
  [`${SIDE}/mtu?depth=1`, { 'snabb-softwire-v3:mtu': 1500 }],
  [`${SIDE}?depth=65535`, { 'snabb-softwire-v3:external-interface': { mtu: 1500 } }],
  // fields
  [`${CONFIG}?fields=external-interface/mtu`, config({ 'external-interface': { mtu: 1500 } })],
  [
    `${CONFIG}?fields=external-interface(mtu;mru);instance(device)`,
    config({ instance: [{ device: 'eth0' }], 'external-interface': { mtu: 1500 } }),
  ],
  [
    `${CONFIG}?fields=instance/queue/external-interface(next-hop/ip)`,
    config({
      instance: [
        { device: 'eth0', queue: [{ id: 0, 'external-interface': { 'next-hop': { ip: '172.20.0.1' } } }] },
      ],
    }),
  ],
  [`${CONFIG}?fields=internal-interface`, config({})],
  [`${CONFIG}?fields=external-interface/lwaftr%3Atcp-mss-clamp`, config({ 'external-interface': {} })],
  [
    `${CONFIG}?fields=snabb-softwire-v3:external-interface;external-interface(mtu)`,
    config({ 'external-interface': { mtu: 1500 } }),
  ],
  [`${TABLE}/softwire?fields=b4-ipv6&where=psid=1`, list({ ...keys, 'b4-ipv6': PLAIN['b4-ipv6'] })],
  [`${TABLE}?fields=version`, { 'snabb-softwire-v3:binding-table': {} }],
  [
    '/restconf/data?fields=snabb-softwire-v3:softwire-config/binding-table(softwire/psid)',
    {
      'ietf-restconf:data': config({ 'binding-table': { softwire: [keys, { ...keys, psid: 2 }] } }),
    },
  ],
  [`${TABLE}/softwire=193.5.1.100,1?fields=port-set&depth=1`, list({ ...keys, 'port-set': {} })],
  // with-defaults
  [`${SIDE}/mru`, { 'snabb-softwire-v3:mru': 1460 }],
  [`${TABLE}/softwire=193.5.1.100,1/padding`, { 'snabb-softwire-v3:padding': 0 }],
  [`${SIDE}/mru?with-defaults=explicit`, 404],
  [`${SIDE}/mru?with-defaults=trim`, 404],
  [`${SIDE}/mru?content=nonconfig`, 404],
  [
    `${SIDE}/mru?with-defaults=report-all-tagged`,
    { 'snabb-softwire-v3:mru': 1460, '@snabb-softwire-v3:mru': tag },
  ],
  [`${SIDE}/mtu?with-defaults=report-all-tagged`, { 'snabb-softwire-v3:mtu': 1500 }],
  [
    `${SIDE}?with-defaults=report-all-tagged&fields=mtu;mru`,
    { 'snabb-softwire-v3:external-interface': { mtu: 1500, mru: 1460, '@mru': tag } },
  ],
  [
    `${TABLE}/softwire?with-defaults=report-all-tagged&where=psid=1`,
    list({
      ...PLAIN,
      padding: 0,
      '@padding': tag,
      'port-set': { 'psid-length': 6, 'reserved-ports-bit-count': 0, '@reserved-ports-bit-count': tag },
    }),
  ],
  [`${SIDE}?with-defaults=trim`, { 'snabb-softwire-v3:external-interface': { mtu: 1500 } }],
]

for (const [url, expected] of answers)
  t.test(`GET ${url}`, async (t) => {
    const { send } = await build(t)
    const answer = await send('GET', url)
    if (expected === 404) t.equal(answer.statusCode, 404, answer.body)
    else t.same(answer.json(), expected, answer.body)
  })

t.test('trim leaves out what was set to its default', async (t) => {
  const { send } = await build(t)
  await send('PUT', `${SIDE}/mru`, { 'snabb-softwire-v3:mru': 1460 })
  await send('PUT', `${TABLE}/softwire=193.5.1.100,1/padding`, { 'snabb-softwire-v3:padding': 0 })
  t.same((await send('GET', `${SIDE}?with-defaults=trim`)).json(), {
    'snabb-softwire-v3:external-interface': { mtu: 1500 },
  })
  t.same((await send('GET', `${TABLE}/softwire?where=psid=1&with-defaults=trim`)).json(), list(PLAIN))
  t.same((await send('GET', `${TABLE}/softwire?where=psid=1`)).json(), list({ ...PLAIN, padding: 0 }))
  t.equal((await send('GET', `${SIDE}/mru?with-defaults=trim`)).statusCode, 404)
})

for (const query of [
  'depth=0',
  'depth=65536',
  'depth=-1',
  'depth=1.5',
  'depth=all',
  'depth=',
  'depth',
  'fields=',
  'fields=nonsense',
  'fields=mtu',
  'fields=external-interface(mtu',
  'fields=external-interface)',
  'fields=external-interface(mtu))',
  'fields=external-interface/',
  'fields=external-interface;',
  'fields=;external-interface',
  'fields=external-interface()',
  'fields=external-interface/tcp-mss-clamp',
  'fields=lwaftr:external-interface',
  'fields=external-interface/mtu/mtu',
  'fields=%28%28%28%28',
  'fields=%ff',
  'with-defaults=all',
  'with-defaults=',
  'content=',
  'content=config&content=config',
  'insert=first',
  'filter=x',
  'start-time=2026-01-01T00:00:00Z',
  '&',
  '=',
])
  t.test(`refused: ?${query}`, async (t) => {
    const { send } = await build(t)
    const answer = await send('GET', `${CONFIG}?${query}`)
    t.equal(answer.statusCode, 400, answer.body)
    t.equal(answer.json()['ietf-restconf:errors'].error[0]['error-tag'], 'invalid-value')
  })
