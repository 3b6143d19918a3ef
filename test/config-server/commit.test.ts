// Commits with options: tried, commented, confirmed or taken back, gone back to.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { error } from '../../src/errors.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { build, CONFIG, FakeDataPlane, minimal, services, softwire, TABLE } from './helper.js'

const OPERATIONS = '/restconf/operations/lwaftr:'
const LIST = '/snabb-softwire-v3:softwire-config/binding-table/softwire'
const add = (psid: number, more: JsonObject = {}) => ({
  'edit-id': String(psid),
  operation: 'create',
  target: `${LIST}=193.5.1.100,${psid}`,
  value: { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)] },
})

async function world(t: Test) {
  const built = await build(t)
  const call = async (name: string, input?: unknown) => {
    const answer = await built.send('POST', `${OPERATIONS}${name}`, input && { 'lwaftr:input': input })
    const body = answer.body === '' ? undefined : answer.json()
    return {
      status: answer.statusCode,
      output: body?.['lwaftr:output'],
      error: body?.['ietf-restconf:errors']?.error[0],
    }
  }
  const psids = async () => {
    const answer = await built.send('GET', `${TABLE}/softwire`)
    return answer.json()['snabb-softwire-v3:softwire'].map(({ psid }: { psid: number }) => psid)
  }
  const history = async () =>
    (await built.send('GET', '/restconf/data/lwaftr:history')).json()['lwaftr:history']
  return { ...built, call, psids, commits: history }
}

t.test('a commit has a comment, and history tells it', async (t) => {
  const { call, commits } = await world(t)
  t.same(await call('commit', { edit: [add(3)], comment: 'ticket 4711' }), {
    status: 200,
    output: { revision: '2', summary: 'create 1 softwire' },
    error: undefined,
  })
  t.same((await call('commit', { config: { ...minimal } })).output, {
    revision: '3',
    summary: 'delete 1 softwire',
  })
  t.same((await call('commit', { config: { ...minimal } })).output, {}, 'nothing had to change')
  const { commit } = await commits()
  t.match(commit, [
    { revision: '3', who: 'anonymous', via: 'restconf', summary: 'delete 1 softwire' },
    { revision: '2', comment: 'ticket 4711', time: /^\d{4}-.*\+00:00$/ },
    { revision: '1', via: 'file' },
  ])
  t.notOk('comment' in commit[0])
})

t.test('going back is a commit of its own', async (t) => {
  const { call, psids, commits, snapshot, send } = await world(t)
  const first = await snapshot()
  await call('commit', { edit: [add(3), add(4)] })
  await send('PUT', `${CONFIG}/name`, { 'snabb-softwire-v3:name': 'x' })
  await send('DELETE', TABLE)
  t.same((await call('rollback', { revision: 2 })).output, {
    revision: '5',
    summary: 'delete /softwire-config/name, create 4 softwires',
  })
  t.same(await psids(), [1, 2, 3, 4])
  t.same((await call('rollback', { revision: '1', comment: 'back to the start' })).output, {
    revision: '6',
    summary: 'delete 2 softwires',
  })
  t.equal((await snapshot()).body, first.body)
  t.match((await commits()).commit, [{ comment: 'back to the start' }, { comment: 'back to revision 2' }])
  const before = await snapshot()
  for (const revision of [7, 4294967296]) {
    const refused = await call('rollback', { revision: revision > 9 ? String(revision) : revision })
    t.match(refused, {
      status: 400,
      error: {
        'error-tag': 'invalid-value',
        'error-message': `revision ${revision} cannot be had back; those from 0 to 6 can`,
      },
    })
  }
  t.same(await snapshot(), before)
})

