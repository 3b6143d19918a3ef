// What operations do for a confined user: they change nothing that a rule keeps from him, and tell nothing of it.
import t, { type Test } from 'tap'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { bearer, user } from '../access/users.js'
import { build, CONFIG, minimal, softwire, TABLE } from '../helper.js'

const P = '/snabb-softwire-v3:softwire-config'
const LIST = `${P}/binding-table/softwire`
const config = minimal['snabb-softwire-v3:softwire-config'] as JsonObject

const rule = (name: string, action: string, path: string, operations = '*') => ({
  name,
  action,
  path,
  'access-operations': operations,
})

const configuration = (rules: JsonObject[]): JsonObject => ({
  'snabb-softwire-v3:softwire-config': {
    ...config,
    name: 'secret-name',
    'binding-table': { softwire: [softwire('10.0.0.1', 1), softwire('10.0.0.2', 1)] },
  },
  'lwaftr:config-server': {
    user: [user('ann', { group: ['confined'] }), user('root', { group: ['administrators'] })],
  },
  'ietf-netconf-acm:nacm': {
    'rule-list': [
      { name: 'administrators', group: ['administrators'], rule: [{ name: 'all', action: 'permit' }] },
      { name: 'l', group: ['confined'], rule: rules },
    ],
  },
})

/** All of softwire 10.0.0.1 is hers; of the rest of the configuration she sees nothing. */
const own = [
  rule('own', 'permit', `${LIST}[ipv4='10.0.0.1']`),
  rule('rest', 'deny', P),
  rule('users', 'deny', '/lwaftr:config-server'),
]

async function world(t: Test, rules: JsonObject[]) {
  const built = await build(t, configuration(rules))
  const call = async (name: string, input?: unknown, who = 'ann') => {
    const body = input && { 'lwaftr:input': input }
    const answer = await built.send('POST', `/restconf/operations/lwaftr:${name}`, body, bearer(who))
    const parsed = answer.body === '' ? {} : answer.json()
    return {
      status: answer.statusCode,
      output: parsed['lwaftr:output'],
      tag: parsed['ietf-restconf:errors']?.error[0]['error-tag'],
      text: answer.body,
    }
  }
  const put = (path: string, value: unknown) => built.send('PUT', path, value, bearer('root'))
  /** As an administrator finds it. */
  const all = async () =>
    (await built.send('GET', '/restconf/data?content=config', undefined, bearer('root'))).body
  return { ...built, call, put, all }
}

const edit = (operation: string, target: string, value?: JsonObject) => ({
  'edit-id': '1',
  operation,
  target,
  ...(value ? { value } : {}),
})
const entry = (address: string, psid: number, more: JsonObject = {}) => ({
  'snabb-softwire-v3:softwire': [softwire(address, psid, more)],
})

const hidden = [
  ['a hidden softwire deleted', edit('delete', `${LIST}=10.0.0.2,1`)],
  ['a hidden softwire removed', edit('remove', `${LIST}=10.0.0.2,1`)],
  ['a hidden softwire replaced', edit('replace', `${LIST}=10.0.0.2,1`, entry('10.0.0.2', 1, { padding: 1 }))],
  ['a softwire of a hidden address made', edit('create', `${LIST}=10.0.0.2,2`, entry('10.0.0.2', 2))],
  [
    'a leaf of a hidden softwire',
    edit('replace', `${LIST}=10.0.0.2,1/padding`, { 'snabb-softwire-v3:padding': 9 }),
  ],
  ['all softwires replaced by hers', edit('replace', LIST, entry('10.0.0.1', 1))],
  ['the table replaced', edit('replace', `${P}/binding-table`, { 'snabb-softwire-v3:binding-table': {} })],
  ['the name', edit('replace', `${P}/name`, { 'snabb-softwire-v3:name': 'other' })],
  ['a user', edit('remove', '/lwaftr:config-server/user=root')],
  ['the rules', edit('remove', '/ietf-netconf-acm:nacm')],
] as const

for (const [what, change] of hidden)
  for (const name of ['commit', 'validate'])
    t.test(`${name} by who may not: ${what}`, async (t) => {
      const { call, all, dataplane } = await world(t, own)
      const before = await all()
      const answer = await call(name, { edit: [change] })
      t.same([answer.status, answer.tag], [403, 'access-denied'])
      t.notMatch(answer.text, /secret-name|b4::/)
      t.equal(await all(), before)
      t.same(dataplane.calls, [], 'never reaches the data plane')
    })

t.test('a whole configuration that lacks what she does not see does not take it away', async (t) => {
  const { call, all, send } = await world(t, own)
  const before = await all()
  const seen = (await send('GET', '/restconf/data?content=config', undefined, bearer('ann'))).json()
  for (const name of ['commit', 'validate'])
    t.equal((await call(name, { config: seen['ietf-restconf:data'] })).status, 403, name)
  t.equal(await all(), before)
})

