import t from 'tap'
import type { Edit } from '../../src/config-server/edit.js'
import type { Commit } from '../../src/config-server/publisher.js'
import { openStore } from '../../src/config-server/store.js'
import { native } from '../../src/dataplane/native.js'
import { error } from '../../src/errors.js'
import type { JsonValue } from '../../src/schema/json-types.js'
import { formatXPath, parsePath } from '../../src/schema/paths.js'
import { build, CONFIG, FakeDataPlane, schema, services, softwire, TABLE } from './helper.js'

const ENTRY = `${TABLE}/softwire=193.5.1.100,3`
const newcomer = { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 3)] }

t.test('what the data plane cannot prepare has not happened', async (t) => {
  const { send, dataplane, snapshot } = await build(t)
  const before = await snapshot()
  dataplane.failure = error('device', { device: 'eth0', problem: 'it is gone' })
  const answer = await send('PUT', ENTRY, newcomer)
  t.equal(answer.statusCode, 409)
  t.match(answer.json(), {
    'ietf-restconf:errors': {
      error: [{ 'error-tag': 'resource-denied', 'error-message': 'device eth0: it is gone' }],
    },
  })
  t.same(dataplane.calls, [{ prepare: ['softwires'] }])
  t.same(await snapshot(), before)
  t.equal((await send('PUT', ENTRY, newcomer)).statusCode, 201, 'and the next one is served')
})

t.test('what cannot be stored is aborted in the data plane', async (t) => {
  const { send, dataplane, store, snapshot } = await build(t)
  const before = await snapshot()
  const { persist } = store
  store.persist = () => {
    throw error('storage', { problem: 'no space left on device' })
  }
  const answer = await send('PUT', ENTRY, newcomer)
  t.equal(answer.statusCode, 409)
  t.match(answer.json(), {
    'ietf-restconf:errors': {
      error: [
        { 'error-message': 'cannot store the configuration: no space left on device; nothing has changed' },
      ],
    },
  })
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'abort'])
  t.same(await snapshot(), before)
  store.persist = persist
})

t.test('a bug is not explained to clients', async (t) => {
  const { send, dataplane, snapshot } = await build(t)
  const before = await snapshot()
  dataplane.failure = new Error('secret')
  const answer = await send('PUT', ENTRY, newcomer)
  t.equal(answer.statusCode, 500)
  t.notMatch(answer.body, 'secret')
  t.same(await snapshot(), before)
})

t.test('of two writers who saw the same state one wins', async (t) => {
  const { send, datastore, dataplane } = await build(t)
  const ifMatch = { 'if-match': datastore.entityTag }
  const answers = await Promise.all(
    [3, 4, 5].map((psid) =>
      send('POST', TABLE, { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid)] }, ifMatch),
    ),
  )
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, 412, 412])
  t.equal(dataplane.table.size, 3)
  t.equal(datastore.running.revision, 2)
})

t.test('without conditions every writer has a turn', async (t) => {
  const { send, datastore, dataplane } = await build(t)
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      send('POST', TABLE, { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 10 + i)] }),
    ),
  )
  t.equal(dataplane.table.size, 22)
  t.equal(datastore.running.revision, 21, 'each is a commit')
  t.ok(dataplane.calls.length < 20, 'though they share what takes long')
})

t.test('of commits that share a write each is judged after those before it', async (t) => {
  const { send, publisher, dataplane, store } = await build(t)
  const heard: Commit[] = []
  publisher.subscribe((commit) => heard.push(commit))
  const entry = (psid: number) => `${TABLE}/softwire=193.5.1.100,${psid}`
  const body = (psid: number, more = {}) => ({
    'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
  })
  // What has no body is read first.
  const answers = await Promise.all([
    send('DELETE', entry(1)),
    send('DELETE', entry(1)),
    send('PUT', entry(3), body(3)),
    send('PUT', entry(3), body(3, { padding: 7 })),
    send('POST', TABLE, body(3)),
    send('PUT', entry(4), body(4, { 'port-set': { 'psid-length': 8 } })),
    send('PUT', entry(3), body(3, { padding: 7 })),
    send('PATCH', `${CONFIG}/external-interface`, { 'snabb-softwire-v3:external-interface': { mtu: 1400 } }),
    send('PUT', entry(5), body(5)),
  ])
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [204, 404, 201, 204, 409, 412, 204, 204, 201],
  )
  const tags = answers.map(({ headers }) => headers.etag)
  t.match(tags[7], /-5"$/, 'of its own commit, though there was another since')
  t.not(tags[2], tags[3], 'what was created is not what it was made to be')
  t.equal(tags[3], tags[6], 'nothing changed')
  t.equal(tags[3], (await send('GET', entry(3))).headers.etag)
  const summaries = [
    'delete 1 softwire',
    'create 1 softwire',
    'replace 1 softwire',
    'replace /softwire-config/external-interface/mtu',
    'create 1 softwire',
  ]
  t.same(
    heard.map(({ revision, summary }) => [revision, summary]),
    summaries.map((summary, i) => [i + 2, summary]),
  )
  t.same(
    store.history(5).map(({ summary }) => summary),
    [...summaries].reverse(),
  )
  t.ok(dataplane.calls.filter((call) => call === 'apply').length < 5)
  t.equal(dataplane.table.size, 3)
})

