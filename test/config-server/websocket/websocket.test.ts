import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import WebSocket from 'ws'
import { closeBare, listenUnix } from '../../../src/listen.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { parsePath } from '../../../src/schema/paths.js'
import { instance, queue } from '../announce/queues.js'
import { minimal, schema, softwire, TABLE } from '../helper.js'
import { type Answer, Client, listening } from './client.js'

const entry = (psid: number, more = {}) => ({
  'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
})
const target = (psid: number) =>
  `/snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,${psid}`
const patch = (...edit: unknown[]) => ({ 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit } })

t.test('a subscriber gets the content and then each change, from whatever door', async (t) => {
  const { connect, send } = await listening(t)
  const client = await connect()
  t.equal(client.socket.protocol, 'lwaftr.v1')
  const answer = await client.call('subscribe', { stream: 'binding-table' })
  t.match(answer, { jsonrpc: '2.0', id: 1, result: { subscription: 1, revision: '1', epoch: String } })
  await client.until((updates) => updates.length === 1)
  const created = (psid: number) => ({ operation: 'create', target: target(psid), value: entry(psid) })
  t.same(client.updates, [
    { subscription: 1, revision: '1', edits: [created(1), created(2)], resync: true, synced: true },
  ])
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  const edited = await client.call('edit', patch({ 'edit-id': 'e', operation: 'delete', target: target(1) }))
  t.same(edited, {
    jsonrpc: '2.0',
    id: 2,
    result: { 'ietf-yang-patch:yang-patch-status': { 'patch-id': 'p', ok: [null] }, revision: '3' },
  })
  await client.until((updates) => updates.length === 3)
  t.same(client.updates.slice(1), [
    { subscription: 1, revision: '2', edits: [created(3)] },
    { subscription: 1, revision: '3', edits: [{ operation: 'delete', target: target(1) }] },
  ])
  t.same((await client.call('unsubscribe', { subscription: 1 })).result, {})
  await send('PUT', `${TABLE}/softwire=193.5.1.100,4`, entry(4))
  await client.call('get', { path: '/softwire-config/external-interface' })
  t.equal(client.updates.length, 3, 'nothing comes after unsubscribing')
})

t.test('who comes again with the revision he has is told what came since', async (t) => {
  const { connect, send } = await listening(t)
  const client = await connect()
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, entry(3))
  const { epoch } = await client.subscribe({ stream: 'binding-table', since: '1' })
  await client.until((updates) => updates.length === 1)
  t.same(client.updates, [
    {
      subscription: 1,
      revision: '2',
      edits: [{ operation: 'create', target: target(3), value: entry(3) }],
    },
  ])
  t.match(await client.subscribe({ stream: 'binding-table', since: '2', epoch }), { revision: '2' })
  await client.subscribe({ stream: 'config', since: '2', epoch: 'of another store' })
  await client.until((updates) => updates.length === 2)
  t.match(client.updates[1], { subscription: 3, revision: '2', resync: true, synced: true })
})

