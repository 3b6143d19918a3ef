// lwaftr:routes over RESTCONF: what is announced, and how followers learn of changes.
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/schema/json-types.js'
import { parsePath } from '../../src/schema/paths.js'
import { instance, queue, twoQueues } from './announce/queues.js'
import { build, CONFIG, FakeDataPlane, minimal, schema, softwire, TABLE } from './helper.js'

const ROUTES = '/restconf/data/lwaftr:routes'

const unresolved = { carries: { ipv4: false, ipv6: true } }

async function open(t: Test, configuration = minimal, queues = [queue(0)]) {
  const built = await build(t, configuration)
  built.dataplane.current = { instances: [instance('eth0', queues)] }
  const routes = async (query = '') => {
    const answer = await built.send('GET', `${ROUTES}${query}`)
    t.equal(answer.statusCode, 200, answer.body)
    return answer.json()['lwaftr:routes']
  }
  /** `PREFIX via NEXT-HOP`, in the list's order. */
  const list = async () => short((await routes()).route)
  const put = async (ipv4: string, psid: number, more = {}) => {
    const entry = softwire(ipv4, psid, more)
    const answer = await built.send('PUT', `${TABLE}/softwire=${ipv4},${psid}`, {
      'snabb-softwire-v3:softwire': [entry],
    })
    t.ok(answer.statusCode < 300, answer.body)
  }
  return { ...built, announced: built.routes, routes, list, put }
}

type Entry = { prefix: string; 'next-hop': string }

function short(routes: Entry[] = []): string[] {
  return routes.map((route) => `${route.prefix} via ${route['next-hop']}`)
}

t.test('a long list is written in pieces', async (t) => {
  const { send, routes } = await open(t)
  // No two of them make a larger prefix.
  const addresses = Array.from({ length: 2500 }, (_, i) => `10.0.${i >> 7}.${(i & 127) * 2}`)
  const softwires = addresses.map((address) => softwire(address, 1))
  const put = await send('PUT', TABLE, { 'snabb-softwire-v3:binding-table': { softwire: softwires } })
  t.equal(put.statusCode, 204, put.body)
  const { route } = await routes()
  const ipv4 = route.map(({ prefix }: Entry) => prefix).filter((prefix: string) => prefix.startsWith('10.'))
  t.same(
    ipv4,
    addresses.map((address) => `${address}/32`),
  )
})

t.test('each queue that forwards has a route for each prefix', async (t) => {
  const { routes, revision } = await open(t, twoQueues(), [queue(0), queue(1)]).then(async (all) => ({
    ...all,
    revision: (await all.routes()).revision,
  }))
  t.match(revision, /^\d+$/)
  const ipv4 = { prefix: '193.5.1.100/32', instance: 'eth0', 'address-family': 'ipv4' }
  const ipv6 = { prefix: '2001:db8::1/128', instance: 'eth0', 'address-family': 'ipv6' }
  t.same(await routes(), {
    revision,
    route: [
      { ...ipv4, 'next-hop': '172.20.0.100', queue: 0 },
      { ...ipv4, 'next-hop': '172.20.0.101', queue: 1 },
      { ...ipv6, 'next-hop': '2001:db8::100', queue: 0 },
      { ...ipv6, 'next-hop': '2001:db8::101', queue: 1 },
    ],
  })
})

t.test('what a queue cannot do, its routes do not promise', async (t) => {
  const { list, dataplane, send } = await open(t, twoQueues(), [queue(0), queue(1)])
  const both = ['193.5.1.100/32 via 172.20.0.100', '193.5.1.100/32 via 172.20.0.101']
  const both6 = ['2001:db8::1/128 via 2001:db8::100', '2001:db8::1/128 via 2001:db8::101']
  t.same(await list(), [...both, ...both6])
  dataplane.become({ instances: [instance('eth0', [queue(0, unresolved), queue(1)])] })
  t.same(await list(), [both[1], ...both6], 'one family of one queue')
  const standing = await send('GET', `${CONFIG}/instance=eth0/queue=0/lwaftr:announcement`)
  t.same(standing.json(), { 'lwaftr:announcement': { ipv4: 'next-hop-unresolved', ipv6: 'announced' } })
  dataplane.become({ instances: [instance('eth0', [queue(0), queue(1)], 'down')] })
  t.same(await list(), [], 'a worker that is down')
  dataplane.become({ instances: [instance('eth0', [queue(0), queue(1)])] })
  t.same(await list(), [...both, ...both6], 'back by itself')
  await send('PUT', `${CONFIG}/instance=eth0/queue=1/lwaftr:drained`, { 'lwaftr:drained': true })
  t.same(await list(), [both[0], both6[0]], 'a queue that is drained')
})