t.test('what the data plane cannot do for one, it does for the others of the round', async (t) => {
  const { transactions, dataplane, store } = await build(t)
  const { prepare } = dataplane
  dataplane.prepare = (change) => {
    if (change.instances) return Promise.reject(error('device', { device: 'eth9', problem: 'it is gone' }))
    return prepare.call(dataplane, change)
  }
  const commit = (operation: Edit['operation'], path: string, value?: JsonValue) => {
    const target = parsePath(schema, `/softwire-config${path}`)
    const edit = { operation, target, ...(value === undefined ? {} : { value }) }
    return transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
  }
  const made = await Promise.allSettled([
    commit('create', '/binding-table/softwire[ipv4=193.5.1.100][psid=3]', softwire('193.5.1.100', 3)),
    commit('merge', '/instance[device=eth0]/queue[id=0]/external-interface/vlan-tag', 7),
    commit('remove', '/binding-table/softwire[ipv4=193.5.1.100][psid=9]'),
    commit('delete', '/binding-table/softwire[ipv4=193.5.1.100][psid=1]'),
  ])
  t.match(made, [
    { value: { revision: 2 } },
    { reason: { code: 'device' } },
    { value: null },
    { value: { revision: 3 } },
  ])
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'apply', { prepare: ['softwires'] }, 'apply'])
  t.same(
    store.history(2).map(({ revision, summary }) => [revision, summary]),
    [
      [3, 'delete 1 softwire'],
      [2, 'create 1 softwire'],
    ],
  )
  t.equal(dataplane.table.size, 2)
})

t.test('commits that wait together share one durable write and one turn of the data plane', async (t) => {
  const { transactions, dataplane, store } = await build(t)
  const written: number[] = []
  const { persist } = store
  store.persist = (entries, keep) => {
    written.push(entries.length)
    persist.call(store, entries, keep)
  }
  const put = (psid: number) => {
    const target = parsePath(
      schema,
      `/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=${psid}]`,
    )
    const edit = { operation: 'replace', target, value: softwire('193.5.1.100', psid) } as const
    return transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
  }
  const made = await Promise.all([3, 4, 5, 3].map(put))
  t.same(
    made.map((commit) => commit?.revision),
    [2, 3, 4, undefined],
  )
  t.same(written, [3])
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'apply'])
  store.persist = () => {
    throw error('storage', { problem: 'no space left on device' })
  }
  const failed = await Promise.allSettled([6, 3, 7].map(put))
  t.match(failed, [{ reason: { code: 'storage' } }, { value: null }, { reason: { code: 'storage' } }])
  t.equal(dataplane.table.size, 5)
})

t.test('conditions are those of the turn', async (t) => {
  const { send, datastore } = await build(t)
  const long = new Date(0).toUTCString()
  const now = new Date(Date.now() + 2000).toUTCString()
  for (const [headers, status] of [
    [{ 'if-match': '"nonsense"' }, 412],
    [{ 'if-match': '*' }, 412],
    [{ 'if-unmodified-since': long }, 412],
    [{ 'if-none-match': '*', 'if-unmodified-since': now }, 201],
    [{ 'if-none-match': '*' }, 412],
    [{ 'if-match': '*' }, 204],
  ] as const)
    t.equal((await send('PUT', ENTRY, newcomer, headers)).statusCode, status, JSON.stringify(headers))
  const patch = { 'snabb-softwire-v3:external-interface': { mtu: 1400 } }
  const stale = await send('PATCH', `${CONFIG}/external-interface`, patch, { 'if-match': '"x"' })
  t.equal(stale.statusCode, 412)
  t.equal(datastore.running.revision, 2)
})

t.test('a choice is made anew: the other case goes', async (t) => {
  const { send } = await build(t)
  const hop = `${CONFIG}/instance=eth0/queue=0/external-interface/next-hop`
  const put = await send('PATCH', hop, { 'snabb-softwire-v3:next-hop': { mac: '02:00:00:00:00:AA' } })
  t.equal(put.statusCode, 204, put.body)
  t.same((await send('GET', `${hop}?content=config`)).json(), {
    'snabb-softwire-v3:next-hop': { mac: '02:00:00:00:00:aa' },
  })
})

t.test('a whole table replaced by nearly the same is a few edits, by another one a new table', async (t) => {
  const { send, dataplane } = await build(t)
  const table = (softwires: unknown[]) =>
    send('PUT', TABLE, { 'snabb-softwire-v3:binding-table': { softwire: softwires } })
  t.equal((await table([softwire('193.5.1.100', 2), softwire('193.5.1.100', 7)])).statusCode, 204)
  t.match(dataplane.changes.at(-1), { softwires: { edits: Uint8Array } })
  t.equal(dataplane.table.size, 2)
  t.ok(dataplane.table.get(0xc1050164, 7))
  const other = Array.from({ length: 2000 }, (_, i) => softwire(`10.0.${i >> 6}.1`, i & 63))
  t.equal((await table(other)).statusCode, 204)
  t.match(dataplane.changes.at(-1), { softwires: { replace: Uint8Array } })
  t.equal(dataplane.table.size, 2000)
  t.equal((await send('DELETE', TABLE)).statusCode, 204)
  t.equal(dataplane.table.size, 0)
  t.equal((await send('GET', TABLE)).statusCode, 404)
})

