/**
 * Entity-tags and times (RFC 8040 s3.4.1, s3.5.1, s3.5.2): they change when the content does and only then, of a
 * resource and of what is above it; and of those who change something on condition one wins.
 */
import t from 'tap'
import { buildApp } from '../../src/config-server/app.js'
import { openStore, type Saved } from '../../src/config-server/store.js'
import { FakeDataPlane, services } from '../config-server/helper.js'
import {
  CONFIG,
  DATA,
  ENTRY,
  entry,
  MODEL,
  NACM,
  own,
  RULES,
  SEND_JSON,
  SEND_XML,
  SIDE,
  softwires,
  TABLE,
} from './cases/suite.js'
import { listening } from './server.js'

const SECOND = `${TABLE}/softwire=193.5.1.100,2`
const WATCHED = {
  datastore: DATA,
  config: CONFIG,
  side: SIDE,
  mtu: `${SIDE}/mtu`,
  mru: `${SIDE}/mru`,
  instance: `${CONFIG}/instance=eth0`,
  table: TABLE,
  list: `${TABLE}/softwire`,
  entry: ENTRY,
  second: SECOND,
  b4: `${ENTRY}/b4-ipv6`,
  nacm: NACM,
  lists: `${NACM}/rule-list`,
  rules: RULES,
  order: `${RULES}/rule`,
  one: `${RULES}/rule=one`,
  three: `${RULES}/rule=three`,
  names: `${NACM}/groups/group=operators/user-name`,
} as const
type Name = keyof typeof WATCHED

const rules = (rule: object) => ({ 'ietf-netconf-acm:rule': [rule] })

/** [what is done, method, URL, body, whose entity-tags change]. */
const edits: [string, string, string, unknown, Name[]][] = [
  ['a setting', 'PUT', `${SIDE}/mtu`, own('mtu', 1400), ['datastore', 'config', 'side', 'mtu']],
  [
    'a setting that had its default',
    'PUT',
    `${SIDE}/mru`,
    own('mru', 1400),
    ['datastore', 'config', 'side', 'mru'],
  ],
  ['it is taken back', 'DELETE', `${SIDE}/mru`, undefined, ['datastore', 'config', 'side', 'mru']],
  [
    'a softwire',
    'PUT',
    ENTRY,
    softwires(entry(1, { padding: 1 })),
    ['datastore', 'config', 'table', 'list', 'entry'],
  ],
  [
    'a leaf of it',
    'PUT',
    `${ENTRY}/b4-ipv6`,
    own('b4-ipv6', '2001:db8::9'),
    ['datastore', 'config', 'table', 'list', 'entry', 'b4'],
  ],
  ['another softwire', 'DELETE', SECOND, undefined, ['datastore', 'config', 'table', 'list', 'second']],
  ['a rule', 'DELETE', `${RULES}/rule=two`, undefined, ['datastore', 'nacm', 'lists', 'rules', 'order']],
  [
    'another rule',
    'PUT',
    `${RULES}/rule=four`,
    rules({ name: 'four', action: 'permit' }),
    ['datastore', 'nacm', 'lists', 'rules', 'order'],
  ],
  [
    'a rule that also goes first: the order is that of them all',
    'PUT',
    `${RULES}/rule=three?insert=first`,
    rules({ name: 'three', action: 'permit' }),
    ['datastore', 'nacm', 'lists', 'rules', 'order', 'one', 'three'],
  ],
  [
    'a leaf of a rule, after that',
    'PUT',
    `${RULES}/rule=one/comment`,
    { 'ietf-netconf-acm:comment': 'x' },
    ['datastore', 'nacm', 'lists', 'rules', 'order', 'one'],
  ],
  [
    'a value of a leaf-list',
    'DELETE',
    `${NACM}/groups/group=operators/user-name=alice`,
    undefined,
    ['datastore', 'nacm', 'names'],
  ],
  ['nothing', 'PUT', `${SIDE}/mtu`, own('mtu', 1400), []],
  [
    'the table’s version',
    'PUT',
    `${TABLE}/version`,
    own('version', { number: '1' }),
    ['datastore', 'config', 'table'],
  ],
]

