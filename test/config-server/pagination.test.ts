// Lists by pages (draft-ietf-netconf-list-pagination, -rc), on softwires and on ordinary lists.
import t from 'tap'
import { parseRetrieval } from '../../src/config-server/query.js'
import { read } from '../../src/config-server/reading.js'
import { recordsIn } from '../../src/config-server/softwire-scan.js'
import { formatIpv4 } from '../../src/schema/addresses.js'
import { parsePath } from '../../src/schema/paths.js'
import { build, CONFIG, minimal, schema, softwire, TABLE } from './helper.js'

const LIST = `${TABLE}/softwire`
const MODULES = '/restconf/data/ietf-yang-library:yang-library/module-set=complete/module'

/** Keys as text: `1.7` is PSID 7 of 10.0.0.1. */
const entries = ['1.3', '1.7', '2.0', '4.1', '4.2', '4.63']
const configuration = {
  'snabb-softwire-v3:softwire-config': {
    'binding-table': {
      softwire: entries.map((entry) => {
        const [host, psid] = entry.split('.')
        return softwire(`10.0.0.${host}`, Number(psid))
      }),
    },
  },
}

type Send = Awaited<ReturnType<typeof build>>['send']
interface Entry {
  '@'?: Record<string, unknown>
  ipv4: string
  psid: number
}

async function page(send: Send, query: string) {
  const answer = await send('GET', `${LIST}?${query}`)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  const list: Entry[] = answer.json()['snabb-softwire-v3:softwire']
  const { '@': metadata = {} } = list[0] ?? { '@': {} }
  return {
    keys: list.map(({ ipv4, psid }) => `${ipv4.split('.')[3]}.${psid}`),
    remaining: metadata['ietf-list-pagination:remaining'],
    next: metadata['ietf-list-pagination:next'],
    previous: metadata['ietf-list-pagination:previous'],
    locale: metadata['ietf-list-pagination:locale'],
  }
}

/** [query, keys, remaining]. */
const pages: [string, string[], number?][] = [
  ['limit=2', ['1.3', '1.7'], 4],
  ['limit=6', entries],
  ['limit=7', entries],
  ['limit=unbounded', entries],
  ['offset=4', ['4.2', '4.63']],
  ['offset=6', []],
  ['limit=2&offset=3', ['4.1', '4.2'], 1],
  ['direction=backwards', [...entries].reverse()],
  ['direction=backwards&limit=2', ['4.63', '4.2'], 4],
  ['direction=backwards&limit=2&offset=1', ['4.2', '4.1'], 3],
  ['sort-by=ipv4&limit=1', ['1.3'], 5],
  ['sort-by=psid', ['2.0', '4.1', '4.2', '1.3', '1.7', '4.63']],
  ['sort-by=psid&direction=backwards&limit=2', ['4.63', '1.7'], 4],
  ["where=ipv4='10.0.0.4'", ['4.1', '4.2', '4.63']],
  ["where=ipv4='10.0.0.4'&limit=1", ['4.1'], 2],
  ["where=ipv4='10.0.0.4'&direction=backwards&limit=1&offset=1", ['4.2'], 1],
  ['where=psid%3E=7', ['1.7', '4.63']],
  ['where=psid=7', ['1.7']],
  ["where=psid='7'", ['1.7']],
  ['where=7=psid', ['1.7']],
  ['where=psid!=7 and psid<4', ['1.3', '2.0', '4.1', '4.2']],
  ["where=(psid=0 or psid=1) and not(ipv4='10.0.0.2')", ['4.1']],
  ["where=starts-with(ipv4,'10.0.0.1')", ['1.3', '1.7']],
  ["where=contains(b4-ipv6,'::40')", ['4.63']],
  ["where=b4-ipv6='2001:DB8:B4:0::40'", ['4.63']],
  ["where=b4-ipv6='nonsense'", []],
  ['where=port-set/psid-length=6&limit=1', ['1.3'], 5],
  ['where=port-set/reserved-ports-bit-count=0', entries],
  ['where=padding', entries],
  ["where=snabb-softwire-v3:psid = 7 and ./ipv4 = '10.0.0.1'", ['1.7']],
]
for (const [query, keys, remaining] of pages)
  t.test(`softwires: ${query}`, async (t) => {
    const { send } = await build(t, configuration)
    const got = await page(send, query.replaceAll(' ', '%20'))
    t.same(got.keys, keys)
    t.equal(got.remaining, remaining)
  })