t.test('get, edit and validate answer as RESTCONF does', async (t) => {
  const { connect, datastore } = await listening(t)
  const client = await connect()
  const mtu = '/softwire-config/external-interface/mtu'
  t.same((await client.call('get', { path: mtu })).result, {
    revision: '1',
    value: { 'snabb-softwire-v3:mtu': 1500 },
  })
  t.same((await client.call('get', { path: target(2) })).result, { revision: '1', value: entry(2) })
  const list = { path: '/softwire-config/binding-table/softwire', limit: 1, offset: '1' }
  const page = (await client.call('get', list)).result
  t.match(page, { revision: '1', value: entry(2) })
  t.notMatch(JSON.stringify(page), '"psid":1', 'a page')
  t.same((await client.call('get', { path: '/', content: 'config' })).result?.value, {
    'ietf-restconf:data': minimal,
  })
  const refused = async (method: string, params: unknown, entry: JsonObject) => {
    const { error } = await client.call(method, params)
    t.equal(error?.code, -32000, JSON.stringify(error))
    t.match(error?.data, { 'ietf-restconf:errors': { error: [entry] } })
    t.match(error?.data, { 'ietf-restconf:errors': { error: [{ 'error-message': error?.message }] } })
    return error?.data
  }
  await refused('get', { path: target(9) }, { 'error-tag': 'invalid-value' })
  await refused('get', { path: '/softwire-config/nothing' }, { 'error-tag': 'unknown-element' })
  await refused('get', { path: mtu, depth: '0' }, { 'error-tag': 'invalid-value' })
  await refused('get', { path: mtu, colour: 'red' }, { 'error-tag': 'invalid-value' })
  const bad = patch({ 'edit-id': 'e', operation: 'create', target: target(1), value: entry(1) })
  t.match(await refused('edit', bad, { 'error-tag': 'data-exists' }), {
    'ietf-yang-patch:yang-patch-status': {
      'patch-id': 'p',
      'edit-status': { edit: [{ 'edit-id': 'e', errors: { error: [{ 'error-tag': 'data-exists' }] } }] },
    },
  })
  await refused('edit', {}, { 'error-tag': 'malformed-message' })
  await refused('subscribe', { stream: 'nothing' }, { 'error-tag': 'invalid-value' })
  await refused('subscribe', { stream: 'config', filter: '/nothing' }, { 'error-tag': 'unknown-element' })
  await refused('subscribe', { stream: 'config', 'interval-ms': 100 }, { 'error-tag': 'invalid-value' })
  for (const interval of [0, 99, 1000.5, 1e9])
    await refused('subscribe', { stream: 'state', 'interval-ms': interval }, { 'error-tag': 'invalid-value' })
  await refused('unsubscribe', { subscription: 7 }, { 'error-tag': 'invalid-value' })
  await refused('validate', bad, { 'error-tag': 'data-exists' })
  await refused(
    'validate',
    { config: { 'snabb-softwire-v3:nothing': 1 } },
    { 'error-tag': 'unknown-element' },
  )
  const good = patch({ 'edit-id': 'e', operation: 'remove', target: target(1) })
  t.same((await client.call('validate', good)).result, {
    'ietf-yang-patch:yang-patch-status': { 'patch-id': 'p', ok: [null] },
  })
  t.match((await client.call('validate', { config: minimal })).result, { 'lwaftr:output': {} })
  t.equal(datastore.running.revision, 1, 'nothing of it changed anything')

  const below = {
    ...patch({ 'edit-id': 'e', operation: 'remove', target: '/softwire=193.5.1.100,2' }),
    target: '/softwire-config/binding-table',
  }
  t.equal((await client.call('edit', below)).result?.revision, '2')
})

