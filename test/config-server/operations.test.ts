// RPCs over RESTCONF: RFC 8040 s3.3.2, s3.6, s4.4.2.
import t from 'tap'
import { rpcHandlers } from '../../src/config-server/operations/operations.js'
import { error } from '../../src/errors.js'
import { build, minimal, schema, softwire } from './helper.js'

const OPERATIONS = '/restconf/operations'
const VALIDATE = `${OPERATIONS}/lwaftr:validate`
const XML = 'application/yang-data+xml'
const JSON_TYPE = 'application/yang-data+json'
const input = (value: unknown) => ({ 'lwaftr:input': value })
const changed = {
  'snabb-softwire-v3:softwire-config': {
    ...(minimal['snabb-softwire-v3:softwire-config'] as object),
    'binding-table': { softwire: [softwire('193.5.1.100', 1)] },
    name: 'x',
  },
}

t.test('every rpc of the model is carried out, and nothing else', (t) => {
  t.same(Object.keys(rpcHandlers).sort(), [...schema.rpcs.keys()].sort())
  t.end()
})

t.test('the operations are listed as empty leaves, in JSON and XML', async (t) => {
  const { send } = await build(t)
  const json = await send('GET', OPERATIONS)
  t.equal(json.headers['content-type'], JSON_TYPE)
  t.match(json.json(), { 'ietf-restconf:operations': { 'lwaftr:validate': [null] } })
  const xml = await send('GET', OPERATIONS, undefined, { accept: XML })
  t.equal(xml.headers['content-type'], XML)
  t.match(xml.body, '<operations xmlns="urn:ietf:params:xml:ns:yang:ietf-restconf">')
  t.match(xml.body, '<validate xmlns="urn:lwaftr"/>')
  t.equal((await send('GET', `${OPERATIONS}?depth=1`)).statusCode, 400)
})

t.test('an operation is posted to, and nothing else', async (t) => {
  const { send } = await build(t)
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const) {
    const answer = await send(method, VALIDATE)
    t.equal(answer.statusCode, 405, method)
    t.equal(answer.headers.allow, 'POST, OPTIONS')
  }
  t.equal((await send('OPTIONS', VALIDATE)).headers.allow, 'POST, OPTIONS')
})

t.test('validate tells what a commit would do and does not do it', async (t) => {
  const { send, dataplane, snapshot } = await build(t)
  const before = await snapshot()
  const answer = await send('POST', VALIDATE, input({ config: changed, limit: 1 }))
  t.equal(answer.statusCode, 200, answer.body)
  t.equal(answer.headers['content-type'], JSON_TYPE)
  t.same(answer.json(), {
    'lwaftr:output': {
      summary: 'create /softwire-config/name, delete 1 softwire',
      difference: ['+ /softwire-config/name x'],
      truncated: true,
    },
  })
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'abort'])
  t.same((await send('POST', VALIDATE, input({ config: minimal }))).json(), { 'lwaftr:output': {} })
  dataplane.failure = error('device', { device: 'eth0', problem: 'it is gone' })
  t.match((await send('POST', VALIDATE, input({ config: changed }))).json(), {
    'ietf-restconf:errors': { error: [{ 'error-tag': 'resource-denied' }] },
  })
  t.same(await snapshot(), before)
})

t.test('validate takes edits, too', async (t) => {
  const { send, snapshot } = await build(t)
  const before = await snapshot()
  const target = '/snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100'
  const edit = (psid: number, more = {}) => ({
    'edit-id': String(psid),
    operation: 'replace',
    target: `${target},${psid}`,
    value: { 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)] },
  })
  const good = await send('POST', VALIDATE, input({ edit: [edit(1), edit(5)], limit: 0 }))
  t.same(good.json(), { 'lwaftr:output': { summary: 'create 1 softwire', truncated: true } })
  const other = edit(6, { 'port-set': { 'psid-length': 8 } })
  const bad = await send('POST', VALIDATE, input({ edit: [edit(5), other] }))
  t.equal(bad.statusCode, 412, bad.body)
  t.same(await snapshot(), before)
})