for (const direction of ['forwards', 'backwards'])
  for (const more of ['', '&sort-by=psid', '&where=psid>0'])
    t.test(`a walk ${direction}${more} meets every softwire once, and finds its way back`, async (t) => {
      const { send } = await build(t, configuration)
      const query = `limit=2&direction=${direction}${more.replace('>', '%3E')}`
      const whole = (await page(send, query.replace('limit=2&', ''))).keys
      const walked: string[] = []
      let at = await page(send, query)
      walked.push(...at.keys)
      while (at.next) {
        at = await page(send, `${query}&cursor=${at.next}`)
        walked.push(...at.keys)
      }
      t.same(walked, whole)
      while (at.previous) at = await page(send, `${query}&cursor=${at.previous}`)
      t.same(at.keys, whole.slice(0, 2))
    })

t.test('a cursor outlives edits around it, and of its own softwire', async (t) => {
  const { send } = await build(t, configuration)
  const { next } = await page(send, 'limit=2')
  await send('DELETE', `${LIST}=10.0.0.1,3`)
  await send('PUT', `${LIST}=10.0.0.1,1`, { 'snabb-softwire-v3:softwire': [softwire('10.0.0.1', 1)] })
  t.same((await page(send, `limit=2&cursor=${next}`)).keys, ['2.0', '4.1'])
  await send('DELETE', `${LIST}=10.0.0.2,0`)
  t.same((await page(send, `limit=2&cursor=${next}`)).keys, ['4.1', '4.2'], 'the next one takes its place')
  const backwards = `limit=2&direction=backwards&cursor=${next}`
  t.same((await page(send, backwards)).keys, ['1.7', '1.1'])
  for (const entry of ['4,1', '4,2', '4,63']) await send('DELETE', `${LIST}=10.0.0.${entry}`)
  t.same((await page(send, `limit=2&cursor=${next}`)).keys, [], 'nothing comes after it')
})

t.test('a long page misses none and repeats none, whatever comes and goes while it is sent', async (t) => {
  const address = (i: number) => `10.0.${i >> 8}.${i & 255}`
  const many = Array.from({ length: 4000 }, (_, i) => softwire(address(i), 1))
  for (const direction of ['forwards', 'backwards'])
    for (const [offset, limit] of [
      [0, 3500],
      [500, 3500],
      [500, 3000],
    ] as const) {
      const { datastore, send } = await build(t, {
        'snabb-softwire-v3:softwire-config': { 'binding-table': { softwire: many } },
      })
      const path = parsePath(schema, '/softwire-config/binding-table/softwire')
      const query = `direction=${direction}&offset=${offset}&limit=${limit}`
      const reading = read({ schema, datastore, state: [] }, path, parseRetrieval(schema, query, path))
      const all = many.map(({ ipv4 }) => ipv4)
      if (direction === 'backwards') all.reverse()
      const seen: string[] = []
      for (const piece of reading?.softwires ?? []) {
        const [gone, host] = [seen.length, seen.length + 1]
        for (const record of recordsIn(piece)) seen.push(formatIpv4(record))
        // Where it has been already.
        t.equal((await send('DELETE', `${LIST}=${seen[gone]},1`)).statusCode, 204)
        for (const psid of [2, 3])
          t.equal(
            (await send('PUT', `${LIST}=${seen[host]},${psid}`, entry(`${seen[host]}`, psid))).statusCode,
            201,
          )
      }
      t.same(seen, all.slice(offset, offset + limit), query)
    }
})

const entry = (ipv4: string, psid: number) => ({ 'snabb-softwire-v3:softwire': [softwire(ipv4, psid)] })

t.test('a page in XML carries the same annotations', async (t) => {
  const { send } = await build(t, configuration)
  const { next } = await page(send, 'limit=1')
  const { body } = await send('GET', `${LIST}?limit=1`, undefined, { accept: 'application/yang-data+xml' })
  t.match(
    body,
    `<softwire xmlns="snabb:softwire-v3" xmlns:ietf-list-pagination="urn:ietf:params:xml:ns:yang:ietf-list-pagination" ietf-list-pagination:remaining="5" ietf-list-pagination:next="${next}"><ipv4>10.0.0.1</ipv4><psid>3</psid>`,
  )
  const text = await send('GET', `${LIST}?limit=1`, undefined, {
    accept: 'application/vnd.lwaftr.document+text',
  })
  t.notMatch(text.body, /remaining/)
})

t.test('a page of several softwires is no XML document, one of one is', async (t) => {
  const { send } = await build(t, configuration)
  const xml = { accept: 'application/yang-data+xml' }
  t.equal((await send('GET', `${LIST}?limit=2`, undefined, xml)).statusCode, 400)
  const one = await send('GET', `${LIST}?where=psid=63`, undefined, xml)
  t.match(one.body, /^<softwire xmlns="snabb:softwire-v3"><ipv4>10.0.0.4<.ipv4><psid>63</)
})