t.test('JSON-RPC to the letter', async (t) => {
  const { connect, problems } = await listening(t)
  const client = await connect()
  const call = (id: unknown, method: string, params?: unknown) => ({ jsonrpc: '2.0', id, method, params })
  const code = (code: number, id: unknown = null) => ({
    jsonrpc: '2.0',
    id,
    error: { code, message: String },
  })
  for (const [text, expected] of [
    ['{', code(-32700)],
    ['[]', code(-32600)],
    ['1', code(-32600)],
    ['[1]', [code(-32600)]],
    ['{"jsonrpc":"1.0","id":1,"method":"get"}', code(-32600)],
    ['{"jsonrpc":"2.0","id":{},"method":"get"}', code(-32600)],
    ['{"jsonrpc":"2.0","id":1,"method":2}', code(-32600)],
    [JSON.stringify(call('a', 'nothing')), code(-32601, 'a')],
    [JSON.stringify(call('a', 'constructor')), code(-32601, 'a')],
    [JSON.stringify(call(0, 'get')), code(-32602, 0)],
    [JSON.stringify(call(1.5, 'get', { path: 1 })), code(-32602, 1.5)],
    [JSON.stringify(call(null, 'get', ['/'])), code(-32602, null)],
    [JSON.stringify(call(1, 'subscribe', { stream: 'config', more: 1 })), code(-32602, 1)],
    [
      JSON.stringify([
        call('x', 'get', { path: '/softwire-config/external-interface/mtu' }),
        { jsonrpc: '2.0', method: 'get', params: { path: '/' } },
        call('y', 'nothing'),
      ]),
      [{ id: 'x', result: { value: { 'snabb-softwire-v3:mtu': 1500 } } }, code(-32601, 'y')],
    ],
    [JSON.stringify(Array.from({ length: 1001 }, (_, i) => call(i, 'get'))), code(-32600)],
  ] as const) {
    const answer = await client.raw(text)
    t.match(answer, expected, text.slice(0, 80))
    if (Array.isArray(expected)) t.equal((answer as unknown[]).length, expected.length)
  }
  client.socket.send('{"jsonrpc":"2.0","method":"get","params":{"path":"/"}}')
  t.match(await client.raw(JSON.stringify(call(7, 'get'))), { id: 7 }, 'a notification has no answer')
  t.same(problems, [], 'nothing of it is a bug')
})

t.test('what breaks the protocol closes the connection with its reason', async (t) => {
  const { connect, connect: again } = await listening(t)
  for (const [what, code, act] of [
    ['binary', 1003, (socket: WebSocket) => socket.send(Buffer.from('{}'))],
    ['too large', 1009, (socket: WebSocket) => socket.send('x'.repeat((16 << 20) + 1))],
  ] as const) {
    const { socket } = await connect()
    act(socket)
    t.equal((await once(socket, 'close'))[0], code, what)
  }
  // A reserved bit in the frame's first byte.
  const raw = (await again()) as unknown as { socket: { _socket: import('node:net').Socket } & WebSocket }
  raw.socket._socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))
  t.equal((await once(raw.socket as WebSocket, 'close'))[0], 1002, 'a malformed frame')
})

t.test('the door is for WebSockets of this subprotocol and of pages of this server', async (t) => {
  const { port, url } = await listening(t)
  const plain = await fetch(`${url}/ws`)
  t.equal(plain.status, 426)
  t.equal(plain.headers.get('upgrade'), 'websocket')
  t.match(await plain.json(), { 'ietf-restconf:errors': { error: [{ 'error-type': 'protocol' }] } })
  const status = async (protocols: string[], origin?: string) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/ws`,
      protocols,
      origin === undefined ? {} : { origin },
    )
    return new Promise<number>((resolve) => {
      socket.on('open', () => {
        socket.terminate()
        resolve(101)
      })
      socket.on('unexpected-response', (_, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      socket.on('error', () => {})
    })
  }
  t.equal(await status(['lwaftr.v1']), 101)
  t.equal(await status(['lwaftr.v2', 'lwaftr.v1']), 101)
  t.equal(await status([]), 101)
  t.equal(await status(['lwaftr.v2']), 400)
  t.equal(await status(['lwaftr.v1'], `http://127.0.0.1:${port}`), 101)
  t.equal(await status(['lwaftr.v1'], 'http://evil.example'), 403)
  t.equal(await status(['lwaftr.v1'], 'null'), 403)
})

