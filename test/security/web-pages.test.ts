// A browser of the operator's, led by a web page of somebody else: it reaches what he reaches, also this machine alone.
import { request } from 'node:http'
import t from 'tap'
import WebSocket from 'ws'
import { user } from '../config-server/access/users.js'
import { CONFIG, minimal } from '../config-server/helper.js'
import { listening } from '../config-server/websocket/client.js'

/** The status that a request with these headers gets; fetch would not let us say who we are. */
function statusOf(port: number, method: string, path: string, headers: Record<string, string>) {
  return new Promise<number>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

t.test('a page whose name leads here now reads and changes nothing where nobody logs in', async (t) => {
  const { port, datastore } = await listening(t)
  const { revision } = datastore.running
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ])
    for (const [method, path] of [
      ['GET', CONFIG],
      ['DELETE', CONFIG],
      ['OPTIONS', CONFIG],
      ['GET', '/metrics'],
      ['GET', '/streams/config/json'],
    ] as const)
      t.equal(
        await statusOf(port, method, path, { host, origin: `http://${host}` }),
        421,
        `${method} ${path} of ${host}`,
      )
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['lwaftr.v1'], {
    headers: { host: 'evil.example' },
  })
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode)).on('error', () => {})
  })
  t.equal(status, 421)
  socket.terminate()
  t.equal(datastore.running.revision, revision)
})

t.test('this machine is asked for by address, as localhost, or by a name that is an origin', async (t) => {
  const origins = { 'lwaftr:config-server': { 'allowed-origin': ['https://relay.example'] } }
  const { port } = await listening(t, { ...minimal, ...origins })
  for (const host of [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    '127.1.2.3',
    '[::1]:8080',
    '10.0.0.1',
    'relay.example',
    'relay1',
    'lw.localhost',
  ])
    t.equal(await statusOf(port, 'GET', CONFIG, { host }), 200, host)
  t.equal(
    await statusOf(port, 'GET', '/healthz', { host: 'anything.example' }),
    200,
    'health is for everybody',
  )
})

t.test('who logs in calls the relay as he likes: a page does not know his credentials', async (t) => {
  const { port } = await listening(t, { ...minimal, 'lwaftr:config-server': { user: [user('ann')] } })
  const host = 'relay.example'
  t.equal(await statusOf(port, 'GET', CONFIG, { host, authorization: 'Bearer token-of-ann' }), 200)
  t.equal(await statusOf(port, 'GET', CONFIG, { host }), 401)
})