t.test('revisions are told apart leaf by leaf', async (t) => {
  const { call, send } = await world(t)
  await call('commit', { edit: [add(3, { padding: 1 })] })
  await send('PUT', `${CONFIG}/name`, { 'snabb-softwire-v3:name': 'x y' })
  await send('PATCH', `${TABLE}/softwire=193.5.1.100,3`, {
    'snabb-softwire-v3:softwire': [{ ipv4: '193.5.1.100', psid: 3, padding: 2 }],
  })
  const softwire3 = '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=3]'
  t.same((await call('compare', {})).output, {
    difference: [`- ${softwire3}/padding 1`, `+ ${softwire3}/padding 2`],
  })
  t.same((await call('compare')).output, (await call('compare', { from: 3, to: 4 })).output)
  t.same((await call('compare', { from: 1 })).output, {
    difference: [
      '+ /softwire-config/name "x y"',
      `+ ${softwire3}/ipv4 193.5.1.100`,
      `+ ${softwire3}/psid 3`,
      `+ ${softwire3}/padding 2`,
      `+ ${softwire3}/br-address 2001:db8::1`,
      `+ ${softwire3}/b4-ipv6 2001:db8:b4::4`,
      `+ ${softwire3}/port-set/psid-length 6`,
    ],
  })
  t.same((await call('compare', { from: 1, limit: 2 })).output, {
    difference: ['+ /softwire-config/name "x y"', `+ ${softwire3}/ipv4 193.5.1.100`],
    truncated: true,
  })
  t.match((await call('compare', { from: 4, to: 3 })).output.difference[0], /^- .*padding 2$/)
  t.same((await call('compare', { from: 2, to: 2 })).output, {})
  t.match(await call('compare', { from: 2, to: 9 }), { status: 400, error: { 'error-tag': 'invalid-value' } })
  t.match((await call('validate', { config: { ...minimal } })).output, {
    summary: 'delete /softwire-config/name, delete 1 softwire',
    difference: ['- /softwire-config/name "x y"', `- ${softwire3}/ipv4 193.5.1.100`],
  })
})

t.test('a confirmed commit stays when it is confirmed', async (t) => {
  const { call, psids, commits, send } = await world(t)
  t.match(await call('commit', { edit: [add(3)], confirmed: { timeout: 2 } }), { status: 200 })
  t.match((await commits()).pending, { 'back-to': '1', who: 'anonymous', deadline: /^\d{4}-/ })
  t.equal((await call('confirm-commit')).status, 204)
  t.notOk('pending' in (await commits()))
  await sleep(2200)
  t.same(await psids(), [1, 2, 3])
  t.match(await call('confirm-commit'), { status: 409, error: { 'error-tag': 'data-missing' } })
  t.match(await call('cancel-commit'), { status: 409 })
  t.equal((await send('DELETE', `${TABLE}/softwire=193.5.1.100,3`)).statusCode, 204)
})

t.test('a confirmed commit that nobody confirms is taken back', async (t) => {
  const { call, psids, commits, snapshot, publisher } = await world(t)
  const { body } = await snapshot()
  const published: number[] = []
  publisher.subscribe(({ revision }) => published.push(revision))
  await call('commit', { edit: [add(3)], confirmed: { timeout: 1 } })
  t.same(await psids(), [1, 2, 3], 'in force at once')
  while (published.length < 2) await sleep(20)
  t.equal((await snapshot()).body, body)
  t.match((await commits()).commit[0], {
    revision: '3',
    who: 'lwaftr',
    via: 'confirmed-commit',
    comment: 'not confirmed in time',
    summary: 'delete 1 softwire',
  })
})

t.test(
  'a commit that is followed in time stays, though the one that follows takes longer than that',
  async (t) => {
    const { call, psids, commits, dataplane } = await world(t)
    await call('commit', { edit: [add(3)], confirmed: { timeout: 1 } })
    const { prepare } = FakeDataPlane.prototype
    dataplane.prepare = async (change) => {
      dataplane.prepare = prepare
      await sleep(1500)
      return dataplane.prepare(change)
    }
    await call('commit', { edit: [add(4)], confirmed: { timeout: 600 } })
    await call('validate', { edit: [add(5)] })
    t.same(await psids(), [1, 2, 3, 4])
    t.match((await commits()).pending, { 'back-to': '1' })
  },
)