t.test('other upgrades are answered in plain HTTP, and the connection ends', async (t) => {
  const { port } = await listening(t)
  const socket = createConnection(port, '127.0.0.1')
  socket.write(
    'GET /restconf/yang-library-version HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  )
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  await once(socket, 'end')
  t.match(String(Buffer.concat(pieces)), /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close[\s\S]*2019-01-04/i)
})

t.test('the control socket has the same door', async (t) => {
  const { app } = await listening(t)
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-ws-'))
  const path = join(directory, 'control.sock')
  const server = await listenUnix(app, path)
  const client = await Client.open(`ws+unix://${path}:/ws`)
  t.match(await client.subscribe({ stream: 'config' }), { revision: '1' })
  await client.until((updates) => updates.length === 1)
  const closed = once(client.socket, 'close')
  t.teardown(() => rmSync(directory, { recursive: true }))
  client.socket.close()
  await closed
  await closeBare(server)
})

t.test('state is told of as often as is asked', async (t) => {
  const { connect, dataplane } = await listening(t)
  const counted = (packets: bigint) => ({
    instances: [instance('eth0', [{ ...queue(0), counters: new Map([['in-ipv4-packets', packets]]) }])],
  })
  dataplane.current = counted(1n)
  const client = await connect()
  const filter = '/softwire-state/in-ipv4-packets'
  await client.subscribe({ stream: 'state', 'interval-ms': 100, filter })
  await client.subscribe({ stream: 'state', 'interval-ms': 100 })
  await client.until((updates) => updates.length === 2)
  const counter = '/snabb-softwire-v3:softwire-state/in-ipv4-packets'
  const value = (packets: string) => ({ 'snabb-softwire-v3:in-ipv4-packets': packets })
  t.match(client.updates[0], {
    edits: [{ operation: 'create', target: counter, value: value('1') }],
    resync: true,
    synced: true,
  })
  dataplane.current = counted(5n)
  await client.until((updates) => updates.length === 4)
  const [, , first, second] = client.updates
  t.same(first?.edits, [{ operation: 'replace', target: counter, value: value('5') }])
  t.equal(first?.revision, second?.revision)
  t.same(
    second?.edits.map((edit) => `${edit.operation} ${edit.target}`).sort(),
    [
      `replace ${counter}`,
      'replace /snabb-softwire-v3:softwire-config/instance=eth0/softwire-state/in-ipv4-packets',
    ].sort(),
  )
})

t.test('a peer that does not answer a ping is let go', async (t) => {
  const { connect } = await listening(t, undefined, { keepAlive: 100 })
  const awake = await connect()
  const asleep = await connect({ autoPong: false })
  t.equal((await once(asleep.socket, 'close'))[0], 1006)
  t.equal(awake.socket.readyState, WebSocket.OPEN)
})

t.test('a relay that stops says so', async (t) => {
  const { connect, streams } = await listening(t)
  const { socket } = await connect()
  const closed = once(socket, 'close')
  streams.close()
  t.equal((await closed)[0], 1001)
})

t.test('a consumer too slow to keep up is cut off, and costs the relay little until then', async (t) => {
  const { connect, transactions, problems } = await listening(t, undefined, { patience: 400 })
  const softwires = Array.from({ length: 200_000 }, (_, i) =>
    softwire(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1),
  )
  const target = parsePath(schema, '/softwire-config/binding-table')
  const value = { softwire: softwires }
  await transactions.commit({
    edits: [{ operation: 'replace', target, value }],
    who: 'test',
    via: 'test',
    permit: 'everything',
  })
  const slow = await connect()
  const quick = await connect()
  const { close } = WebSocket.prototype
  const cutOff = new Promise<void>((resolve) => {
    WebSocket.prototype.close = function (code, reason) {
      if (code === 1013) resolve()
      close.call(this, code, reason)
    }
  })
  t.teardown(() => {
    WebSocket.prototype.close = close
  })
  await slow.subscribe({ stream: 'binding-table' })
  slow.socket.pause()
  await quick.subscribe({ stream: 'binding-table' })
  await quick.until((updates) => updates.at(-1)?.synced === true)
  t.equal(
    quick.updates.reduce((sum, { edits }) => sum + edits.length, 0),
    softwires.length,
  )
  await cutOff
  const closed = once(slow.socket, 'close')
  slow.socket.resume()
  t.equal((await closed)[0], 1013)
  const told = slow.updates.reduce((sum, { edits }) => sum + edits.length, 0)
  t.ok(told < softwires.length / 2, `${told} entries were on their way`)
  t.match(
    (await quick.call('get', { path: '/softwire-config/external-interface' })).result,
    {},
    'others go on',
  )
  t.same(problems, [])
})

t.test('a client that asks without reading the answers is not read from any more', async (t) => {
  const { connect } = await listening(t, undefined, { patience: 400 })
  const client = await connect()
  client.socket.pause()
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'get',
    params: { path: '/', content: 'config' },
  })
  for (let i = 0; i < 100_000; i++) client.socket.send(request)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  t.ok(client.socket.bufferedAmount > 0, 'requests wait at the client')
  client.socket.terminate()
})

