import t from 'tap'
import { configurationFeeds } from '../../../src/config-server/feeds/configuration-feed.js'
import { type Feed, MOST_EDITS, PIECE } from '../../../src/config-server/feeds/feed.js'
import { Follower, type Since } from '../../../src/config-server/feeds/follower.js'
import { Notice } from '../../../src/config-server/feeds/notice.js'
import { View } from '../../../src/config-server/feeds/view.js'
import type { History } from '../../../src/config-server/history.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { parsePath } from '../../../src/schema/paths.js'
import { build, CONFIG, minimal, schema, softwire, TABLE } from '../helper.js'
import { Replica, type WireUpdate } from './replica.js'

const ENTRY = '/snabb-softwire-v3:softwire-config/binding-table/softwire='

async function follow(t: Tap, configuration: JsonObject | null = minimal) {
  const relay = await build(t, configuration)
  const [config, bindingTable] = configurationFeeds(relay)
  const follower = (feed = bindingTable, filter?: string, since?: Since) =>
    new Follower(new View(feed, filter === undefined ? undefined : parsePath(schema, filter)), since)
  return { ...relay, config, bindingTable, follower }
}
type Tap = Parameters<typeof build>[0]

/** All that there is to read, as it goes over the wire. */
function readAll(follower: Follower): WireUpdate[] {
  const all: WireUpdate[] = []
  for (let next = follower.next(); next; next = follower.next()) all.push(wire(next))
  return all
}

function wire(notice: Notice | 'lost'): WireUpdate {
  if (!(notice instanceof Notice)) throw new Error('lost')
  const { revision, json, mark } = notice
  return {
    revision,
    edits: JSON.parse(json),
    ...(mark.resync && { resync: true }),
    ...(mark.synced && { synced: true }),
  }
}

const entry = (psid: number, more = {}) => ({
  'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
})
const many = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) =>
    softwire(`10.${(i + first) >> 16}.${((i + first) >> 8) & 255}.${(i + first) & 255}`, 1),
  )

