import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../../src/root.js'
import { parsePath } from '../../../src/schema/paths.js'
import { schema, softwire, TABLE } from '../helper.js'
import { listening } from '../websocket/client.js'
import { EventClient } from './client.js'

const noYanglint = existsSync('/usr/bin/yanglint') ? false : 'yanglint is not installed'
const entry = (psid: number, more = {}) => ({
  'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
})
const target = (psid: number) =>
  `/snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,${psid}`
const ENTRY = `${TABLE}/softwire=193.5.1.100,`

t.test('clients find the streams, where they are and what they keep', async (t) => {
  const { url, streams } = await listening(t)
  const at = async (base: string) => {
    const answer = await fetch(`${base}/restconf/data/ietf-restconf-monitoring:restconf-state/streams`)
    return (await answer.json()) as { 'ietf-restconf-monitoring:streams': { stream: { name: string }[] } }
  }
  const { stream } = (await at(url))['ietf-restconf-monitoring:streams']
  t.same(
    stream.map(({ name }) => name),
    streams.names,
  )
  t.match(stream[0], {
    name: 'config',
    'replay-support': true,
    'replay-log-creation-time': /^\d{4}-.*Z$/,
    access: [
      { encoding: 'json', location: `${url}/streams/config/json` },
      { encoding: 'xml', location: `${url}/streams/config/xml` },
    ],
  })
})

t.test('a stream tells what happens from now on, as notifications', async (t) => {
  const { url, send, datastore } = await listening(t)
  const json = await EventClient.open(`${url}/streams/binding-table/json`)
  const xml = await EventClient.open(`${url}/streams/binding-table/xml`)
  t.equal(json.response.statusCode, 200)
  t.match(json.response.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await send('PUT', `${ENTRY}3`, entry(3))
  await send('DELETE', `${ENTRY}3`)
  await json.until(({ events }) => events.length === 2)
  await xml.until(({ events }) => events.length === 2)
  const { id } = datastore
  t.same(
    json.events.map((event) => event.id),
    [`${id}-2`, `${id}-3`],
  )
  t.equal(`"${json.lastEventId}"`, datastore.entityTag, 'an id is an entity-tag')
  const update = (revision: string, edit: unknown) => ({
    'ietf-restconf:notification': {
      eventTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      'lwaftr:update': { stream: 'binding-table', epoch: id, revision, edits: [edit] },
    },
  })
  t.match(
    json.events.map(({ data }) => JSON.parse(data)),
    [
      update('2', { operation: 'create', target: target(3), value: entry(3) }),
      update('3', { operation: 'delete', target: target(3) }),
    ],
  )
  const [created = '', deleted = ''] = xml.events.map(({ data }) => data)
  t.match(
    created,
    /^<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>[^<]*Z<\/eventTime>/,
  )
  t.match(
    deleted,
    `<edits><operation>delete</operation><target>${target(3)}</target></edits></update></notification>`,
  )
  t.test('which the model allows', { skip: noYanglint }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'lwaftr-events-'))
    t.teardown(() => rmSync(directory, { recursive: true }))
    for (const [i, text] of [created, deleted].entries()) {
      const file = join(directory, `${i}.xml`)
      writeFileSync(file, text)
      const yang = join(root, 'yang')
      t.doesNotThrow(() =>
        execFileSync('yanglint', ['-p', yang, '-t', 'nc-notif', join(yang, 'lwaftr.yang'), file], {
          stdio: 'pipe',
        }),
      )
    }
  })
})

t.test('who comes again is told what he missed, or everything', async (t) => {
  const { url, send, datastore } = await listening(t)
  const first = await EventClient.open(`${url}/streams/binding-table/json`)
  await send('PUT', `${ENTRY}3`, entry(3))
  await first.until(({ events }) => events.length === 1)
  first.close()
  await send('PUT', `${ENTRY}4`, entry(4))
  const edits = ({ events }: EventClient) =>
    events.flatMap(({ data }) => {
      const { edits, resync, synced } = JSON.parse(data)['ietf-restconf:notification']['lwaftr:update']
      return [
        ...(resync ? ['resync'] : []),
        ...edits.map((edit: { operation: string; target: string }) => `${edit.operation} ${edit.target}`),
        ...(synced ? ['synced'] : []),
      ]
    })
  const again = await EventClient.open(`${url}/streams/binding-table/json`, {
    'last-event-id': first.lastEventId ?? '',
  })
  await again.until(({ events }) => events.length === 1)
  t.same(edits(again), [`create ${target(4)}`])
  for (const id of ['', 'x', 'other-2', `${datastore.id}-99`]) {
    const fresh = await EventClient.open(`${url}/streams/binding-table/json`, { 'last-event-id': id })
    await fresh.until(({ events }) => events.length === 1)
    t.same(edits(fresh), ['resync', ...[1, 2, 3, 4].map((psid) => `create ${target(psid)}`), 'synced'], id)
  }
})

