// The datastores of NMDA (RFC 8342) over RESTCONF (RFC 8527): which there are, what each holds, what can be done with it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { datastores } from '../../src/config-server/datastores.js'
import { root } from '../../src/root.js'
import { build, CONFIG, softwire } from './helper.js'

const DS = '/restconf/ds/ietf-datastores:'
const TOP = 'snabb-softwire-v3:softwire-config'
const SIDE = `${TOP}/external-interface`
const TABLE = `${TOP}/binding-table`
const entry = (psid: number) => ({ 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid)] })
const origin = (name: string) => ({ 'ietf-origin:origin': `ietf-origin:${name}` })

t.test('without a state directory there is nothing that the next start begins with', async (t) => {
  t.same(datastores(false), ['running', 'intended', 'operational'])
  t.same(datastores(true), ['running', 'intended', 'operational', 'startup'])
})

for (const datastore of ['running', 'intended', 'startup'])
  t.test(`${datastore} holds configuration, as it was set`, async (t) => {
    const { send } = await build(t)
    const config = await send('GET', '/restconf/data?content=config')
    const answer = await send('GET', `${DS}${datastore}`)
    t.equal(answer.statusCode, 200, answer.body)
    t.same(answer.json(), config.json())
    t.equal(answer.headers.etag, config.headers.etag)
    t.equal((await send('GET', `${DS}${datastore}/${SIDE}/mru?with-defaults=explicit`)).statusCode, 404)
    for (const state of ['snabb-softwire-v3:softwire-state', 'ietf-yang-library:yang-library'])
      t.equal((await send('GET', `${DS}${datastore}/${state}`)).statusCode, 404, `no ${state}`)
    for (const query of ['content=nonconfig', 'with-origin'])
      t.equal((await send('GET', `${DS}${datastore}?${query}`)).statusCode, 400, query)
  })

t.test('running is edited like the data resource', async (t) => {
  const { send } = await build(t)
  const made = await send('POST', `${DS}running/${TABLE}`, entry(3), { host: 'relay' })
  t.equal(made.statusCode, 201, made.body)
  t.equal(made.headers.location, `http://relay${DS}running/${TABLE}/softwire=193.5.1.100,3`)
  t.equal((await send('PUT', `${DS}running/${SIDE}/mtu`, { 'snabb-softwire-v3:mtu': 1400 })).statusCode, 204)
  t.equal((await send('DELETE', `${DS}running/${TABLE}/softwire=193.5.1.100,1`)).statusCode, 204)
  for (const datastore of ['running', 'intended', 'operational', 'startup']) {
    const { body } = await send('GET', `${DS}${datastore}/${SIDE}/mtu`)
    t.equal(body, '{"snabb-softwire-v3:mtu":1400}', datastore)
  }
  const stale = await send(
    'PATCH',
    `${DS}running/${SIDE}`,
    { 'snabb-softwire-v3:external-interface': {} },
    { 'if-match': '"x"' },
  )
  t.equal(stale.statusCode, 412)
})

for (const datastore of ['intended', 'operational', 'startup'])
  t.test(`${datastore} is only read`, async (t) => {
    const { send, snapshot } = await build(t)
    const before = await snapshot()
    const url = `${DS}${datastore}/${TABLE}/softwire=193.5.1.100,1`
    for (const [method, payload] of [
      ['PUT', entry(1)],
      ['PATCH', entry(1)],
      ['DELETE', undefined],
    ] as const) {
      const answer = await send(method, url, payload)
      t.equal(answer.statusCode, 405, method)
      t.equal(answer.headers.allow, 'GET, HEAD, OPTIONS')
      t.match(answer.json(), {
        'ietf-restconf:errors': { error: [{ 'error-tag': 'operation-not-supported' }] },
      })
    }
    t.equal((await send('OPTIONS', url)).headers.allow, 'GET, HEAD, OPTIONS')
    t.same(await snapshot(), before)
  })