t.test('pages and fields go together', async (t) => {
  const { send } = await build(t, configuration)
  const answer = await send('GET', `${LIST}?limit=1&offset=5&fields=b4-ipv6`)
  t.match(answer.json(), {
    'snabb-softwire-v3:softwire': [{ ipv4: '10.0.0.4', psid: 63, 'b4-ipv6': '2001:db8:b4::40' }],
  })
})

t.test('ordinary lists have pages, orders and conditions of all their leaves', async (t) => {
  const { send } = await build(t)
  const names = async (query: string) =>
    (await send('GET', `${MODULES}?${query}`))
      .json()
      ['ietf-yang-library:module'].map(({ name }: { name: string }) => name)
  const all: string[] = await names('')
  t.same(await names('limit=2&offset=1'), all.slice(1, 3))
  t.same(await names('direction=backwards&limit=1'), all.slice(-1))
  t.same(
    await names("where=starts-with(namespace,'urn:lwaftr')"),
    all.filter((name) => name.startsWith('lwaftr')),
  )
  const dated = await send('GET', `${MODULES}?sort-by=revision&fields=name;revision`)
  const revisions: string[] = dated
    .json()
    ['ietf-yang-library:module'].map(({ revision }: { revision: string }) => revision)
  t.same(revisions, [...revisions].sort())
  const first = (await send('GET', `${MODULES}?limit=1`)).json()['ietf-yang-library:module'][0]
  t.equal(first['@']['ietf-list-pagination:remaining'], all.length - 1)
  const second = await names(`limit=1&cursor=${first['@']['ietf-list-pagination:next']}`)
  t.same(second, all.slice(1, 2))
})

t.test('a leaf-list has pages, annotated beside it', async (t) => {
  const { send } = await build(t)
  const url = '/restconf/data/ietf-restconf-monitoring:restconf-state/capabilities/capability'
  const all = (await send('GET', url)).json()['ietf-restconf-monitoring:capability']
  t.same((await send('GET', `${url}?limit=1`)).json(), {
    'ietf-restconf-monitoring:capability': [all[0]],
    '@ietf-restconf-monitoring:capability': [{ 'ietf-list-pagination:remaining': all.length - 1 }],
  })
  const depth = 'urn:ietf:params:restconf:capability:depth:1.0'
  t.same((await send('GET', `${url}?where=.='${depth}'`)).json(), {
    'ietf-restconf-monitoring:capability': [depth],
  })
  t.equal((await send('GET', `${url}?cursor=W10`)).statusCode, 501)
})

t.test('lists inside a list are cut, and say so', async (t) => {
  const { send } = await build(t)
  const answer = await send('GET', '/restconf/data/ietf-yang-library:yang-library/module-set?sublist-limit=1')
  const [set] = answer.json()['ietf-yang-library:module-set']
  t.equal(set.module.length, 1)
  const [{ '@': metadata }] = set.module
  t.equal(metadata['ietf-list-pagination:remaining'] + 1, await count())
  async function count() {
    return (await send('GET', MODULES)).json()['ietf-yang-library:module'].length
  }
})

t.test('what is sorted as text is sorted in a language, if that is asked for', async (t) => {
  const { send } = await build(t, configuration)
  t.equal((await page(send, 'sort-by=psid')).locale, 'C')
  t.equal((await page(send, 'sort-by=psid&locale=sv_SE.UTF-8')).locale, 'sv')
  t.equal((await page(send, 'sort-by=psid&locale=C')).locale, 'C')
})

