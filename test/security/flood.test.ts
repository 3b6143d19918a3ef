// Clients that take all they can get: whatever they do, somebody else is answered meanwhile, and they are let go of.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { buildApp } from '../../src/config-server/app.js'
import { build, CONFIG, minimal } from '../config-server/helper.js'
import { type Client, listening } from '../config-server/websocket/client.js'
import { meanwhile } from './meanwhile.js'

const MIB = 1 << 20

/** Somebody else's small question. */
function asking(url: string) {
  return async () => {
    const answer = await fetch(`${url}${CONFIG}/external-interface`)
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`somebody else was answered ${answer.status}`)
  }
}

const grown = (since: number) => (process.memoryUsage.rss() - since) / MIB

t.test('hundreds of clients that never finish their headers keep nobody out, and are let go', async (t) => {
  const parts = await build(t)
  const app = buildApp(
    { ...parts, isReady: () => true },
    { limits: { headers: 1500, request: 3000, idle: 5000 } },
  )
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  const drip = async () => {
    for (let i = 0; i < 400; i++) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      socket.write('GET /restconf HTTP/1.1\r\nHost: localhost\r\n')
      sockets.push(socket)
    }
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
    const timer = setInterval(() => {
      for (const socket of sockets) socket.write('X: y\r\n')
    }, 200)
    await closed
    clearInterval(timer)
  }
  await meanwhile(asking(url), drip)
  t.equal(sockets.filter((socket) => socket.destroyed).length, 400)
})

t.test('a connection has 256 subscriptions and no more; thousands of them keep nobody waiting', async (t) => {
  const { url, connect, streams } = await listening(t)
  const before = process.memoryUsage.rss()
  const clients: Client[] = []
  const refused: number[] = []
  const subscribe = async () => {
    for (let i = 0; i < 20; i++) {
      const client = await connect()
      clients.push(client)
      // No two the same, so that none is shared.
      const wishes = Array.from({ length: 300 }, (_, id) => ({
        ...{ jsonrpc: '2.0', id, method: 'subscribe' },
        params: { stream: 'state', 'interval-ms': 100 + i * 300 + id },
      }))
      const answered = once(client.socket, 'message')
      client.socket.send(JSON.stringify(wishes))
      const [text] = await answered
      const answers = JSON.parse(String(text)) as { error?: unknown }[]
      refused.push(answers.filter(({ error }) => error !== undefined).length)
    }
  }
  const longest = await meanwhile(asking(url), subscribe)
  t.same(refused, Array(20).fill(300 - 256))
  t.comment(
    `5120 subscriptions: ${Math.round(grown(before))} MiB, ${Math.round(longest)} ms the longest answer`,
  )
  t.ok(grown(before) < 300, 'little memory for each')
  for (const client of clients) await client.close()
  t.equal(streams.followers, 0)
})

t.test('all connections together have no more subscriptions than there is memory for', async (t) => {
  const { connect } = await listening(t, minimal, { subscriptions: 3 })
  const [one, other] = [await connect(), await connect()]
  await one.subscribe({ stream: 'config' })
  for (const stream of ['routes', 'config']) await other.subscribe({ stream })
  const refused = await one.call('subscribe', { stream: 'routes' })
  t.match(refused.error?.data, { 'ietf-restconf:errors': { error: [{ 'error-tag': 'resource-denied' }] } })
  await other.close()
  t.type((await one.subscribe({ stream: 'routes' })).subscription, 'number')
  await one.close()
})

t.test('bodies share a room: who sends much leaves enough for who sends little', async (t) => {
  const parts = await build(t)
  const app = buildApp({ ...parts, isReady: () => true }, { bodyRoom: 4 * MIB })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const type = 'application/yang-data+json'
  const upload = (bytes: number) => {
    const sent = request(`${url}${CONFIG}/name`, {
      method: 'PUT',
      headers: { 'content-type': type, 'content-length': bytes },
    })
    sent.on('error', () => {})
    const status = once(sent, 'response').then(([answer]) => (answer as IncomingMessage).resume().statusCode)
    status.catch(() => {}) // it may be given up before
    return { sent, status }
  }
  const put = (value: unknown) =>
    fetch(`${url}${CONFIG}/name`, {
      method: 'PUT',
      headers: { 'content-type': type },
      body: JSON.stringify(value),
    })
  const name = { 'snabb-softwire-v3:name': 'small' }
  t.equal((await put({ ...name, x: 'x'.repeat(3 * MIB) })).status, 503, 'more than half of it')

  const connections: Socket[] = []
  app.server.on('connection', (socket) => connections.push(socket))
  const greedy: ReturnType<typeof upload>[] = []
  // One after another, since what each may have depends on what the others hold.
  for (const bytes of [1.9 * MIB, 0.9 * MIB, 0.5 * MIB]) {
    const one = upload(2 * MIB)
    one.sent.write(Buffer.alloc(bytes, 32))
    greedy.push(one)
    while (!connections.some(({ bytesRead }) => bytesRead >= bytes)) await sleep(5)
    await sleep(50)
    connections.length = 0
  }
  t.equal((await put(name)).status < 300, true, 'somebody else’s little')
  t.equal((await put({ ...name, x: 'x'.repeat(0.5 * MIB) })).status, 503, 'what would be most of the rest')
  for (const { sent } of greedy) sent.destroy()
  const large = { ...name, x: 'x'.repeat(1.5 * MIB) }
  while ((await put(large)).status === 503) await sleep(50)
  t.equal((await put(large)).status, 400, 'what they had is free again')
})

t.test('headers larger than 16 KiB are refused before anybody reads them', async (t) => {
  const { url } = await listening(t)
  const answer = await fetch(`${url}${CONFIG}`, { headers: { authorization: 'x'.repeat(20_000) } })
  t.equal(answer.status, 431)
})