t.test('who may not be notified follows nothing, and who may not execute does not validate', async (t) => {
  const { connect, send, url } = await listening(t)
  const rule = (name: string, what: JsonObject) => ({
    name,
    'module-name': 'lwaftr',
    ...what,
    'access-operations': '*',
    action: 'deny',
  })
  const rules = [rule('told', { 'notification-name': 'update' }), rule('tried', { 'rpc-name': 'validate' })]
  const nacm = {
    'write-default': 'permit',
    groups: { group: [{ name: 'guests', 'user-name': ['anonymous'] }] },
    'rule-list': [{ name: 'all', group: ['guests'], rule: rules }],
  }
  t.equal(
    (await send('PUT', '/restconf/data/ietf-netconf-acm:nacm', { 'ietf-netconf-acm:nacm': nacm })).statusCode,
    201,
  )
  const client = await connect()
  for (const [method, params] of [
    ['subscribe', { stream: 'config' }],
    ['validate', { config: minimal }],
  ] as const)
    t.match((await client.call(method, params)).error?.data, {
      'ietf-restconf:errors': { error: [{ 'error-tag': 'access-denied' }] },
    })
  const headers = { accept: 'text/event-stream' }
  t.equal((await fetch(`${url}/streams/config/json`, { headers })).status, 403)
})

t.test('half a character in a parameter is refused, as what no URL can say', async (t) => {
  const { connect, problems } = await listening(t)
  const client = await connect()
  const get = (more: object) => client.call('get', { path: '/', ...more })
  for (const params of [{ fields: '\ud800' }, { '\ud800': 'x' }])
    t.match((await get(params)).error?.data, {
      'ietf-restconf:errors': { error: [{ 'error-tag': 'invalid-value' }] },
    })
  t.notOk(problems.some((said) => said !== 'request'))
})

t.test('a batch has an answer of bounded size: what does not go in is not done', async (t) => {
  const { connect, transactions } = await listening(t)
  const softwires = Array.from({ length: 10_000 }, (_, i) => softwire(`10.0.${i >> 8}.${i & 255}`, 1))
  const edit = {
    operation: 'replace' as const,
    target: parsePath(schema, '/softwire-config/binding-table'),
    value: { softwire: softwires },
  }
  await transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
  const client = await connect()
  const get = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'get',
    params: { path: '/', content: 'config' },
  })
  const remove = patch({
    'edit-id': 'e',
    operation: 'remove',
    target: `${target(1).slice(0, -13)}10.0.0.0,1`,
  })
  const batch = [
    ...Array.from({ length: 20 }, (_, i) => get(i)),
    { jsonrpc: '2.0', id: 20, method: 'edit', params: remove },
  ]
  const answers = (await client.raw(JSON.stringify(batch))) as unknown as Answer[]
  t.same(
    answers.map(({ id }) => id),
    batch.map(({ id }) => id),
  )
  t.ok(answers[0]?.result)
  t.match(answers[20]?.error?.data, { 'ietf-restconf:errors': { error: [{ 'error-tag': 'too-big' }] } })
  t.match(
    (await client.call('get', { path: '/softwire-config/name' })).error,
    {},
    'and the connection goes on',
  )
})
