/**
 * What clients can send, mutated: paths, queries, headers and bodies of both encodings. Whatever it is, the answer is one
 * of RESTCONF's, at once, never a failure of the server; and what was refused has changed nothing. A short run that is
 * always the same; `npm run fuzz` gives it time and a seed of its own by LWAFTR_FUZZ_SECONDS.
 */
import t from 'tap'
import {
  configuration,
  ENTRY,
  entry,
  MODEL,
  NACM,
  own,
  RULES,
  SIDE,
  softwires,
  TABLE,
  xmlSoftwire,
} from '../conformance/cases/suite.js'
import { listening } from '../conformance/server.js'
import { Random } from '../schema/random.js'
import { change } from './promises.js'

const rounds = 3000
const seconds = Number(process.env.LWAFTR_FUZZ_SECONDS ?? 0)
t.setTimeout((seconds + 120) * 1000)

const urls = [
  '/restconf',
  '/restconf/data',
  '/restconf/operations/lwaftr:validate',
  '/.well-known/host-meta',
  SIDE,
  `${SIDE}/mtu`,
  TABLE,
  `${TABLE}/softwire`,
  ENTRY,
  `${ENTRY}/port-set`,
  RULES,
  `${RULES}/rule=one`,
  `${NACM}/groups/group=operators/user-name=bob%2C%20the%20builder`,
  `${NACM}/rule-list=b%2Fc`,
]
const queries = [
  'content=config',
  'depth=2',
  'depth=65535',
  'fields=softwire(ipv4;port-set/psid-length)',
  'fields=external-interface(mtu;mru);binding-table/version',
  'with-defaults=report-all-tagged',
  'with-defaults=trim',
  'limit=1&offset=1',
  'where=psid%3D1',
  'sort-by=psid&direction=backwards',
  'cursor=x',
  'insert=first',
  'insert=after&point=%2Fietf-netconf-acm%3Anacm%2Frule-list%3Da%2Frule%3Done',
  'since=1',
  '(((((',
  'fields=((((',
  '%',
]
const patch = (target: string, value: unknown) => ({
  'ietf-yang-patch:yang-patch': {
    'patch-id': 'p',
    edit: [{ 'edit-id': 'e', operation: 'merge', target, value }],
  },
})
const bodies: [string, string][] = [
  ['application/yang-data+json', JSON.stringify(own('mtu', 1400))],
  ['application/yang-data+json', JSON.stringify(softwires(entry(3, { padding: 1 })))],
  [
    'application/yang-data+json',
    JSON.stringify(own('external-interface', { mtu: 1400, 'ingress-filter': 'ip' })),
  ],
  ['application/yang-data+json', JSON.stringify({ 'ietf-restconf:data': configuration })],
  ['application/yang-data+json', JSON.stringify({ 'lwaftr:input': { config: configuration } })],
  ['application/yang-data+xml', `<mtu ${MODEL}>1400</mtu>`],
  ['application/yang-data+xml', xmlSoftwire(3, '<padding>1</padding>')],
  [
    'application/yang-data+xml',
    `<?xml version="1.0"?><external-interface ${MODEL}><mtu>1400</mtu><!-- x --></external-interface>`,
  ],
  ['application/yang-patch+json', JSON.stringify(patch('/softwire=193.5.1.100,1', softwires(entry(1))))],
  ['application/yang-patch+json', JSON.stringify(patch('/mtu', own('mtu', 1400)))],
  [
    'application/yang-patch+xml',
    `<yang-patch xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-patch"><patch-id>p</patch-id><edit><edit-id>e</edit-id><operation>move</operation><target>/rule=one</target><where>first</where></edit></yang-patch>`,
  ],
  ['application/vnd.lwaftr.document+text', 'softwire-config { external-interface { mtu 1400; } }'],
]
const accepts = [
  '*/*',
  'application/yang-data+json',
  'application/yang-data+xml',
  'text/html;q=0.1, application/*;q=0.5',
  '*/*;q=0',
  ',;=,q',
  '',
]
const bombs = ['[', '{"a":', '<a>', '<a ', '"', '\\u0000', '9', '(', 'psid{'].map((piece) =>
  piece.repeat(30_000),
)

t.test('whatever a client sends, the answer is one, and never that the server failed', async (t) => {
  const relay = await listening(t)
  const seed = seconds > 0 ? Date.now() | 0 : 8040
  const random = new Random(seed)
  const mutated = (text: string) => change(random, Buffer.from(text))
  const end = Date.now() + seconds * 1000
  const before = process.memoryUsage.rss()
  let round = 0
  for (; seconds > 0 ? Date.now() < end : round < rounds; round++) {
    const method = random.pick(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)
    const path = random.chance(60) ? random.pick(urls) : printable(mutated(random.pick(urls)))
    const query = random.chance(60)
      ? ''
      : `?${random.chance(50) ? random.pick(queries) : printable(mutated(random.pick(queries)))}`
    const [type, text] = random.pick(bodies)
    const body = random.chance(5)
      ? Buffer.from(random.pick(bombs))
      : random.chance(40)
        ? Buffer.from(text)
        : mutated(text)
    const headers = {
      accept: random.pick(accepts),
      'content-type': random.chance(90) ? type : printable(mutated(type)),
      ...(random.chance(10) ? { 'if-match': printable(mutated('"x", W/"y", *')) } : {}),
      ...(random.chance(10)
        ? { 'if-modified-since': printable(mutated('Thu, 01 Jan 2026 00:00:00 GMT')) }
        : {}),
    }
    const { revision } = relay.datastore.running
    const started = performance.now()
    const url = `/${path.replace(/^\/+/, '')}${query}`
    const answer = await relay.send(
      method,
      url,
      headers,
      method === 'GET' || method === 'HEAD' ? undefined : body,
    )
    const sent = `seed ${seed}, round ${round}: ${method} ${path}${query} ${JSON.stringify(headers)} ${body.toString('latin1', 0, 300)}`
    if (answer.status >= 500 && answer.status !== 501) t.fail(`${answer.status} ${answer.body} for ${sent}`)
    if (answer.status >= 400 && relay.datastore.running.revision !== revision)
      t.fail(`refused, and yet changed: ${sent}`)
    if (performance.now() - started > 5000) t.fail(`it took ${performance.now() - started} ms: ${sent}`)
    if (relay.datastore.running.revision !== revision && random.chance(20)) await reset(relay)
  }
  t.ok(process.memoryUsage.rss() - before < 500e6, 'memory stays where it was')
  t.pass(`${round} rounds, seed ${seed}`)
})

/** What a socket would let through as a URL or header: no blanks, no control characters. */
function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char))
}

function reset({ transactions }: Awaited<ReturnType<typeof listening>>) {
  const edit = { operation: 'replace', target: { steps: [] }, value: configuration } as const
  return transactions.commit({ edits: [edit], who: 'test', via: 'file', permit: 'everything' })
}