t.test('operational holds state, and the configuration that is in use, defaults too', async (t) => {
  const { send } = await build(t)
  const side = (query: string) => send('GET', `${DS}operational/${SIDE}${query}`)
  t.match((await side('')).json(), { 'snabb-softwire-v3:external-interface': { mtu: 1500, mru: 1460 } })
  t.same((await side('?with-defaults=explicit')).json(), {
    'snabb-softwire-v3:external-interface': { mtu: 1500 },
  })
  t.equal((await side('')).headers.etag, undefined, 'what is in use changes without a commit')
  const state = await send('GET', `${DS}operational/ietf-yang-library:yang-library/content-id`)
  t.equal(state.statusCode, 200)
  t.same((await send('GET', `${DS}operational/${TABLE}/softwire=193.5.1.100,1/padding`)).json(), {
    'snabb-softwire-v3:padding': 0,
  })
})

const WHOLE = { mtu: 1500, '@': origin('intended') }
/** [path and query in operational, its answer's value]. */
const origins: [string, unknown][] = [
  [`${SIDE}?with-origin&with-defaults=explicit`, { 'snabb-softwire-v3:external-interface': WHOLE }],
  [
    `${SIDE}?with-origin&fields=mtu;mru;error-rate-limiting`,
    {
      'snabb-softwire-v3:external-interface': {
        ...WHOLE,
        mru: 1460,
        '@mru': origin('default'),
        'error-rate-limiting': {
          '@': origin('default'),
          packets: 200,
          '@packets': origin('default'),
          period: 2,
          '@period': origin('default'),
        },
      },
    },
  ],
  [
    `${SIDE}/mtu?with-origin`,
    { 'snabb-softwire-v3:mtu': 1500, '@snabb-softwire-v3:mtu': origin('intended') },
  ],
  [`${SIDE}/mru?with-origin`, { 'snabb-softwire-v3:mru': 1460, '@snabb-softwire-v3:mru': origin('default') }],
  [
    `${SIDE}/mru?with-origin&with-defaults=report-all-tagged`,
    {
      'snabb-softwire-v3:mru': 1460,
      '@snabb-softwire-v3:mru': { ...origin('default'), 'ietf-netconf-with-defaults:default': true },
    },
  ],
  [
    `${TOP}/internal-interface/reassembly?with-origin&fields=max-packets`,
    {
      'snabb-softwire-v3:reassembly': {
        '@': origin('default'),
        'max-packets': 20000,
        '@max-packets': origin('default'),
      },
    },
  ],
  [
    `${TABLE}/softwire=193.5.1.100,1?with-origin&fields=padding`,
    {
      'snabb-softwire-v3:softwire': [
        { '@': origin('intended'), ipv4: '193.5.1.100', psid: 1, padding: 0, '@padding': origin('default') },
      ],
    },
  ],
  [
    `${TABLE}/softwire?with-origin&fields=padding&limit=1`,
    {
      'snabb-softwire-v3:softwire': [
        {
          '@': {
            ...origin('intended'),
            'ietf-list-pagination:remaining': 1,
            'ietf-list-pagination:next': 'WyIxOTMuNS4xLjEwMCIsIjIiXQ',
          },
          ipv4: '193.5.1.100',
          psid: 1,
          padding: 0,
          '@padding': origin('default'),
        },
      ],
    },
  ],
  [
    'ietf-yang-library:yang-library/schema?with-origin',
    { 'ietf-yang-library:schema': [{ name: 'complete', 'module-set': ['complete'] }] },
  ],
]
for (const [url, expected] of origins)
  t.test(`origins: ${url}`, async (t) => {
    const { send } = await build(t)
    t.same((await send('GET', `${DS}operational/${url}`)).json(), expected)
  })

t.test('every top-level node of configuration has an origin, state has none', async (t) => {
  const { send } = await build(t)
  const tree = (await send('GET', `${DS}operational?with-origin`)).json()['ietf-restconf:data']
  t.same(tree[TOP]['@'], origin('intended'))
  t.equal(tree['ietf-yang-library:yang-library']['@'], undefined)
})