t.test('while a commit waits nobody else changes anything', async (t) => {
  const { call, psids, send, snapshot } = await world(t)
  await call('commit', { edit: [add(3)], confirmed: { persist: 'secret' } })
  const before = await snapshot()
  const refused = await send('DELETE', `${TABLE}/softwire=193.5.1.100,1`)
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), { 'ietf-restconf:errors': { error: [{ 'error-tag': 'in-use' }] } })
  for (const [name, input, status] of [
    ['commit', { edit: [add(4)] }, 409],
    ['rollback', { revision: 1 }, 409],
    ['validate', { edit: [add(4)] }, 409],
    ['commit', { edit: [add(4)], confirmed: {} }, 400],
    ['commit', { edit: [add(4)], confirmed: {}, 'persist-id': 'guess' }, 400],
    ['confirm-commit', undefined, 400],
    ['confirm-commit', { 'persist-id': 'guess' }, 400],
    ['cancel-commit', undefined, 400],
  ] as const)
    t.equal((await call(name, input)).status, status, `${name} ${JSON.stringify(input)}`)
  t.same(await snapshot(), before)
  t.match(await call('commit', { edit: [add(4)], confirmed: { persist: 'other' }, 'persist-id': 'secret' }), {
    output: { revision: '3' },
  })
  t.equal((await call('cancel-commit', { 'persist-id': 'secret' })).status, 400, 'that one is over')
  t.match(await call('cancel-commit', { 'persist-id': 'other' }), {
    output: { revision: '4', summary: 'delete 2 softwires' },
  })
  t.same(await psids(), [1, 2], 'all the way to before the first')
  t.match(await call('commit', { edit: [add(4)], 'persist-id': 'other' }), { status: 409 })
})

t.test('one that the data plane does not take back now stays pending, and is taken back later', async (t) => {
  const { call, psids, transactions, dataplane, confirmation } = await world(t)
  await call('commit', { edit: [add(3)], confirmed: { timeout: 1 } })
  dataplane.failure = error('no-memory', { what: 'a table', problem: 'there is none' })
  while (dataplane.failure) await sleep(20)
  await transactions.settled()
  t.match(transactions.pending, { who: 'anonymous' })
  t.same(await psids(), [1, 2, 3])
  await confirmation.resume()
  t.equal(transactions.pending, null)
  t.same(await psids(), [1, 2])
})

t.test('a restart does not end the waiting', async (t) => {
  const { call, store, confirmation } = await world(t)
  await call('commit', { edit: [add(3)], confirmed: { timeout: 1 } })
  confirmation.close()
  const dataplane = new FakeDataPlane()
  const parts = services(dataplane, store)
  const saved = store.load()
  if (!saved) throw new Error('nothing was saved')
  await parts.transactions.restore(saved)
  await parts.confirmation.resume()
  t.equal(dataplane.table.size, 3)
  while (parts.transactions.pending) await sleep(20)
  t.equal(dataplane.table.size, 2)
})

t.test('one whose time ran out meanwhile is taken back before anything else', async (t) => {
  const { call, store, confirmation } = await world(t)
  await call('commit', { edit: [add(3)], confirmed: { timeout: 1 } })
  confirmation.close()
  await sleep(1100)
  const dataplane = new FakeDataPlane()
  const parts = services(dataplane, store)
  const saved = store.load()
  if (!saved) throw new Error('nothing was saved')
  await parts.transactions.restore(saved)
  t.equal(dataplane.table.size, 3)
  await parts.confirmation.resume()
  t.equal(dataplane.table.size, 2)
  t.equal(store.pending, null)
  t.equal(parts.datastore.running.revision, 3)
})

t.test('what is pending is not forgotten with the history', async (t) => {
  const { call, psids } = await world(t)
  await call('commit', {
    edit: [
      {
        'edit-id': '1',
        operation: 'merge',
        target: '/lwaftr:config-server',
        value: { 'lwaftr:config-server': { history: { depth: 1 } } },
      },
    ],
  })
  await call('commit', { edit: [add(3)], confirmed: {} })
  await call('commit', { edit: [add(4)], confirmed: {} })
  await call('commit', { edit: [add(5)], confirmed: {} })
  t.equal((await call('cancel-commit')).status, 200)
  t.same(await psids(), [1, 2])
})
