// Earlier configurations: whatever was committed since, what undoes it leads back, across restarts and within bounds.
import t, { type Test } from 'tap'
import type { Edit } from '../../src/config-server/edit.js'
import type { FeedEdit } from '../../src/config-server/feeds/feed.js'
import { missed } from '../../src/config-server/feeds/missed.js'
import { History } from '../../src/config-server/history.js'
import { openStore } from '../../src/config-server/store.js'
import { diffTrees } from '../../src/config-server/tree-diff.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { formatXPath, parsePath } from '../../src/schema/paths.js'
import { decodeSoftwire } from '../../src/schema/softwire-record.js'
import { build, createTable, schema, softwire } from './helper.js'

const LIST = '/softwire-config/binding-table/softwire'
const entry = (ipv4: string, psid: number) => parsePath(schema, `${LIST}[ipv4=${ipv4}][psid=${psid}]`)

async function world(t: Test) {
  const built = await build(t)
  const commit = (...edits: Edit[]) =>
    built.transactions.commit({ edits, who: 'test', via: 'test', permit: 'everything' })
  const put = (psid: number, more = {}) =>
    commit({
      operation: 'replace',
      target: entry('193.5.1.100', psid),
      value: softwire('193.5.1.100', psid, more),
    })
  const remove = (psid: number) => commit({ operation: 'remove', target: entry('193.5.1.100', psid) })
  const set = (path: string, value: string | number) =>
    commit({ operation: 'replace', target: parsePath(schema, path), value })
  const table = (count: number, more = {}) => {
    const value = Array.from({ length: count }, (_, i) => softwire(`10.0.${i >> 6}.1`, i & 63, more))
    return commit({ operation: 'replace', target: parsePath(schema, LIST), value })
  }
  /** What somebody is told who comes again: operation, path and value of each edit. */
  const since = (revision: number) => {
    const update = missed(built, String(revision), { steps: [] })
    const edit = ({ operation, target, value }: FeedEdit) => [operation, formatXPath(target), value]
    return update && { revision: update.revision, edits: update.edits && Array.from(update.edits, edit) }
  }
  return { ...built, put, remove, set, table, since }
}

t.test('changes since a revision are net, and have the values of now', async (t) => {
  const { since, put, remove, set } = await world(t)
  await put(3)
  await put(3, { padding: 9 })
  await put(4)
  await remove(4)
  await remove(1)
  await set('/softwire-config/name', 'x')
  await set('/softwire-config/external-interface/mtu', 1400)
  await set('/softwire-config/external-interface/mtu', 1500)
  const path = (psid: number) => formatXPath(entry('193.5.1.100', psid))
  t.same(since(1), {
    revision: '9',
    edits: [
      ['create', '/softwire-config/name', 'x'],
      ['create', path(3), softwire('193.5.1.100', 3, { padding: 9 })],
      ['delete', path(1), undefined],
    ],
  })
  t.same(since(9), { revision: '9', edits: [] })
  for (const revision of [10, -1, 1.5, Number.NaN]) t.equal(since(revision), null)
})

t.test('changes over a whole new table are not told one by one', async (t) => {
  const { since, put, table } = await world(t)
  await put(3)
  await table(2000)
  await put(5)
  t.same(since(1), { revision: '4', edits: null })
  t.same(since(2), { revision: '4', edits: null })
  t.same(since(3), {
    revision: '4',
    edits: [['create', formatXPath(entry('193.5.1.100', 5)), softwire('193.5.1.100', 5)]],
  })
})

t.test('two revisions are compared by content, also over whole new tables', async (t) => {
  const { history, put, remove, set, table, dataplane } = await world(t)
  await put(3)
  await set('/softwire-config/name', 'x')
  await table(2000)
  await table(2000, { padding: 1 })
  await remove(3)
  await put(9, { padding: 2 })
  const pairs = async (from: number, to: number) => {
    const compared = history.compare(from, to)
    const all: (object | null)[][] = []
    for await (const pair of compared?.softwires ?? [])
      all.push(pair.map((record) => record && decodeSoftwire(record)))
    compared?.close()
    const tree = compared && diffTrees(schema, compared.before, compared.after)
    return { tree: tree?.map(({ target }) => formatXPath(target)), softwires: all }
  }
  t.same(await pairs(1, 3), {
    tree: ['/softwire-config/name'],
    softwires: [[null, softwire('193.5.1.100', 3)]],
  })
  t.same((await pairs(3, 1)).softwires, [[softwire('193.5.1.100', 3), null]])
  t.same(await pairs(4, 4), { tree: [], softwires: [] })
  t.same((await pairs(5, 6)).softwires, [[null, softwire('193.5.1.100', 9, { padding: 2 })]])
  t.equal((await pairs(3, 4)).softwires.length, 2003)
  t.equal((await pairs(4, 5)).softwires.length, 2000)
  t.same((await pairs(4, 5)).softwires[0], [softwire('10.0.0.1', 0), softwire('10.0.0.1', 0, { padding: 1 })])
  t.equal(history.compare(1, 7), null)
  t.equal(dataplane.table.size, 2001, 'and nothing has changed')
})

