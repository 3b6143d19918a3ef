import t from 'tap'
import { build, CONFIG, minimal, softwire, TABLE } from './helper.js'

const JSON_TYPE = 'application/yang-data+json'
const ENTRY = `${TABLE}/softwire=193.5.1.100,1`
const own = (value: unknown) => ({ 'snabb-softwire-v3:softwire': [value] })
const table = (...softwires: unknown[]) => ({ 'snabb-softwire-v3:binding-table': { softwire: softwires } })
const entryPath = (psid: number) =>
  `/snabb-softwire-v3:softwire-config/binding-table/softwire[ipv4='193.5.1.100'][psid='${psid}']`

/** [what, method, URL, body, status, error-tag, error-path or undefined, media type]. */
const cases: [
  string,
  'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  string,
  unknown,
  number,
  string,
  (string | undefined)?,
  string?,
][] = [
  ['a node that the model lacks', 'GET', `${CONFIG}/nonsense`, undefined, 400, 'unknown-element'],
  ['a module that is not there', 'GET', '/restconf/data/nonsense:x', undefined, 400, 'unknown-namespace'],
  [
    'a top-level node without its module',
    'GET',
    '/restconf/data/softwire-config',
    undefined,
    400,
    'invalid-value',
  ],
  [
    'an absent entry',
    'GET',
    `${TABLE}/softwire=193.5.1.100,9`,
    undefined,
    404,
    'invalid-value',
    entryPath(9),
  ],
  ['an absent leaf', 'GET', `${CONFIG}/name`, undefined, 404, 'invalid-value'],
  ['a key too few', 'GET', `${TABLE}/softwire=193.5.1.100`, undefined, 400, 'invalid-value'],
  ['a key that is no address', 'GET', `${TABLE}/softwire=193.5.1,1`, undefined, 400, 'invalid-value'],
  ['a key out of range', 'GET', `${TABLE}/softwire=193.5.1.100,70000`, undefined, 400, 'invalid-value'],
  [
    'an entry of a list above that is not named',
    'GET',
    `${CONFIG}/instance/queue=0`,
    undefined,
    400,
    'invalid-value',
  ],
  ['an unknown query parameter', 'GET', `${TABLE}?nonsense=1`, undefined, 400, 'invalid-value'],
  [
    'a query parameter given twice',
    'GET',
    `${TABLE}?content=all&content=config`,
    undefined,
    400,
    'invalid-value',
  ],
  ['a value that a parameter cannot have', 'GET', `${TABLE}?content=some`, undefined, 400, 'invalid-value'],
  ['a page of what is no list', 'GET', `${TABLE}?limit=1`, undefined, 400, 'operation-not-supported'],
  ['half a page', 'GET', `${TABLE}/softwire?limit=0.5`, undefined, 400, 'invalid-value'],
  ['parameters where none are taken', 'DELETE', `${ENTRY}?content=all`, undefined, 400, 'invalid-value'],
  ['a path that cannot be decoded', 'GET', `${TABLE}/softwire=%zz,1`, undefined, 400, 'malformed-message'],
  ['a resource that is not RESTCONF’s', 'GET', '/nonsense', undefined, 404, 'invalid-value'],

  ['a body that is not JSON', 'PUT', ENTRY, '{"snabb', 400, 'malformed-message'],
  ['no body', 'PUT', ENTRY, '', 400, 'malformed-message'],
  ['a child without a name', 'POST', TABLE, {}, 400, 'malformed-message'],
  [
    'a value nested deeper than a stack',
    'PUT',
    `${CONFIG}/external-interface`,
    `{"snabb-softwire-v3:external-interface":{"mtu":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    400,
    'invalid-value',
    '/snabb-softwire-v3:softwire-config/external-interface/mtu',
  ],
  ['a body that is no object', 'PUT', ENTRY, [1], 400, 'malformed-message'],
  ['a body of something else', 'PUT', ENTRY, { 'snabb-softwire-v3:queue': [] }, 400, 'unknown-element'],
  [
    'a body of two things',
    'PUT',
    ENTRY,
    { ...own(softwire('193.5.1.100', 1)), x: 1 },
    400,
    'unknown-element',
  ],
  ['a media type that is no data', 'PUT', ENTRY, 'x', 415, 'invalid-value', undefined, 'text/html'],
  [
    'a node that the model lacks, inside',
    'PUT',
    ENTRY,
    own(softwire('193.5.1.100', 1, { x: 1 })),
    400,
    'unknown-element',
    entryPath(1),
  ],
  [
    'a value of the wrong type',
    'PUT',
    ENTRY,
    own(softwire('193.5.1.100', 1, { padding: 'x' })),
    400,
    'invalid-value',
    `${entryPath(1)}/padding`,
  ],
  [
    'a number in a string',
    'PUT',
    ENTRY,
    own(softwire('193.5.1.100', 1, { padding: '7' })),
    400,
    'invalid-value',
    `${entryPath(1)}/padding`,
  ],
  [
    'a number out of range',
    'PUT',
    `${CONFIG}/external-interface/mtu`,
    { 'snabb-softwire-v3:mtu': 65536 },
    400,
    'invalid-value',
    '/snabb-softwire-v3:softwire-config/external-interface/mtu',
  ],
  [
    'keys that are not those of the path',
    'PUT',
    ENTRY,
    own(softwire('193.5.1.100', 2)),
    400,
    'invalid-value',
    entryPath(1),
  ],
  ['an entry without a key', 'PUT', ENTRY, own({ ipv4: '193.5.1.100' }), 400, 'missing-element'],
  [
    'an entry without what is mandatory',
    'PUT',
    ENTRY,
    own({ ipv4: '193.5.1.100', psid: 1 }),
    400,
    'missing-element',
  ],
  [
    'two entries as one',
    'PUT',
    ENTRY,
    { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 1), softwire('193.5.1.100', 2)] },
    400,
    'malformed-message',
  ],
  ['a key taken away', 'DELETE', `${ENTRY}/psid`, undefined, 400, 'missing-element', `${entryPath(1)}/psid`],
  ['a key renamed', 'PUT', `${ENTRY}/psid`, { 'snabb-softwire-v3:psid': 5 }, 400, 'invalid-value'],
  [
    'a psid beyond its length',
    'PUT',
    `${TABLE}/softwire=193.5.1.100,64`,
    own(softwire('193.5.1.100', 64)),
    412,
    'operation-failed',
    entryPath(64),
  ],
  [
    'port-set bits beyond 16',
    'PUT',
    `${ENTRY}/port-set`,
    { 'snabb-softwire-v3:port-set': { 'psid-length': 10, 'reserved-ports-bit-count': 7 } },
    412,
    'operation-failed',
  ],
  [
    'a second port-set for an address',
    'PUT',
    `${TABLE}/softwire=193.5.1.100,3`,
    own(softwire('193.5.1.100', 3, { 'port-set': { 'psid-length': 7 } })),
    412,
    'operation-failed',
    entryPath(3),
  ],
  [
    'a second port-set within one table',
    'PUT',
    TABLE,
    table(softwire('193.5.1.100', 3, { 'port-set': { 'psid-length': 7 } }), softwire('193.5.1.100', 4)),
    412,
    'operation-failed',
  ],
  [
    'one softwire twice',
    'PUT',
    TABLE,
    table(softwire('193.5.1.100', 3), softwire('193.5.1.100', 3)),
    400,
    'bad-element',
    entryPath(3),
  ],
  [
    'a B4 that is no host',
    'PUT',
    `${ENTRY}/b4-ipv6`,
    { 'snabb-softwire-v3:b4-ipv6': 'ff02::1' },
    400,
    'invalid-value',
    `${entryPath(1)}/b4-ipv6`,
  ],
  [
    'an instance without a next hop',
    'POST',
    `${CONFIG}/instance=eth0`,
    {
      'snabb-softwire-v3:queue': [
        { id: 1, 'external-interface': { ip: '192.0.2.1', mac: '02:00:00:00:00:01' } },
      ],
    },
    409,
    'data-missing',
  ],
  [
    'both ways to a next hop',
    'PUT',
    `${CONFIG}/instance=eth0/queue=0/external-interface/next-hop`,
    { 'snabb-softwire-v3:next-hop': { ip: '192.0.2.2', mac: '02:00:00:00:00:01' } },
    400,
    'bad-element',
  ],

  ['an entry that exists', 'POST', TABLE, own(softwire('193.5.1.100', 1)), 409, 'data-exists', entryPath(1)],
  [
    'a container that exists',
    'POST',
    CONFIG,
    { 'snabb-softwire-v3:external-interface': { mtu: 1400 } },
    409,
    'data-exists',
  ],
  ['the table, which exists', 'POST', CONFIG, table(softwire('193.5.1.100', 1)), 409, 'data-exists'],
  [
    'a child of an absent parent',
    'POST',
    `${CONFIG}/instance=eth9`,
    { 'snabb-softwire-v3:queue': [{ id: 1 }] },
    404,
    'invalid-value',
  ],
  [
    'a leaf of an absent softwire',
    'PUT',
    `${TABLE}/softwire=193.5.1.100,9/padding`,
    { 'snabb-softwire-v3:padding': 1 },
    404,
    'invalid-value',
    entryPath(9),
  ],
  [
    'an absent entry, to be patched',
    'PATCH',
    `${TABLE}/softwire=193.5.1.100,9`,
    own(softwire('193.5.1.100', 9)),
    404,
    'invalid-value',
    entryPath(9),
  ],
  [
    'an absent entry, to be deleted',
    'DELETE',
    `${TABLE}/softwire=193.5.1.100,9`,
    undefined,
    404,
    'invalid-value',
    entryPath(9),
  ],
  ['an absent leaf, to be deleted', 'DELETE', `${CONFIG}/name`, undefined, 404, 'invalid-value'],
  ['a mandatory leaf, to be deleted', 'DELETE', `${ENTRY}/b4-ipv6`, undefined, 400, 'missing-element'],
  ['the datastore, to be deleted', 'DELETE', '/restconf/data', undefined, 405, 'operation-not-supported'],
  ['a whole list, to be deleted', 'DELETE', `${TABLE}/softwire`, undefined, 405, 'operation-not-supported'],
  ['a child of a leaf', 'POST', `${CONFIG}/external-interface/mtu`, {}, 405, 'operation-not-supported'],
  [
    'state, to be changed',
    'PUT',
    '/restconf/data/snabb-softwire-v3:softwire-state',
    {},
    405,
    'operation-not-supported',
  ],
  [
    'state inside configuration',
    'PUT',
    `${CONFIG}/instance=eth0/queue=0/external-interface/next-hop`,
    { 'snabb-softwire-v3:next-hop': { ip: '192.0.2.2', 'resolved-mac': '02:00:00:00:00:01' } },
    400,
    'invalid-value',
  ],
]

for (const [what, method, url, body, status, tag, path, media = JSON_TYPE] of cases)
  t.test(`refused, and nothing changed: ${what}`, async (t) => {
    const { send, snapshot, dataplane } = await build(t, minimal)
    const before = await snapshot()
    const answer = await send(method, url, body, body === undefined ? {} : { 'content-type': media })
    t.equal(answer.statusCode, status, answer.body)
    t.equal(answer.headers['content-type'], JSON_TYPE)
    const [entry, ...more] = answer.json()['ietf-restconf:errors'].error
    t.same(more, [])
    t.equal(entry['error-tag'], tag, answer.body)
    t.type(entry['error-message'], 'string')
    t.notMatch(entry['error-message'], /\n/)
    if (path !== undefined) t.equal(entry['error-path'], path)
    t.same(await snapshot(), before)
    t.same(dataplane.calls, [], 'a rejected edit never reaches the data plane')
  })

t.test('a method that nobody knows is told what is allowed', async (t) => {
  const { send } = await build(t)
  const answer = await send('TRACE' as 'GET', '/restconf')
  t.equal(answer.statusCode, 405)
  t.equal(answer.headers.allow, 'HEAD, GET, OPTIONS')
})

t.test('before the first configuration everything but health is unavailable', async (t) => {
  const parts = await build(t)
  const { buildApp } = await import('../../src/config-server/app.js')
  const app = buildApp({ ...parts, isReady: () => false })
  const answer = await app.inject(TABLE)
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '1')
  t.equal((await app.inject('/healthz')).statusCode, 200)
  t.equal((await app.inject('/readyz')).statusCode, 503)
})