t.test('what changes has another entity-tag, and what is above it; nothing else has', async (t) => {
  const { send } = await listening(t)
  const tags = async () => {
    const found: Partial<Record<Name, string | undefined>> = {}
    for (const [name, url] of Object.entries(WATCHED))
      found[name as Name] = (await send('GET', `${url}?content=config`)).headers.etag
    return found
  }
  let before = await tags()
  for (const [what, method, url, body, expected] of edits) {
    const answer = await send(method, url, SEND_JSON, body === undefined ? undefined : JSON.stringify(body))
    t.ok(answer.status < 300, answer.body)
    const after = await tags()
    const changed = Object.keys(WATCHED).filter((name) => before[name as Name] !== after[name as Name])
    t.same(changed.sort(), [...expected].sort(), what)
    const shown = Object.entries(WATCHED).find(([, watched]) => watched === url.split('?')[0])?.[0] as
      | Name
      | undefined
    if (method === 'PUT' && shown) t.equal(answer.headers.etag, after[shown], 'the answer says so already')
    before = after
  }
})

t.test('the same content is not sent again', async (t) => {
  const { send } = await listening(t)
  for (const url of [`${SIDE}/mtu`, ENTRY, `${ENTRY}/b4-ipv6`, TABLE, `${DATA}?content=config`]) {
    const { headers } = await send('GET', url)
    const { etag = '', 'last-modified': modified = '' } = headers
    for (const condition of [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified },
    ]) {
      const again = await send('GET', url, condition)
      t.same([again.status, again.body], [304, ''], `${url} ${JSON.stringify(condition)}`)
      t.equal(again.headers.etag, etag)
    }
    for (const condition of [
      { 'if-none-match': '"x"' },
      { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { 'if-modified-since': 'nonsense' },
      { 'if-none-match': '"x"', 'if-modified-since': modified },
    ])
      t.equal((await send('GET', url, condition)).status, 200, `${url} ${JSON.stringify(condition)}`)
  }
})

t.test('HEAD has the headers of GET', async (t) => {
  const { send } = await listening(t)
  for (const url of [SIDE, ENTRY, '/restconf', `${SIDE}/mtu`])
    for (const accept of ['application/yang-data+json', 'application/yang-data+xml']) {
      const { date: _, ...get } = (await send('GET', url, { accept })).headers
      const { date: __, ...head } = (await send('HEAD', url, { accept })).headers
      t.same(head, get, url)
    }
})

const patch = (value: number) => ({
  'ietf-yang-patch:yang-patch': {
    'patch-id': 'p',
    edit: [{ 'edit-id': '1', operation: 'replace', target: '/mtu', value: own('mtu', value) }],
  },
})

/** How each of ten writers says it: method, headers, body. */
const writers: [string, (n: number) => [string, Record<string, string>, string, string]][] = [
  ['PUT', (n) => ['PUT', SEND_JSON, JSON.stringify(own('mtu', 1300 + n)), `${SIDE}/mtu`]],
  ['PUT in XML', (n) => ['PUT', SEND_XML, `<mtu ${MODEL}>${1300 + n}</mtu>`, `${SIDE}/mtu`]],
  ['PATCH', (n) => ['PATCH', SEND_JSON, JSON.stringify(own('external-interface', { mtu: 1300 + n })), SIDE]],
  [
    'YANG Patch',
    (n) => [
      'PATCH',
      { 'content-type': 'application/yang-patch+json' },
      JSON.stringify(patch(1300 + n)),
      SIDE,
    ],
  ],
  [
    'PUT of a softwire',
    (n) => ['PUT', SEND_JSON, JSON.stringify(softwires(entry(1, { padding: n + 1 }))), ENTRY],
  ],
  ['POST', (n) => ['POST', SEND_JSON, JSON.stringify(softwires(entry(10 + n))), TABLE]],
]