t.test('prefixes are as few as cover exactly the addresses with a softwire', async (t) => {
  const { list, put, send } = await open(t)
  const ipv4 = async () =>
    (await list()).filter((line) => !line.includes(':')).map((line) => line.split(' ')[0])
  t.same(await ipv4(), ['193.5.1.100/32'])
  await put('193.5.1.101', 0)
  t.same(await ipv4(), ['193.5.1.100/31'])
  await put('193.5.1.103', 0)
  t.same(await ipv4(), ['193.5.1.100/31', '193.5.1.103/32'])
  await put('193.5.1.102', 0)
  t.same(await ipv4(), ['193.5.1.100/30'])
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,1`)
  t.same(await ipv4(), ['193.5.1.100/30'], 'another softwire has the address still')
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,2`)
  t.same(await ipv4(), ['193.5.1.101/32', '193.5.1.102/31'])
  await send('DELETE', `${CONFIG}/binding-table`)
  t.same(await list(), [])
  await put('10.0.0.1', 5)
  t.same(await ipv4(), ['10.0.0.1/32'])
})

t.test('a br-address is announced while a softwire uses it', async (t) => {
  const { list, put, send } = await open(t)
  const ipv6 = async () =>
    (await list()).filter((line) => line.includes(':')).map((line) => line.split(' ')[0])
  t.same(await ipv6(), ['2001:db8::1/128'])
  await put('193.5.1.100', 1, { 'br-address': '2001:db8::2' })
  t.same(await ipv6(), ['2001:db8::1/128', '2001:db8::2/128'])
  await put('193.5.1.100', 1, { 'br-address': '2001:db8::3' })
  t.same(await ipv6(), ['2001:db8::1/128', '2001:db8::3/128'], 'replaced')
  await put('193.5.1.100', 2, { 'br-address': '2001:db8::2' })
  t.same(await ipv6(), ['2001:db8::2/127'], 'the last user of ::1 moved')
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,1`)
  t.same(await ipv6(), ['2001:db8::2/128'])
})

t.test('who asks in the middle of a commit makes no br-address outlive its softwires', async (t) => {
  const { list, put, send, dataplane } = await open(t)
  const { prepare } = FakeDataPlane.prototype
  let goOn = () => {}
  // As where a worker has yet to take settings that came with the softwire.
  dataplane.prepare = async (change) => {
    const prepared = await prepare.call(dataplane, change)
    const wait = new Promise<void>((resolve) => {
      goOn = resolve
    })
    return {
      ...prepared,
      apply: async () => {
        await prepared.apply()
        await wait
      },
    }
  }
  const committed = put('193.5.1.101', 1, { 'br-address': '2001:db8::7' })
  while (dataplane.table.size < 3) await setImmediate()
  t.match(await list(), ['193.5.1.100/31 via 172.20.0.100'])
  goOn()
  await committed
  dataplane.prepare = prepare
  await send('DELETE', `${TABLE}/softwire=193.5.1.101,1`)
  t.same(await list(), ['193.5.1.100/32 via 172.20.0.100', '2001:db8::1/128 via 2001:db8::100'])
})

t.test('nor do commits that go together, of which one has the table read again', async (t) => {
  const { list, send, announced, transactions } = await open(t)
  t.teardown(announced.subscribe(() => {}))
  const commit = (path: string, value: JsonObject) =>
    transactions.commit({
      edits: [{ operation: 'replace', target: parsePath(schema, path), value }],
      who: 'test',
      via: 'test',
      permit: 'everything',
    })
  const entry = softwire('193.5.1.101', 1, { 'br-address': '2001:db8::7' })
  await Promise.all([
    commit('/softwire-config/lwaftr:announce', { 'longest-ipv4-prefix': 31 }),
    commit('/softwire-config/binding-table/softwire[ipv4=193.5.1.101][psid=1]', entry),
  ])
  await send('DELETE', `${TABLE}/softwire=193.5.1.101,1`)
  t.same(await list(), ['193.5.1.100/31 via 172.20.0.100', '2001:db8::1/128 via 2001:db8::100'])
})

t.test('an operator bounds what is announced', async (t) => {
  const { list, put, send } = await open(t)
  const announce = async (value: JsonObject) => {
    const answer = await send('PUT', `${CONFIG}/lwaftr:announce`, { 'lwaftr:announce': value })
    t.ok(answer.statusCode < 300, answer.body)
  }
  const prefixes = async () => (await list()).map((line) => line.split(' ')[0])
  await announce({ 'longest-ipv4-prefix': 24, 'longest-ipv6-prefix': 48 })
  t.same(await prefixes(), ['193.5.1.0/24', '2001:db8::/48'])
  await put('193.5.0.7', 0)
  t.same(await prefixes(), ['193.5.0.0/23', '2001:db8::/48'], 'blocks merge, too')
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,1`)
  t.same(await prefixes(), ['193.5.0.0/23', '2001:db8::/48'])
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,2`)
  t.same(await prefixes(), ['193.5.0.0/24', '2001:db8::/48'], 'the last address in the block')
  await announce({ prefix: ['193.5.0.0/16', '10.0.0.0/8', '2001:db8::/32'] })
  t.same(await prefixes(), ['193.5.0.0/16', '2001:db8::/32'], 'what is listed and in use')
  await put('10.1.1.1', 0)
  t.same(await prefixes(), ['10.0.0.0/8', '193.5.0.0/16', '2001:db8::/32'])
  await send('DELETE', `${TABLE}/softwire=193.5.0.7,0`)
  t.same(await prefixes(), ['10.0.0.0/8', '2001:db8::/32'])
})

t.test('an entity-tag says that nothing changed', async (t) => {
  const { send, put, dataplane } = await open(t)
  const ask = (tag: string) => send('GET', ROUTES, undefined, { 'if-none-match': tag })
  const first = await send('GET', ROUTES)
  const tag = String(first.headers.etag)
  t.match(tag, /^"[\w-]+"$/)
  t.equal((await ask(tag)).statusCode, 304)
  await put('193.5.1.100', 9)
  t.equal((await ask(tag)).statusCode, 304, 'a softwire more on an address changes no route')
  await put('193.5.1.200', 0)
  const changed = await ask(tag)
  t.equal(changed.statusCode, 200)
  t.not(changed.headers.etag, tag)
  dataplane.become({ instances: [instance('eth0', [queue(0, unresolved)])] })
  t.equal((await ask(String(changed.headers.etag))).statusCode, 200)
  t.equal((await ask('*')).statusCode, 304)
})

t.test('since a revision, only what changed is told', async (t) => {
  const { routes, put, send, dataplane } = await open(t)
  const { revision } = await routes()
  t.same(await routes(`?since=${revision}`), { revision, since: revision })
  await put('193.5.1.101', 0)
  await put('193.5.1.200', 0)
  await send('DELETE', `${TABLE}/softwire=193.5.1.200,0`)
  const merged = await routes(`?since=${revision}`)
  t.equal(merged.since, revision)
  t.same(short(merged.announced), ['193.5.1.100/31 via 172.20.0.100'])
  t.same(short(merged.withdrawn), ['193.5.1.100/32 via 172.20.0.100'], 'what came and went is not told')
  t.equal(Number(merged.revision) - Number(revision), 3, 'each change counts')
  dataplane.become({ instances: [instance('eth0', [queue(0, unresolved)])] })
  const last = await routes(`?since=${merged.revision}`)
  t.same(short(last.announced), [])
  t.same(short(last.withdrawn), ['193.5.1.100/31 via 172.20.0.100'])
})

t.test('another next hop is announced in place of the old', async (t) => {
  const { routes, send } = await open(t)
  const { revision } = await routes()
  const ip = `${CONFIG}/instance=eth0/queue=0/external-interface/ip`
  t.equal((await send('PUT', ip, { 'snabb-softwire-v3:ip': '172.20.0.200' })).statusCode, 204)
  const { announced, withdrawn } = await routes(`?since=${revision}`)
  t.same(short(announced), ['193.5.1.100/32 via 172.20.0.200'])
  t.same(withdrawn, undefined)
})

t.test('a revision that is not known any more, or never was, is answered by the whole list', async (t) => {
  const { routes, send } = await open(t)
  const { revision } = await routes()
  for (const other of ['17', String(Number(revision) + 1), '0', '99999999999999999999']) {
    const all = await routes(`?since=${other}`)
    t.equal(all.resync, true, other)
    t.same(short(all.route), ['193.5.1.100/32 via 172.20.0.100', '2001:db8::1/128 via 2001:db8::100'])
  }
  for (const query of ['?since=', '?since=abc', '?since=1&since=2', '?sinse=1'])
    t.equal((await send('GET', `${ROUTES}${query}`)).statusCode, 400, query)
})

t.test('ten thousand softwires in one patch are one change', async (t) => {
  const { routes, send } = await open(t)
  const { revision } = await routes()
  const entries = Array.from({ length: 10_000 }, (_, n) => softwire(`10.0.${n >> 8}.${n & 255}`, 0))
  const body = { 'snabb-softwire-v3:binding-table': { softwire: entries } }
  t.equal((await send('PATCH', TABLE, body)).statusCode, 204)
  const { announced, withdrawn, revision: after } = await routes(`?since=${revision}`)
  t.equal(Number(after) - Number(revision), 1)
  t.same(withdrawn, undefined)
  const fewest = ['10.0.0.0/19', '10.0.32.0/22', '10.0.36.0/23', '10.0.38.0/24', '10.0.39.0/28']
  t.same(
    short(announced),
    fewest.map((prefix) => `${prefix} via 172.20.0.100`),
  )
})

t.test('a whole new table is compared with the old', async (t) => {
  const { routes, send } = await open(t)
  const { revision } = await routes()
  const table = {
    'snabb-softwire-v3:binding-table': { softwire: [softwire('193.5.1.101', 0), softwire('193.5.1.100', 0)] },
  }
  t.equal((await send('PUT', TABLE, table)).statusCode, 204)
  const { announced, withdrawn } = await routes(`?since=${revision}`)
  t.same(short(announced), ['193.5.1.100/31 via 172.20.0.100'])
  t.same(short(withdrawn), ['193.5.1.100/32 via 172.20.0.100'])
})

t.test('routes are data: read as XML, entry by entry, and never written', async (t) => {
  const { send } = await open(t)
  const xml = await send('GET', ROUTES, undefined, { accept: 'application/yang-data+xml' })
  t.match(
    xml.body,
    /<routes xmlns="urn:lwaftr"><revision>\d+<\/revision><route><prefix>193.5.1.100\/32<\/prefix>/,
  )
  const entry = await send('GET', `${ROUTES}/route=193.5.1.100%2F32,eth0,0`)
  t.equal(entry.json()['lwaftr:route'][0]['next-hop'], '172.20.0.100')
  const all = await send('GET', '/restconf/data?content=nonconfig')
  t.equal(all.json()['ietf-restconf:data']['lwaftr:routes'].route.length, 2)
  t.equal((await send('GET', `${ROUTES}?content=config`)).statusCode, 404)
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const)
    t.equal((await send(method, ROUTES, {})).statusCode, 405, method)
  const head = await send('HEAD', ROUTES)
  t.equal(head.body, '')
  t.match(head.headers.etag, /^"/)
})