t.test('what is hers she changes, tries and takes back by every operation', async (t) => {
  const { call, all } = await world(t, own)
  const before = await all()
  const made = edit('create', `${LIST}=10.0.0.1,2`, entry('10.0.0.1', 2))
  t.match(await call('validate', { edit: [made] }), { status: 200, output: { summary: 'create 1 softwire' } })
  t.match(await call('commit', { edit: [made] }), { status: 200, output: { revision: '2' } })
  t.match(await call('rollback', { revision: '1' }), { status: 200, output: { revision: '3' } })
  t.match(await call('commit', { edit: [made], confirmed: { timeout: 60 } }), { output: { revision: '4' } })
  t.match(await call('cancel-commit'), { status: 200, output: { revision: '5' } })
  t.equal(await all(), before)
})

t.test('nobody goes back over what others did where it is hidden', async (t) => {
  const { call, all, put } = await world(t, own)
  await put(`${TABLE}/softwire=10.0.0.2,2`, entry('10.0.0.2', 2))
  const after = await all()
  const answer = await call('rollback', { revision: '1' })
  t.same([answer.status, answer.tag], [403, 'access-denied'])
  t.notMatch(answer.text, /10\.0\.0\.2/)
  t.equal(await all(), after)
})

t.test('another’s confirmed commit is neither confirmed nor cancelled', async (t) => {
  const { call, all } = await world(t, own)
  const name = edit('replace', `${P}/name`, { 'snabb-softwire-v3:name': 'tried' })
  await call('commit', { edit: [name], confirmed: { timeout: 60 } }, 'root')
  const after = await all()
  for (const operation of ['confirm-commit', 'cancel-commit'])
    t.equal((await call(operation)).status, 400, operation)
  t.equal(await all(), after)
})

t.test('a queue is not drained by who may not write it, nor by who does not see it', async (t) => {
  const unseen = await world(t, own)
  const readable = await world(t, [rule('look', 'permit', P, 'read'), rule('rest', 'deny', P)])
  for (const { call, all } of [unseen, readable]) {
    const before = await all()
    const answers = []
    for (const name of ['drain', 'undrain'])
      answers.push((await call(name, name === 'drain' ? { 'quiet-time': 0 } : {})).status)
    t.same(await all(), before)
    t.same(answers, call === unseen.call ? [409, 409] : [403, 204])
  }
})

t.test('a queue is drained by who may write that leaf and sees half of the queue', async (t) => {
  const { call, all } = await world(t, [
    rule('drained', 'permit', `${P}/instance/queue/lwaftr:drained`),
    rule('half', 'permit', `${P}/instance/queue/internal-interface`, 'read'),
    rule('rest', 'deny', P),
  ])
  t.match(await call('drain', { instance: 'eth0', queue: 0, 'quiet-time': 0 }), { status: 200 })
  t.match(await all(), '"lwaftr:drained":true')
})

t.test('differences leave out what may be written and not read', async (t) => {
  const { call, put } = await world(t, [
    rule('write', 'permit', P, 'create update delete'),
    rule('unread', 'deny', `${P}/name`),
    rule('others', 'deny', `${LIST}[ipv4='10.0.0.2']`),
  ])
  const name = edit('replace', `${P}/name`, { 'snabb-softwire-v3:name': 'other' })
  const b4 = edit('replace', `${LIST}=10.0.0.2,1/padding`, { 'snabb-softwire-v3:padding': 9 })
  const tried = await call('validate', { edit: [name, { ...b4, 'edit-id': '2' }] })
  t.notMatch(tried.text, /secret-name|b4::/)
  await put(`${CONFIG}/name`, { 'snabb-softwire-v3:name': 'other' })
  await put(`${TABLE}/softwire=10.0.0.2,2`, entry('10.0.0.2', 2))
  t.same((await call('compare', { from: '1', to: '3' })).output, {})
})

t.test('the history tells that others changed something, and not what', async (t) => {
  const { send, put } = await world(t, own)
  await put(`${CONFIG}/name`, { 'snabb-softwire-v3:name': 'other' })
  const commits = async (who: string) =>
    (await send('GET', '/restconf/data/lwaftr:history', undefined, bearer(who))).json()['lwaftr:history']
      .commit
  t.equal((await commits('root'))[0].summary, 'replace /softwire-config/name')
  for (const commit of await commits('ann')) t.same(Object.keys(commit), ['revision', 'time', 'who', 'via'])
})

t.test('subscribers’ packets are captured by those only whom a rule permits', async (t) => {
  const exec = (name: string, action: string) => ({
    name,
    action,
    'rpc-name': 'capture',
    'module-name': 'lwaftr',
    'access-operations': 'exec',
  })
  const { call } = await world(t, [])
  t.match(await call('capture', {}), { status: 403, tag: 'access-denied' })
  const { call: permitted } = await world(t, [exec('capture', 'permit')])
  // The data plane of these tests has nothing to capture: it was asked.
  t.match(await permitted('capture', {}), { status: 500, tag: 'operation-failed' })
})