for (const [what, write] of writers)
  t.test(`of ten who ${what} on condition one wins`, async (t) => {
    const { send, datastore } = await listening(t)
    const [, , , url] = write(0)
    const { etag = '' } = (await send('GET', url)).headers
    const { revision } = datastore.running
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const [method, headers, body, target] = write(n)
        return send(method, target, { ...headers, 'if-match': etag }, body)
      }),
    )
    const statuses = answers.map(({ status }) => status).sort()
    t.ok((statuses[0] ?? 500) < 300, String(statuses))
    t.same(statuses.slice(1), Array(9).fill(412))
    t.equal(datastore.running.revision, revision + 1)
  })

/** [condition, whether it holds, for a resource that exists]. */
const conditions: [string, Record<string, string>, boolean][] = [
  ['any there is', { 'if-match': '*' }, true],
  ['another entity-tag', { 'if-match': '"x"' }, false],
  ['none there is', { 'if-none-match': '*' }, false],
  ['not another entity-tag', { 'if-none-match': '"x"' }, true],
  ['not modified since the future', { 'if-unmodified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, true],
  ['not modified since long ago', { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, false],
  ['a date that is none', { 'if-unmodified-since': 'yesterday' }, true],
  [
    'an entity-tag counts more than a date',
    { 'if-match': '*', 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    true,
  ],
]

for (const [what, condition, holds] of conditions)
  t.test(`a condition: ${what}`, async (t) => {
    const { send, changes } = await listening(t)
    for (const [method, url, type, body] of [
      ['PUT', `${SIDE}/mtu`, SEND_JSON['content-type'], JSON.stringify(own('mtu', 1400))],
      ['PATCH', SIDE, SEND_JSON['content-type'], JSON.stringify(own('external-interface', { mtu: 1401 }))],
      ['PATCH', SIDE, 'application/yang-patch+json', JSON.stringify(patch(1402))],
      ['DELETE', ENTRY, '', ''],
    ] as const) {
      const answer = await send(
        method,
        url,
        { ...(type ? { 'content-type': type } : {}), ...condition },
        body || undefined,
      )
      t.equal(answer.status < 300, holds, `${method} ${answer.status}`)
      if (!holds) t.equal(answer.status, 412)
      t.equal((await changes()).length > 0, holds, 'the datastore')
    }
  })

t.test('what does not exist yet is made by one of those who ask for that', async (t) => {
  const { send } = await listening(t)
  const answers = await Promise.all(
    [1, 2, 3].map((padding) =>
      send(
        'PUT',
        `${TABLE}/softwire=193.5.1.100,9`,
        { ...SEND_JSON, 'if-none-match': '*' },
        JSON.stringify(softwires(entry(9, { padding }))),
      ),
    ),
  )
  t.same(answers.map(({ status }) => status).sort(), [201, 412, 412])
})

t.test('after a restart no entity-tag is one that other content had', async (t) => {
  const first = await listening(t)
  const seen = new Map<string, string>()
  const look = async (send: typeof first.send) => {
    for (const url of Object.values(WATCHED)) {
      const { headers, body } = await send('GET', `${url}?content=config`)
      if (headers.etag === undefined) continue
      const key = `${url} ${headers.etag}`
      t.equal(seen.get(key) ?? body, body, key)
      seen.set(key, body)
    }
  }
  for (const [, method, url, body] of edits) {
    await look(first.send)
    await first.send(method, url, SEND_JSON, body === undefined ? undefined : JSON.stringify(body))
  }
  await look(first.send)
  await first.app.close()
  await first.store.close()

  const store = openStore(first.directory)
  t.teardown(() => store.close())
  const parts = services(new FakeDataPlane(), store)
  await parts.transactions.restore(store.load() as Saved)
  const app = buildApp({ ...parts, isReady: () => true })
  const again = async (method: string, url: string, headers = {}, payload?: string | Buffer) => {
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload ? { payload } : {}),
    })
    return { status: answer.statusCode, headers: answer.headers as never, body: answer.body }
  }
  await look(again)
  await again('PUT', `${SIDE}/mtu`, SEND_JSON, JSON.stringify(own('mtu', 1234)))
  await look(again)
})