/** [what, URL, status, error-type, error-tag, error-app-tag]. */
const refused: [string, string, number, string, string, string?][] = [
  ['no entries at all', `${LIST}?limit=0`, 400, 'application', 'invalid-value'],
  ['a limit that is no number', `${LIST}?limit=many`, 400, 'application', 'invalid-value'],
  ['a limit over 32 bits', `${LIST}?limit=4294967296`, 400, 'application', 'invalid-value'],
  ['an offset below nothing', `${LIST}?offset=-1`, 400, 'application', 'invalid-value'],
  [
    'an offset beyond the end',
    `${LIST}?offset=7`,
    416,
    'application',
    'invalid-value',
    'offset-out-of-range',
  ],
  [
    'a cursor of nowhere',
    `${LIST}?cursor=bm93aGVyZQ`,
    404,
    'application',
    'invalid-value',
    'cursor-not-found',
  ],
  [
    'a cursor with other keys',
    `${LIST}?cursor=WyJhIl0`,
    404,
    'application',
    'invalid-value',
    'cursor-not-found',
  ],
  [
    'a cursor with keys of another kind',
    `${LIST}?cursor=WyJhIiwiYiJd`,
    404,
    'application',
    'invalid-value',
    'cursor-not-found',
  ],
  ['an empty cursor', `${LIST}?cursor=`, 404, 'application', 'invalid-value', 'cursor-not-found'],
  ['a cursor and an offset', `${LIST}?cursor=WyJhIl0&offset=1`, 400, 'application', 'invalid-value'],
  ['another direction', `${LIST}?direction=up`, 400, 'application', 'invalid-value'],
  ['an order by nothing known', `${LIST}?sort-by=nonsense`, 400, 'application', 'invalid-value'],
  [
    'softwires in the order of what is no key',
    `${LIST}?sort-by=b4-ipv6`,
    400,
    'application',
    'invalid-value',
  ],
  ['an order by a container', `${LIST}?sort-by=port-set`, 400, 'application', 'invalid-value'],
  [
    'an order by a list',
    '/restconf/data/ietf-yang-library:yang-library/module-set?sort-by=module/name',
    400,
    'application',
    'invalid-value',
  ],
  ['a language without an order', `${LIST}?locale=sv_SE`, 400, 'application', 'invalid-value'],
  [
    'a language that nobody speaks',
    `${LIST}?sort-by=psid&locale=xx_XX`,
    501,
    'application',
    'invalid-value',
    'locale-unavailable',
  ],
  [
    'a language that is none',
    `${LIST}?sort-by=psid&locale=%3F`,
    501,
    'application',
    'invalid-value',
    'locale-unavailable',
  ],
  ['an entry', `${LIST}=10.0.0.1,3?limit=1`, 400, 'application', 'operation-not-supported'],
  ['a container', `${CONFIG}?offset=1`, 400, 'application', 'operation-not-supported'],
  ['the datastore', '/restconf/data?where=a', 400, 'application', 'operation-not-supported'],
  ['a parameter twice', `${LIST}?limit=1&limit=1`, 400, 'protocol', 'invalid-value'],
]
for (const [what, url, status, type, tag, appTag] of refused)
  t.test(`refused: ${what}`, async (t) => {
    const { send } = await build(t, configuration)
    const answer = await send('GET', url)
    t.equal(answer.statusCode, status, answer.body)
    const error = { 'error-type': type, 'error-tag': tag }
    const full = appTag ? { ...error, 'error-app-tag': `ietf-list-pagination:${appTag}` } : error
    t.match(answer.json(), { 'ietf-restconf:errors': { error: [full] } })
  })

for (const [where, problem] of [
  ['', 'it ends too early'],
  ['nonsense=1', 'softwire has no nonsense'],
  ['psid=', 'it ends too early'],
  ['psid=1)', 'and, or or the end is expected, not )'],
  ['(psid=1', ') is expected, not the end'],
  ["psid='1", "cannot read '1"],
  ['1=1', 'a leaf is expected in a comparison'],
  ['7', 'a comparison is expected'],
  ['count(psid)=1', 'the function count is not known; there are not, starts-with, contains'],
  ['//psid=1', 'a leaf is expected, not /'],
  ['psid[1]', 'cannot read [1]'],
  ['psid+1=2', 'cannot read +1=2'],
  ['port-set=1', 'port-set is a container; give a leaf'],
  ['starts-with(ipv4,7)', 'a text in quotes is expected'],
  ['starts-with(ipv4)', 'a leaf and a text are expected in parentheses'],
  [`${'('.repeat(40)}psid=1${')'.repeat(40)}`, 'it nests deeper than 16 levels'],
  ['(((((((('.repeat(1000), 'it nests deeper than 16 levels'],
] as const)
  t.test(`a condition that cannot be read: ${where.slice(0, 40)}`, async (t) => {
    const { send } = await build(t, configuration)
    const answer = await send('GET', `${LIST}?where=${encodeURIComponent(where)}`)
    t.equal(answer.statusCode, 400, answer.body)
    t.match(answer.json(), {
      'ietf-restconf:errors': {
        error: [{ 'error-tag': 'invalid-value', 'error-message': `query parameter where: ${problem}` }],
      },
    })
  })

t.test('an empty table has one empty page', async (t) => {
  const { send } = await build(t, {
    'snabb-softwire-v3:softwire-config': minimal['snabb-softwire-v3:softwire-config'] ?? {},
  })
  await send('DELETE', `${LIST}=193.5.1.100,1`)
  await send('DELETE', `${LIST}=193.5.1.100,2`)
  t.same((await page(send, 'limit=5')).keys, [])
})

t.test('the operational datastore says that its lists have cursors', async (t) => {
  const { send } = await build(t)
  const url = '/restconf/data/ietf-system-capabilities:system-capabilities'
  t.same((await send('GET', url)).json()['ietf-system-capabilities:system-capabilities'], {
    'datastore-capabilities': [
      {
        datastore: 'ietf-datastores:operational',
        'per-node-capabilities': [{ 'node-selector': '/', 'ietf-list-pagination:cursor-supported': [null] }],
      },
    ],
  })
})