t.test('commits are published with what they changed', async (t) => {
  const { send, publisher } = await build(t)
  const heard: Commit[] = []
  const unsubscribe = publisher.subscribe((commit) => heard.push(commit))
  await send('PATCH', CONFIG, {
    'snabb-softwire-v3:softwire-config': {
      name: 'x',
      'external-interface': { mtu: 1400 },
      'binding-table': { softwire: [softwire('193.5.1.100', 3)] },
    },
  })
  unsubscribe()
  await send('DELETE', `${CONFIG}/name`)
  t.equal(heard.length, 1)
  const { revision, who, via, summary, tree, softwires } = heard[0] as Commit
  t.same({ revision, who, via }, { revision: 2, who: 'anonymous', via: 'restconf' })
  t.equal(
    summary,
    'create /softwire-config/name, replace /softwire-config/external-interface/mtu, create 1 softwire',
  )
  t.same(
    tree.map(({ operation, target, value }) => [operation, formatXPath(target), value]),
    [
      ['create', '/softwire-config/name', 'x'],
      ['replace', '/softwire-config/external-interface/mtu', 1400],
    ],
  )
  t.match(softwires, { created: 1, replaced: 0, deleted: 0, change: { edits: Uint8Array } })
})

t.test('another process takes up what was committed', async (t) => {
  const { send, store, directory, datastore } = await build(t)
  t.equal((await send('PUT', ENTRY, newcomer)).statusCode, 201)
  t.equal((await send('DELETE', `${TABLE}/softwire=193.5.1.100,1`)).statusCode, 204)
  t.equal((await send('PUT', `${CONFIG}/name`, { 'snabb-softwire-v3:name': 'n' })).statusCode, 201)
  const whole = (await send('GET', '/restconf/data?content=config')).body
  t.same(
    store.history(2).map(({ revision, summary }) => [revision, summary]),
    [
      [4, 'create /softwire-config/name'],
      [3, 'delete 1 softwire'],
    ],
  )
  t.same(Object.keys(store.history(1)[0] ?? {}), ['revision', 'time', 'who', 'via', 'summary'])
  await store.close()

  const again = openStore(directory)
  t.teardown(() => again.close())
  const dataplane = new FakeDataPlane()
  const parts = services(dataplane, again)
  const saved = again.load()
  if (!saved) throw new Error('nothing was saved')
  await parts.transactions.restore(saved)
  t.same(dataplane.calls, [{ prepare: ['instances', 'softwires', 'restored'] }, 'apply'])
  t.equal(parts.datastore.entityTag, datastore.entityTag)
  t.equal(parts.datastore.running.revision, 4)
  const { buildApp } = await import('../../src/config-server/app.js')
  const app = buildApp({ ...parts, isReady: () => true })
  t.equal((await app.inject('/restconf/data?content=config')).body, whole)
})

t.test('what is not a store of ours is said to be none', async (t) => {
  const { writeFileSync } = await import('node:fs')
  const file = `${t.testdir()}/file`
  writeFileSync(file, 'x')
  t.throws(() => openStore(file), { code: 'storage' })
})

t.test('random edits lead to the table that a map says', async (t) => {
  const { transactions, dataplane } = await build(t)
  const expected = new Map([
    ['193.5.1.100,1', softwire('193.5.1.100', 1)],
    ['193.5.1.100,2', softwire('193.5.1.100', 2)],
  ])
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  for (let round = 0; round < 60; round++) {
    const edits = Array.from({ length: 1 + random(6) }, (): Edit => {
      const key = [`193.5.1.${random(3)}`, random(8)] as const
      const path = `/softwire-config/binding-table/softwire[ipv4=${key[0]}][psid=${key[1]}]`
      const target = parsePath(schema, path)
      const value = softwire(key[0], key[1], { padding: random(3) })
      switch (random(4)) {
        case 0:
          expected.delete(key.join(','))
          return { operation: 'remove', target }
        case 1: {
          expected.clear()
          expected.set(key.join(','), value)
          const whole = parsePath(schema, '/softwire-config/binding-table')
          return { operation: 'replace', target: whole, value: { softwire: [value] } }
        }
        default:
          expected.set(key.join(','), value)
          return { operation: 'replace', target, value }
      }
    })
    await transactions.commit({ edits, who: 'test', via: 'test', permit: 'everything' })
    t.equal(dataplane.table.size, expected.size, `round ${round}`)
  }
  const other = native.BindingTable.create(null)
  const { SoftwireRecords } = await import('../../src/schema/softwire-record.js')
  const records = new SoftwireRecords()
  for (const value of expected.values()) records.push(value)
  t.equal(other.build(records.bytes), null)
  t.same(dataplane.table.scan(0, 0, 100), other.scan(0, 0, 100))
})
