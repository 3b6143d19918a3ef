import t from 'tap'
import { build, CONFIG, softwire, TABLE } from './helper.js'

const headers = { 'content-type': 'application/yang-patch+json' }
const patch = (...edit: unknown[]) => ({ 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit } })
const entry = (psid: number) => `/softwire=193.5.1.100,${psid}`
const value = (psid: number, more = {}) => ({
  'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
})

t.test('edits are carried out in order, as one commit', async (t) => {
  const { send, dataplane, datastore } = await build(t)
  const answer = await send(
    'PATCH',
    TABLE,
    patch(
      { 'edit-id': '1', operation: 'create', target: entry(3), value: value(3) },
      { 'edit-id': '2', operation: 'delete', target: entry(1) },
      { 'edit-id': '3', operation: 'merge', target: entry(3), value: value(3, { padding: 5 }) },
      { 'edit-id': '4', operation: 'remove', target: entry(9) },
    ),
    headers,
  )
  t.equal(answer.statusCode, 200, answer.body)
  t.same(answer.json(), { 'ietf-yang-patch:yang-patch-status': { 'patch-id': 'p', ok: [null] } })
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'apply'])
  t.equal(datastore.running.revision, 2)
  t.same((await send('GET', `${TABLE}/softwire`)).json(), {
    'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 2), softwire('193.5.1.100', 3, { padding: 5 })],
  })
})

t.test('one that fails takes the others with it, and is named', async (t) => {
  const { send, dataplane, snapshot } = await build(t)
  const before = await snapshot()
  const answer = await send(
    'PATCH',
    '/restconf/data',
    patch(
      {
        'edit-id': 'good',
        operation: 'replace',
        target: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
        value: { 'snabb-softwire-v3:mtu': 1300 },
      },
      {
        'edit-id': 'bad',
        operation: 'create',
        target: `/snabb-softwire-v3:softwire-config/binding-table${entry(1)}`,
        value: value(1),
      },
    ),
    headers,
  )
  t.equal(answer.statusCode, 409, answer.body)
  t.match(answer.json(), {
    'ietf-yang-patch:yang-patch-status': {
      'patch-id': 'p',
      'edit-status': {
        edit: [
          { 'edit-id': 'good', ok: [null] },
          { 'edit-id': 'bad', errors: { error: [{ 'error-tag': 'data-exists' }] } },
        ],
      },
    },
  })
  t.same(await snapshot(), before)
  t.same(dataplane.calls, [])
})

t.test('an address takes another port-set when all its softwires do', async (t) => {
  const { send } = await build(t)
  const portSet = (psid: number) => ({
    'edit-id': String(psid),
    operation: 'replace',
    target: `${entry(psid)}/port-set`,
    value: { 'snabb-softwire-v3:port-set': { 'psid-length': 8, 'reserved-ports-bit-count': 6 } },
  })
  t.equal((await send('PATCH', TABLE, patch(portSet(1)), headers)).statusCode, 412)
  t.equal((await send('PATCH', TABLE, patch(portSet(1), portSet(2)), headers)).statusCode, 200)
})

t.test('a list of softwires as a whole', async (t) => {
  const { send } = await build(t)
  const all = { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 5), softwire('193.5.1.100', 6)] }
  const edit = { 'edit-id': '1', operation: 'replace', target: '/softwire', value: all }
  t.equal((await send('PATCH', TABLE, patch(edit), headers)).statusCode, 200)
  t.same((await send('GET', `${TABLE}/softwire`)).json(), all)
})

for (const [what, body] of [
  ['no patch', {}],
  ['an unknown operation', patch({ 'edit-id': '1', operation: 'move', target: '/name' })],
  ['no target', patch({ 'edit-id': '1', operation: 'delete' })],
  ['no value', patch({ 'edit-id': '1', operation: 'create', target: '/name' })],
  [
    'one edit-id twice',
    patch(
      { 'edit-id': '1', operation: 'remove', target: '/name' },
      { 'edit-id': '1', operation: 'remove', target: '/name' },
    ),
  ],
] as const)
  t.test(`refused: ${what}`, async (t) => {
    const { send, snapshot } = await build(t)
    const before = await snapshot()
    const answer = await send('PATCH', CONFIG, body, headers)
    t.equal(answer.statusCode, 400, answer.body)
    t.same(await snapshot(), before)
  })