t.test('history is kept as deep as configured, by number and by size', async (t) => {
  const { history, put, set, store, transactions } = await world(t)
  await set('/lwaftr:config-server/history/depth', 3)
  for (let i = 0; i < 5; i++) await put(3, { padding: i })
  t.same(
    store.history(9).map(({ revision }) => revision),
    [7, 6, 5],
  )
  t.ok(history.wayBack(4))
  t.equal(history.wayBack(3), null)
  await set('/lwaftr:config-server/history/depth', 1000)
  await set('/lwaftr:config-server/history/size', 1)
  const blob = (round: number) =>
    Array.from({ length: 30_000 }, (_, i) =>
      softwire(`10.${i >> 14}.${(i >> 6) & 255}.1`, i & 63, {
        'b4-ipv6': `2001:db8:${((i * 48271 + round) % 65521).toString(16)}:${((i * 7919 + round * 31) % 65521).toString(16)}::`,
      }),
    )
  for (let round = 1; round < 20; round++) {
    const value = blob(round)
    const edit = { operation: 'replace', target: parsePath(schema, LIST), value } as const
    await transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
  }
  const { revision } = store.history(1)[0] ?? { revision: 0 }
  t.equal(revision, 28)
  t.ok(history.wayBack(27), 'a step back is possible')
  t.ok(store.history(1000).length < 10, 'but not all of the way')
})

t.test('any way back leads to what was there, also after a restart', async (t) => {
  const { transactions, datastore, dataplane, store, directory } = await world(t)
  let seed = 11
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  const snapshots: { tree: JsonObject; table: Uint8Array }[] = []
  const snap = () => {
    snapshots[datastore.running.revision] = {
      tree: datastore.running.tree,
      table: dataplane.table.scan(0, 0, 1e6),
    }
  }
  snap()
  for (let round = 0; round < 60; round++) {
    const edits: Edit[] = Array.from({ length: 1 + random(5) }, () => {
      const [ipv4, psid] = [`193.5.1.${random(3)}`, random(8)] as const
      switch (random(8)) {
        case 0:
          return { operation: 'remove', target: entry(ipv4, psid) }
        case 1:
          return {
            operation: 'replace',
            target: parsePath(schema, '/softwire-config/external-interface/mtu'),
            value: 1300 + random(100),
          }
        case 2:
          return random(3) > 0
            ? { operation: 'remove', target: parsePath(schema, '/softwire-config/name') }
            : {
                operation: 'replace',
                target: parsePath(schema, '/softwire-config/name'),
                value: `n${random(9)}`,
              }
        case 3:
          return random(4) > 0
            ? { operation: 'remove', target: entry(ipv4, psid) }
            : {
                operation: 'replace',
                target: parsePath(schema, LIST),
                value: Array.from({ length: 1500 }, (_, i) =>
                  softwire(`10.${random(9)}.${i >> 6}.1`, i & 63),
                ).filter(
                  (one, i, all) => all.findIndex((o) => o.ipv4 === one.ipv4 && o.psid === one.psid) === i,
                ),
              }
        default:
          return {
            operation: 'replace',
            target: entry(ipv4, psid),
            value: softwire(ipv4, psid, { padding: random(4) }),
          }
      }
    })
    await transactions.commit({ edits, who: 'test', via: 'test', permit: 'everything' })
    snap()
  }
  const last = datastore.running.revision
  t.ok(last > 30)
  await store.close()
  const again = openStore(directory)
  t.teardown(() => again.close())
  const reader = new History({ schema, datastore, store: again, createTable })
  const tableAt = (revision: number) => {
    const way = reader.wayBack(revision)
    if (!way) throw new Error('forgotten')
    const table = createTable()
    t.equal(table.build(way.whole?.bytes ?? dataplane.table.scan(0, 0, 1e6)), null)
    const edits = Buffer.concat(way.edits)
    table.prepare(edits)
    table.apply(edits)
    const records = table.scan(0, 0, 1e6)
    table.close()
    return { tree: way.tree, table: records }
  }
  for (let revision = 1; revision <= last; revision++) {
    const { tree, table } = tableAt(revision)
    t.same(tree, snapshots[revision]?.tree, `tree of revision ${revision}`)
    t.ok(Buffer.compare(table, snapshots[revision]?.table ?? new Uint8Array()) === 0, 'and its softwires')
  }
  t.same(reader.wayBack(0)?.tree, {}, 'before the first one there was nothing')
})
