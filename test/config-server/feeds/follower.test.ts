import t from 'tap'
import { configurationFeeds } from '../../../src/config-server/feeds/configuration-feed.js'
import { MOST_EDITS, PIECE } from '../../../src/config-server/feeds/feed.js'
import { Follower, type Since } from '../../../src/config-server/feeds/follower.js'
import { Notice } from '../../../src/config-server/feeds/notice.js'
import { View } from '../../../src/config-server/feeds/view.js'
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

t.test('a reader who falls too far behind is lost', async (t) => {
  const { follower, transactions, bindingTable } = await follow(t)
  const reader = follower()
  readAll(reader)
  const target = parsePath(schema, '/softwire-config/binding-table')
  const edit = (i: number) => {
    const value = { softwire: many(8000, (i % 2) << 20) }
    return { edits: [{ operation: 'merge' as const, target, value }], who: 'test', via: 'test' }
  }
  let commits = 0
  for (; bindingTable.since('1') && commits < 100; commits++) {
    await transactions.commit({ edits: [{ operation: 'remove', target }], who: 'test', via: 'test' })
    await transactions.commit(edit(commits))
  }
  t.equal(reader.next(), 'lost')
  const again = new Replica()
  for (const update of readAll(follower(bindingTable, undefined, { revision: '1' }))) again.take(update)
  t.equal(again.entries.size, 8000)
})