t.test('XML in, XML out', async (t) => {
  const { send } = await build(t)
  const xml = (inside: string) =>
    `<?xml version="1.0"?>\n<l:input xmlns:l="urn:lwaftr"><l:config>${inside}</l:config></l:input>\n`
  const config = (await send('GET', '/restconf/data?content=config', undefined, { accept: XML })).body
  const inside = config.replace(/^<data[^>]*>|<\/data>$/g, '').replace('<mtu>1500<', '<mtu>1400<')
  const answer = await send('POST', VALIDATE, xml(inside), { 'content-type': XML, accept: XML })
  t.equal(answer.statusCode, 200, answer.body)
  t.equal(answer.headers['content-type'], XML)
  t.equal(
    answer.body,
    '<output xmlns="urn:lwaftr"><summary>replace /softwire-config/external-interface/mtu</summary>' +
      '<difference>- /softwire-config/external-interface/mtu 1500</difference>' +
      '<difference>+ /softwire-config/external-interface/mtu 1400</difference></output>',
  )
})

const refused: readonly (readonly [string, string, unknown, object, number, object])[] = [
  ['an unknown operation', 'lwaftr:explode', input({}), {}, 404, { 'error-tag': 'invalid-value' }],
  ['no module', 'validate', input({}), {}, 404, { 'error-tag': 'invalid-value' }],
  ['a name that objects have', 'constructor', input({}), {}, 404, { 'error-tag': 'invalid-value' }],
  [
    'neither configuration nor edits',
    'lwaftr:validate',
    input({}),
    {},
    409,
    { 'error-tag': 'data-missing', 'error-path': '/lwaftr:input' },
  ],
  [
    'both of them',
    'lwaftr:validate',
    input({ config: {}, edit: [] }),
    {},
    400,
    { 'error-path': '/lwaftr:input' },
  ],
  [
    'a parameter unknown',
    'lwaftr:validate',
    input({ config: {}, colour: 'red' }),
    {},
    400,
    { 'error-tag': 'unknown-element', 'error-path': '/lwaftr:input' },
  ],
  [
    'a value wrong',
    'lwaftr:validate',
    input({ edit: [{ 'edit-id': '1', operation: 'move', target: '/' }] }),
    {},
    400,
    { 'error-tag': 'invalid-value', 'error-path': "/lwaftr:input/edit[edit-id='1']/operation" },
  ],
  ['no input', 'lwaftr:validate', { 'lwaftr:output': {} }, {}, 400, { 'error-tag': 'unknown-element' }],
  ['an empty object', 'lwaftr:validate', {}, {}, 400, { 'error-tag': 'malformed-message' }],
  ['no JSON', 'lwaftr:validate', '{', {}, 400, { 'error-tag': 'malformed-message' }],
  [
    'a configuration that is none',
    'lwaftr:validate',
    input({ config: { 'snabb-softwire-v3:nonsense': 1 } }),
    {},
    400,
    { 'error-tag': 'unknown-element' },
  ],
  [
    'XML that is no input',
    'lwaftr:validate',
    '<output xmlns="urn:lwaftr"/>',
    { 'content-type': XML },
    400,
    { 'error-tag': 'malformed-message' },
  ],
  [
    'XML of another namespace',
    'lwaftr:validate',
    '<input xmlns="urn:other"><config/></input>',
    { 'content-type': XML },
    400,
    {},
  ],
  [
    'XML that expands',
    'lwaftr:validate',
    '<!DOCTYPE a [<!ENTITY b "c">]><input xmlns="urn:lwaftr"><config>&b;</config></input>',
    { 'content-type': XML },
    400,
    { 'error-tag': 'malformed-message' },
  ],
  [
    'text',
    'lwaftr:validate',
    'softwire-config {}',
    { 'content-type': 'text/plain' },
    415,
    { 'error-tag': 'invalid-value' },
  ],
  [
    'an answer in pictures',
    'lwaftr:validate',
    input({ config: minimal }),
    { accept: 'image/png' },
    406,
    { 'error-tag': 'invalid-value' },
  ],
]

for (const [what, name, body, headers, status, entry] of refused)
  t.test(`refused: ${what}`, async (t) => {
    const { send, snapshot, dataplane } = await build(t)
    const before = await snapshot()
    const answer = await send('POST', `${OPERATIONS}/${name}`, body, {
      accept: 'application/yang-data+json',
      ...headers,
    })
    t.equal(answer.statusCode, status, answer.body)
    t.match(answer.json(), { 'ietf-restconf:errors': { error: [entry] } })
    t.same(dataplane.calls, [])
    t.same(await snapshot(), before)
  })