t.test('replay begins at start-time, and stop-time ends the stream', async (t) => {
  const { url, send } = await listening(t, undefined, {}, { keepAlive: 100 })
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
  const before = new Date(Date.now() - 3_600_000).toISOString()
  await send('PUT', `${ENTRY}3`, entry(3))
  await pause()
  const between = new Date().toISOString()
  await pause()
  await send('PUT', `${ENTRY}4`, entry(4))
  await pause()
  const after = new Date().toISOString()
  await pause()
  await send('PUT', `${ENTRY}5`, entry(5))
  const replay = async (query: string, count: number) => {
    const client = await EventClient.open(`${url}/streams/binding-table/json?${query}`)
    await client.until(({ events, ended }) => ended || events.length === count)
    return client
  }
  const revisions = ({ events }: EventClient) => events.map(({ id }) => Number(id?.split('-').pop()))
  const all = await replay(`start-time=${before}`, 4)
  t.same(revisions(all), [1, 2, 3, 4], 'from the beginning of the log, where it asks for more')
  t.notOk(all.ended)
  t.same(revisions(await replay(`start-time=${between}`, 2)), [3, 4])
  const part = await replay(`start-time=${between}&stop-time=${after}`, 9)
  t.same(revisions(part), [3])
  t.ok(part.ended)
  const soon = new Date(Date.now() + 300).toISOString().replace('Z', '+00:00')
  const live = await replay(`start-time=${after}&stop-time=${soon}`, 1)
  await live.until(({ ended }) => ended)
  t.ok(Date.now() >= Date.parse(soon), 'it goes on until then')
  t.same(revisions(live), [4])
})

t.test('a filter leaves what is at the path and below', async (t) => {
  const { url, send } = await listening(t)
  const filter = encodeURIComponent(
    "/snabb-softwire-v3:softwire-config/binding-table/softwire[ipv4='193.5.1.100'][psid='4']",
  )
  const client = await EventClient.open(`${url}/streams/config/json?filter=${filter}`)
  await send('PUT', `${ENTRY}3`, entry(3))
  await send('PUT', `${ENTRY}4`, entry(4))
  await client.until(({ events }) => events.length === 1)
  t.match(client.events[0]?.data, target(4))
})

for (const [what, path, status, tag] of [
  ['no such stream', '/streams/nothing/json', 404, 'invalid-value'],
  ['no such encoding', '/streams/config/cbor', 404, 'invalid-value'],
  ['a parameter of other resources', '/streams/config/json?depth=1', 400, 'invalid-value'],
  ['a parameter given twice', '/streams/config/json?filter=/&filter=/', 400, 'invalid-value'],
  ['a filter that is none', '/streams/config/json?filter=/nothing', 400, 'unknown-element'],
  ['a start-time that is none', '/streams/config/json?start-time=yesterday', 400, 'invalid-value'],
  [
    'a start-time without a zone',
    '/streams/config/json?start-time=2020-01-01T00:00:00',
    400,
    'invalid-value',
  ],
  ['a day that never was', '/streams/config/json?start-time=2020-02-31T25:00:00Z', 400, 'invalid-value'],
  [
    'a start-time in the future',
    '/streams/config/json?start-time=2999-01-01T00:00:00Z',
    400,
    'invalid-value',
  ],
  ['a stop-time alone', '/streams/config/json?stop-time=2999-01-01T00:00:00Z', 400, 'invalid-value'],
  [
    'a stop-time before start-time',
    '/streams/config/json?start-time=2020-01-02T00:00:00Z&stop-time=2020-01-01T00:00:00Z',
    400,
    'invalid-value',
  ],
  [
    'replay of what keeps no log',
    '/streams/state/json?start-time=2020-01-01T00:00:00Z',
    400,
    'invalid-value',
  ],
  ['start-time for data', '/restconf/data?start-time=2020-01-01T00:00:00Z', 400, 'invalid-value'],
] as const)
  t.test(`refused: ${what}`, async (t) => {
    const { url } = await listening(t)
    const answer = await fetch(
      url + path,
      path.startsWith('/streams') ? { headers: { accept: 'text/event-stream' } } : {},
    )
    t.equal(answer.status, status)
    t.match(await answer.json(), { 'ietf-restconf:errors': { error: [{ 'error-tag': tag }] } })
  })

t.test('a stream is for who accepts events, and only read', async (t) => {
  const { url } = await listening(t)
  const at = `${url}/streams/config/json`
  t.equal((await fetch(at, { headers: { accept: 'application/yang-data+json' } })).status, 406)
  const head = await fetch(at, { method: 'HEAD', headers: { accept: 'text/event-stream' } })
  t.equal(head.status, 200)
  t.equal(head.headers.get('content-type'), 'text/event-stream')
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await fetch(at, { method })
    t.equal(answer.status, 405)
    t.equal(answer.headers.get('allow'), 'HEAD, GET, OPTIONS')
  }
})

t.test('a client that takes nothing is cut off; one that is silent is kept', async (t) => {
  const { url, transactions, streams } = await listening(t, undefined, {}, { keepAlive: 100, patience: 400 })
  const softwires = Array.from({ length: 100_000 }, (_, i) =>
    softwire(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1),
  )
  const at = parsePath(schema, '/softwire-config/binding-table')
  const edit = { operation: 'replace' as const, target: at, value: { softwire: softwires } }
  const silent = await EventClient.open(`${url}/streams/state/json`)
  await transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
  const { opened } = streams
  const cutOff = new Promise<void>((resolve) => {
    streams.opened = (close) => {
      const forget = opened.call(streams, close)
      return () => {
        resolve()
        return forget()
      }
    }
  })
  const slow = await EventClient.open(`${url}/streams/binding-table/json`, { 'last-event-id': 'none' })
  slow.response.pause()
  await cutOff
  slow.response.resume()
  await slow.until(({ ended }) => ended)
  const told = slow.events.reduce((sum, { data }) => sum + (data.match(/"create"/g)?.length ?? 0), 0)
  t.ok(told < softwires.length, `${told} entries were on their way`)
  t.equal(slow.lastEventId, undefined, 'half a content is nowhere to go on from')
  t.notOk(silent.ended)
})