t.test('who comes for the first time is told the whole, and then each change', async (t) => {
  const { send, follower } = await follow(t)
  const reader = follower()
  t.same(readAll(reader), [
    {
      revision: '1',
      edits: [1, 2].map((psid) => ({
        operation: 'create',
        target: `${ENTRY}193.5.1.100,${psid}`,
        value: entry(psid),
      })),
      resync: true,
      synced: true,
    },
  ])
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  await send('PUT', `${TABLE}/softwire=193.5.1.100,1`, entry(1, { padding: 1 }))
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,2`)
  await send('PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': 1400 })
  t.same(readAll(reader), [
    { revision: '2', edits: [{ operation: 'create', target: `${ENTRY}193.5.1.100,3`, value: entry(3) }] },
    {
      revision: '3',
      edits: [{ operation: 'replace', target: `${ENTRY}193.5.1.100,1`, value: entry(1, { padding: 1 }) }],
    },
    { revision: '4', edits: [{ operation: 'delete', target: `${ENTRY}193.5.1.100,2` }] },
  ])
  t.equal(reader.revision, '5', 'what is not in the binding table is passed over')
})

t.test('the configuration is its tree and its softwires', async (t) => {
  const { send, config, follower } = await follow(t)
  const reader = follower(config)
  const [first] = readAll(reader)
  const tree = structuredClone(minimal) as { [top: string]: JsonObject }
  const top = tree['snabb-softwire-v3:softwire-config'] as JsonObject
  delete top['binding-table']
  t.same(
    first?.edits.map(({ target }) => target),
    ['/snabb-softwire-v3:softwire-config', `${ENTRY}193.5.1.100,1`, `${ENTRY}193.5.1.100,2`],
  )
  t.same(first?.edits[0]?.value, tree)
  await send('PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': 1400 })
  t.same(readAll(reader), [
    {
      revision: '2',
      edits: [
        {
          operation: 'replace',
          target: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
          value: { 'snabb-softwire-v3:mtu': 1400 },
        },
      ],
    },
  ])
})

t.test('a filter leaves what is at the path and below', async (t) => {
  const { send, config, follower } = await follow(t)
  const at = (filter: string) => follower(config, filter)
  const readers = {
    mtu: at('/softwire-config/external-interface/mtu'),
    one: at('/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=2]'),
    inside: at('/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=2]/padding'),
    instances: at('/softwire-config/instance'),
    none: at('/softwire-config/internal-interface'),
  }
  const targets = (reader: Follower) =>
    readAll(reader).map(({ edits, resync, synced }) => ({
      edits: edits.map(({ operation, target }) => `${operation} ${target.split('/').slice(2).join('/')}`),
      whole: Boolean(resync && synced),
    }))
  t.same(targets(readers.mtu), [{ edits: ['create external-interface/mtu'], whole: true }])
  t.same(targets(readers.one), [{ edits: ['create binding-table/softwire=193.5.1.100,2'], whole: true }])
  t.same(targets(readers.inside), [{ edits: [], whole: true }], 'nothing is an answer too')
  t.same(targets(readers.instances), [{ edits: ['create instance=eth0'], whole: true }])
  t.same(targets(readers.none), [{ edits: [], whole: true }])

  await send('PUT', `${TABLE}/softwire=193.5.1.100,2`, entry(2, { padding: 7 }))
  await send('PUT', `${TABLE}/softwire=193.5.1.100,1`, entry(1, { padding: 7 }))
  await send('PUT', `${CONFIG}/external-interface`, { 'snabb-softwire-v3:external-interface': {} })
  t.same(targets(readers.mtu), [{ edits: ['delete external-interface/mtu'], whole: false }])
  t.same(targets(readers.one), [{ edits: ['replace binding-table/softwire=193.5.1.100,2'], whole: false }])
  t.same(targets(readers.inside), [
    { edits: ['replace binding-table/softwire=193.5.1.100,2/padding'], whole: false },
  ])
  t.same(targets(readers.instances), [])
  t.same(targets(readers.none), [])
})

t.test('a list whose order changed comes as a whole; who follows an entry gets the entry', async (t) => {
  const { send, config, follower } = await follow(t)
  const nacm = '/restconf/data/ietf-netconf-acm:nacm'
  const [a, b] = ['a', 'b'].map((name) => ({ name, group: [name] }))
  const put = (...lists: unknown[]) =>
    send('PUT', nacm, { 'ietf-netconf-acm:nacm': { 'enable-nacm': false, 'rule-list': lists } })
  t.equal((await put(a, b)).statusCode, 201)
  const readers = [
    '/nacm',
    '/nacm/rule-list',
    '/nacm/rule-list[name=b]',
    '/nacm/rule-list[name=b]/group',
    '/nacm/groups',
  ]
  const all = readers.map((filter) => follower(config, filter))
  for (const reader of all) readAll(reader)
  t.equal((await put(b, a)).statusCode, 204)
  const list = '/ietf-netconf-acm:nacm/rule-list'
  const replace = (target: string, value: unknown) => ({ operation: 'replace', target, value })
  const whole = replace(list, { 'ietf-netconf-acm:rule-list': [b, a] })
  t.same(
    all.map((reader) => readAll(reader).flatMap(({ edits }) => edits)),
    [
      [whole],
      [whole],
      [replace(`${list}=b`, { 'ietf-netconf-acm:rule-list': [b] })],
      [replace(`${list}=b/group`, { 'ietf-netconf-acm:group': ['b'] })],
      [],
    ],
  )
})

t.test('who comes again is told what he missed', async (t) => {
  const { send, follower, bindingTable } = await follow(t)
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  await send('PUT', `${TABLE}/softwire=193.5.1.100,4`, entry(4))
  const { epoch } = bindingTable
  for (const since of [{ revision: '2' }, { revision: '2', epoch }]) {
    const updates = readAll(follower(bindingTable, undefined, since))
    t.same(updates, [
      { revision: '3', edits: [{ operation: 'create', target: `${ENTRY}193.5.1.100,4`, value: entry(4) }] },
    ])
  }
  t.same(readAll(follower(bindingTable, undefined, { revision: '3' })), [], 'nothing, if he missed nothing')
  for (const since of [{ revision: '2', epoch: 'another' }, { revision: '99' }, { revision: 'x' }]) {
    const [first, ...more] = readAll(follower(bindingTable, undefined, since))
    t.match(first, { revision: '3', resync: true, synced: true }, JSON.stringify(since))
    t.equal(first?.edits.length, 4)
    t.same(more, [])
  }
})

t.test('a table of many pages comes in pieces, and what happens meanwhile is told once', async (t) => {
  const all = many(3 * PIECE)
  const { send, follower, dataplane } = await follow(t, {
    'snabb-softwire-v3:softwire-config': {
      ...(minimal['snabb-softwire-v3:softwire-config'] as JsonObject),
      'binding-table': { softwire: all },
    },
  })
  const reader = follower()
  const replica = new Replica()
  const sizes: number[] = []
  for (let round = 0; ; round++) {
    const next = reader.next()
    if (!next) break
    const update = wire(next)
    sizes.push(update.edits.length)
    replica.take(update)
    if (replica.synced) continue
    // Behind the reader, right before him, far ahead; created, changed, deleted.
    for (const at of [round, PIECE * (round + 1), PIECE * (round + 1) + 1, 3 * PIECE - 1 - round]) {
      const key = `${all[at]?.ipv4},1`
      const value = { 'snabb-softwire-v3:softwire': [{ ...all[at], padding: round + 1 }] }
      await send('PUT', `${TABLE}/softwire=${key}`, value)
    }
    await send('DELETE', `${TABLE}/softwire=${all[100 + round]?.ipv4},1`)
    await send('DELETE', `${TABLE}/softwire=${all[2 * PIECE + 50 + round]?.ipv4},1`)
    const fresh = softwire(`9.0.0.${round}`, 1)
    await send('PUT', `${TABLE}/softwire=9.0.0.${round},1`, { 'snabb-softwire-v3:softwire': [fresh] })
  }
  t.equal(replica.resyncs, 1)
  t.ok(sizes.length >= 3 && Math.max(...sizes) < 2 * PIECE, `pieces of ${sizes.join(', ')}`)
  t.equal(replica.entries.size, dataplane.table.size)
  const body = (await send('GET', `${TABLE}/softwire`)).json()['snabb-softwire-v3:softwire'] as JsonObject[]
  const byKey = (a: JsonObject, b: JsonObject) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  t.same((replica.values() as JsonObject[]).sort(byKey), body.sort(byKey))
})

t.test('a table put in place of another is told from the beginning', async (t) => {
  const { follower, transactions } = await follow(t)
  const reader = follower()
  const replica = new Replica()
  for (const update of readAll(reader)) replica.take(update)
  const put = (softwires: JsonObject[]) =>
    transactions.commit({
      edits: [
        {
          operation: 'replace',
          target: parsePath(schema, '/softwire-config/binding-table'),
          value: { softwire: softwires },
        },
      ],
      who: 'test',
      via: 'test',
      permit: 'everything',
    })
  await put(many(MOST_EDITS + 1))
  const next = wire(reader.next() ?? 'lost')
  t.match(next, { resync: true, revision: '2' })
  replica.take(next)
  await put(many(2 * MOST_EDITS, 1 << 20))
  for (const update of readAll(reader)) replica.take(update)
  t.equal(replica.resyncs, 3, 'also half-way')
  t.equal(replica.entries.size, 2 * MOST_EDITS)
  t.ok(replica.synced)
})

/** A reader of a feed that remembers the last commit only, and three commits that he has yet to be told. */
async function behind(t: Tap, history: { wayBack: History['wayBack'] } | undefined) {
  const relay = await follow(t)
  const [, feed] = configurationFeeds(history ? { ...relay, history } : relay, 1)
  const reader = relay.follower(feed)
  readAll(reader)
  await relay.send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  await relay.send('DELETE', `${TABLE}/softwire=193.5.1.100,3`)
  await relay.send('PUT', `${TABLE}/softwire=193.5.1.100,4`, entry(4))
  return { ...relay, feed, reader }
}

t.test('a reader who falls too far behind is lost', async (t) => {
  const { follower, feed, reader } = await behind(t, { wayBack: () => null })
  t.equal(reader.next(), 'lost')
  const again = readAll(follower(feed, undefined, { revision: '1' }))
  t.match(again, [{ revision: '4', resync: true, synced: true }])
  t.equal(again[0]?.edits.length, 3)
})

t.test('unless the store still knows what was different then', async (t) => {
  const { reader, send } = await behind(t, undefined)
  const created = { operation: 'create', target: `${ENTRY}193.5.1.100,4`, value: entry(4) }
  t.same(readAll(reader), [{ revision: '4', edits: [created] }], 'what was made and unmade is not told')
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,4`)
  t.same(readAll(reader), [{ revision: '5', edits: [{ operation: 'delete', target: created.target }] }])
})

t.test('a reader of an earlier run is told what changed since', async (t) => {
  const { send, datastore, publisher, history } = await follow(t)
  await send('PUT', `${TABLE}/softwire=193.5.1.100,1`, entry(1, { padding: 1 }))
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,2`)
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  await send('PUT', `${TABLE}/softwire=193.5.1.100,4`, entry(4))
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,4`)
  await send('PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': 1400 })
  // These have seen none of it.
  const [config, bindingTable] = configurationFeeds({ schema, datastore, publisher, history })
  const updates = (feed: Feed) =>
    readAll(new Follower(new View(feed), { revision: '1', epoch: datastore.id }))
  const softwires = [
    { operation: 'replace', target: `${ENTRY}193.5.1.100,1`, value: entry(1, { padding: 1 }) },
    { operation: 'delete', target: `${ENTRY}193.5.1.100,2` },
    { operation: 'create', target: `${ENTRY}193.5.1.100,3`, value: entry(3) },
  ]
  t.same(updates(bindingTable), [{ revision: '7', edits: softwires }])
  const mtu = {
    operation: 'replace',
    target: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
    value: { 'snabb-softwire-v3:mtu': 1400 },
  }
  t.same(updates(config), [{ revision: '7', edits: [mtu, ...softwires] }])
})
