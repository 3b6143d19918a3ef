/**
 * What a client can send over a WebSocket, mutated: messages of JSON-RPC, and bytes of the protocol below. Each message is
 * answered or ends the connection, none fails the server, what was refused has changed nothing, and another client is
 * answered all the while. `npm run fuzz` gives it time and a seed of its own by LWAFTR_FUZZ_SECONDS.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { listening } from '../config-server/websocket/client.js'
import { Random } from '../schema/random.js'
import { change } from './promises.js'

const rounds = 500
const seconds = Number(process.env.LWAFTR_FUZZ_SECONDS ?? 0)
const seed = seconds > 0 ? Date.now() | 0 : 6455
t.setTimeout((seconds + 120) * 1000)

const path = '/snabb-softwire-v3:softwire-config/external-interface'
const patch = (target: string, value: unknown) => ({
  'ietf-yang-patch:yang-patch': {
    'patch-id': 'p',
    edit: [{ 'edit-id': 'e', operation: 'merge', target, value }],
  },
})
const calls: readonly (readonly [string, unknown])[] = [
  ['subscribe', { stream: 'config' }],
  ['subscribe', { stream: 'state', 'interval-ms': 100 }],
  ['subscribe', { stream: 'binding-table', since: '1', epoch: 'x', filter: path }],
  ['unsubscribe', { subscription: 1 }],
  ['get', { path, depth: 2 }],
  ['get', { path: '/', content: 'config', 'with-defaults': 'report-all' }],
  ['edit', patch(`${path}/mtu`, { 'snabb-softwire-v3:mtu': 1400 })],
  ['validate', { config: {} }],
  ['__proto__', []],
  ['constructor', null],
  ['toString', {}],
]

/** Requests are said, too. */
const isBug = (said: string) => said !== 'request'

t.test('whatever a client sends over a WebSocket, the server goes on', async (t) => {
  const relay = await listening(t)
  const random = new Random(seed)
  const other = await relay.connect()
  const end = Date.now() + seconds * 1000
  const before = process.memoryUsage.rss()
  let client = await relay.connect()
  let round = 0
  for (; seconds > 0 ? Date.now() < end : round < rounds; round++) {
    const [method, params] = random.pick(calls)
    const message = JSON.stringify({ jsonrpc: '2.0', id: round, method, params })
    const text = random.chance(20) ? `[${message},${message}]` : message
    const sent = random.chance(85) ? change(random, Buffer.from(text)) : Buffer.from(text)
    const { revision } = relay.datastore.running
    if (client.socket.readyState !== client.socket.OPEN) client = await relay.connect()
    client.socket.send(sent, { binary: random.chance(5) })
    // The answer to what comes after it says that it has been worked on.
    const marker = other.call('get', { path: `${path}/mtu` })
    if (random.chance(10)) {
      client.socket.ping()
      await Promise.race([once(client.socket, 'pong'), once(client.socket, 'close')])
    }
    const { result } = await marker
    const shown = `round ${round}: ${sent.toString('latin1', 0, 400)}`
    if (result === undefined) t.fail(`another client was not answered in ${shown}`)
    if (relay.problems.some(isBug)) t.fail(`${relay.problems.splice(0).join()} in ${shown}`)
    if (relay.datastore.running.revision !== revision && method !== 'edit')
      t.fail(`it changed something: ${shown}`)
    if (client.updates.length > 1000) client.updates.length = 0
  }
  t.comment(`${round} rounds, seed ${seed}`)
  t.ok(process.memoryUsage.rss() - before < 300 * 2 ** 20, 'memory stays bounded')
  for (const one of [client, other]) one.socket.terminate()
})

t.test('whatever bytes follow the handshake, the connection ends and the server goes on', async (t) => {
  const relay = await listening(t)
  const random = new Random(seed)
  const other = await relay.connect()
  const handshake =
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  for (let round = 0; round < 60; round++) {
    const bytes = Buffer.from(Array.from({ length: 1 + random.below(80) }, () => random.below(256)))
    const start = random.chance(30) ? change(random, Buffer.from(handshake)) : Buffer.from(handshake)
    const socket = connect(relay.port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.end(Buffer.concat([start, bytes]))
    await once(socket, 'close')
    const { result } = await other.call('get', { path: `${path}/mtu` })
    if (result === undefined || relay.problems.some(isBug))
      t.fail(`${relay.problems.splice(0).join()} in round ${round}: ${bytes.toString('hex')}`)
  }
  t.pass('60 connections')
  other.socket.terminate()
})
