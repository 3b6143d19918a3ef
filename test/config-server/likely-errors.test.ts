// The errors that an operator is likeliest to meet: each a real request and the relay's real answer, and together
// docs/errors.md. `npm run docs:errors` writes it; otherwise this says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { build, CONFIG, minimal, softwire, TABLE } from './helper.js'

const FILE = join(root, 'docs/errors.md')

const ENTRY = `${TABLE}/softwire=193.5.1.100,1`
const NEW = `${TABLE}/softwire=193.5.1.100,3`
const own = (...values: unknown[]) => ({ 'snabb-softwire-v3:softwire': values })
const table = (...softwires: unknown[]) => ({ 'snabb-softwire-v3:binding-table': { softwire: softwires } })
const QUEUE = `${CONFIG}/instance=eth0/queue=0`

type Case = readonly [
  what: string,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  headers?: Record<string, string>,
]

const cases: readonly Case[] = [
  [
    'a name with a typing error',
    'PUT',
    `${CONFIG}/external-interface`,
    { 'snabb-softwire-v3:external-interface': { mtuu: 1500 } },
  ],
  ['a path with a typing error', 'GET', `${CONFIG}/external-interfce`],
  ['a path without the module’s name', 'GET', '/restconf/data/softwire-config'],
  ['a list where an entry is meant', 'GET', `${CONFIG}/instance/queue=0`],
  ['a key too few', 'GET', `${TABLE}/softwire=193.5.1.100`],
  ['a number out of range', 'PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': 65536 }],
  ['a number in quotes', 'PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': '1500' }],
  ['an address that is none', 'PUT', `${ENTRY}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:db8::g' }],
  ['a multicast address for a B4', 'PUT', `${ENTRY}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': 'ff02::1' }],
  [
    'a multicast MAC',
    'PUT',
    `${QUEUE}/external-interface/mac`,
    { 'snabb-softwire-v3:mac': '01:00:5e:00:00:01' },
  ],
  ['a psid beyond its length', 'PUT', `${TABLE}/softwire=193.5.1.100,64`, own(softwire('193.5.1.100', 64))],
  [
    'more than 16 bits of port set',
    'PUT',
    `${ENTRY}/port-set`,
    { 'snabb-softwire-v3:port-set': { 'psid-length': 10, 'reserved-ports-bit-count': 7 } },
  ],
  [
    'another port set for a shared address',
    'PUT',
    NEW,
    own(softwire('193.5.1.100', 3, { 'port-set': { 'psid-length': 7 } })),
  ],
  ['a softwire twice', 'PUT', TABLE, table(softwire('193.5.1.100', 3), softwire('193.5.1.100', 3))],
  ['a softwire that is there already', 'POST', TABLE, own(softwire('193.5.1.100', 1))],
  ['a softwire that is not there', 'DELETE', NEW],
  [
    'a softwire without its B4',
    'PUT',
    NEW,
    own({ ipv4: '193.5.1.100', psid: 3, 'br-address': '2001:db8::1', 'port-set': { 'psid-length': 6 } }),
  ],
  ['keys that are not those of the URL', 'PUT', ENTRY, own(softwire('193.5.1.100', 2))],
  ['a mandatory leaf deleted', 'DELETE', `${ENTRY}/b4-ipv6`],
  ['an interface without a next hop', 'DELETE', `${QUEUE}/external-interface/next-hop`],
  [
    'two ways to a next hop',
    'PUT',
    `${QUEUE}/external-interface/next-hop`,
    { 'snabb-softwire-v3:next-hop': { ip: '192.0.2.2', mac: '02:00:00:00:00:01' } },
  ],
  ['state, to be configured', 'PUT', '/restconf/data/snabb-softwire-v3:softwire-state', {}],
  ['JSON that ends too soon', 'PUT', ENTRY, '{"snabb-softwire-v3:softwire":[{'],
  ['a media type that is no data', 'PUT', ENTRY, 'x', { 'content-type': 'text/html' }],
  ['an edit of what somebody else has changed', 'DELETE', ENTRY, undefined, { 'if-match': '"old"' }],
  [
    'a password in clear text',
    'PUT',
    '/restconf/data/lwaftr:config-server/user=noc',
    { 'lwaftr:user': [{ name: 'noc', password: 'hunter2' }] },
  ],
]

const HEAD = `# The errors that an operator is likeliest to meet

Written by \`npm run docs:errors\` from requests to a relay and its answers; a test fails when it is out of date. What an edit
that was refused would have changed is as it was. \`src/errors.ts\` has every error. On the command line the messages are
the same.
`

/** Entity-tags have the store's name, which is another each time. */
const settled = (text: string) => text.replace(/"[\w-]{8}-[^"]*"/, '"…"')
const cell = (text: string) => text.replaceAll('|', '\\|')
const code = (text: string) => `\`${cell(text.length > 150 ? `${text.slice(0, 149)}…` : text)}\``

t.test('docs/errors.md shows what the relay answers', async (t) => {
  let text = `${HEAD}\n| what | request | answer | message |\n|---|---|---|---|\n`
  for (const [what, method, url, body, headers = {}] of cases) {
    const { send, snapshot } = await build(t, minimal)
    const before = await snapshot()
    const answer = await send(method, url, body, headers)
    t.same(await snapshot(), before, `${what}: nothing changed`)
    const [error] = answer.json()['ietf-restconf:errors'].error
    t.notMatch(error['error-message'], 'hunter2', what)
    const shown = body === undefined ? '' : ` ${code(typeof body === 'string' ? body : JSON.stringify(body))}`
    const request = `${code(`${method} ${url.replace('/restconf/data/', '…/')}`)}${shown}`
    const reply = `${answer.statusCode} ${error['error-tag']}`
    text += `| ${what} | ${request} | ${reply} | ${cell(settled(error['error-message']))} |\n`
  }
  if (process.env.LWAFTR_WRITE_DOCS) writeFileSync(FILE, text)
  t.equal(readFileSync(FILE, 'utf8'), text, 'run npm run docs:errors')
  t.ok(cases.length >= 25)
})