t.test('what only holds softwires is there because of them', async (t) => {
  const { send } = await build(t, { [TOP]: { 'binding-table': { softwire: [softwire('193.5.1.100', 1)] } } })
  const tree = (await send('GET', `${DS}operational?with-origin`)).json()['ietf-restconf:data']
  t.same(tree[TOP]['@'], origin('intended'))
  t.same(tree[TOP]['external-interface']['@'], origin('default'))
})

t.test('origins are attributes in XML', async (t) => {
  const { send } = await build(t)
  const xml = { accept: 'application/yang-data+xml' }
  const { body } = await send('GET', `${DS}operational/${SIDE}/mru?with-origin`, undefined, xml)
  t.equal(
    body,
    '<mru xmlns="snabb:softwire-v3" xmlns:ietf-origin="urn:ietf:params:xml:ns:yang:ietf-origin" ietf-origin:origin="ietf-origin:default">1460</mru>',
  )
})

for (const [what, url, status] of [
  ['a datastore that is not there', `${DS}candidate`, 404],
  ['no datastore', '/restconf/ds', 404],
  ['a datastore without its module', '/restconf/ds/running', 404],
  ['with-origin with a value', `${DS}operational?with-origin=yes`, 400],
  ['with-origin where nothing has one', `${CONFIG}?with-origin`, 400],
] as const)
  t.test(`refused: ${what}`, async (t) => {
    const { send } = await build(t)
    const answer = await send('GET', url)
    t.equal(answer.statusCode, status, answer.body)
    t.equal(answer.json()['ietf-restconf:errors'].error[0]['error-tag'], 'invalid-value')
  })

t.test('a colon may come percent-encoded', async (t) => {
  const { send } = await build(t)
  const answer = await send('GET', `/restconf/ds/ietf-datastores%3Arunning/${SIDE}/mtu`)
  t.same(answer.json(), { 'snabb-softwire-v3:mtu': 1500 })
})

t.test('the library and the capabilities know of them', async (t) => {
  const { send } = await build(t)
  const library = await send('GET', '/restconf/data/ietf-yang-library:yang-library/datastore')
  t.same(
    library.json()['ietf-yang-library:datastore'].map(({ name }: { name: string }) => name),
    ['running', 'intended', 'operational', 'startup'].map((name) => `ietf-datastores:${name}`),
  )
  const state = '/restconf/data/ietf-restconf-monitoring:restconf-state/capabilities'
  const { capability } = (await send('GET', state)).json()['ietf-restconf-monitoring:capabilities']
  for (const name of ['with-origin', 'with-operational-defaults', 'cursor'])
    t.ok(capability.includes(`urn:ietf:params:restconf:capability:${name}:1.0`), name)
})

const skip = existsSync('/usr/bin/yanglint') ? false : 'yanglint is not installed'

t.test('yanglint takes what is in operational, with its origins and pages', { skip }, async (t) => {
  const { send } = await build(t)
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-operational-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const modules = [
    'snabb-softwire-v3',
    'lwaftr',
    'ietf-netconf-acm',
    'ietf-restconf-monitoring',
    'ietf-origin',
    'ietf-list-pagination',
  ]
  const check = (file: string, text: string) => {
    writeFileSync(join(directory, file), text)
    return execFileSync(
      'yanglint',
      [
        '-p',
        join(root, 'yang'),
        '-y',
        '-t',
        'get',
        ...modules.map((name) => join(root, `yang/${name}.yang`)),
        join(directory, file),
      ],
      { encoding: 'utf8', stdio: 'pipe' },
    )
  }
  const json = await send('GET', `${DS}operational/${TOP}?with-origin`)
  t.equal(check('operational.json', json.body), '')
  const xml = await send('GET', `${DS}operational/${TOP}?with-origin`, undefined, {
    accept: 'application/yang-data+xml',
  })
  t.equal(check('operational.xml', xml.body), '')
})
