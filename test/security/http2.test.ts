// What HTTP/2 can say and HTTP/1 cannot: none of it is a way past the question who somebody is.
import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import t, { type Test } from 'tap'
import { door, people, skip } from '../config-server/access/door.js'
import { bearer } from '../config-server/access/users.js'
import { CONFIG } from '../config-server/helper.js'

async function session(t: Test) {
  const { port, file, datastore } = await door(t, people())
  const client = connect(`https://localhost:${port}`, {
    ca: readFileSync(file('ca.pem')),
    servername: 'localhost',
  })
  client.on('error', () => {})
  t.teardown(() => client.destroy())
  return { client, datastore }
}

/** The status, or what the stream was reset with. */
async function answerTo(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = client.request(headers, { endStream: body === undefined })
  let text = ''
  let status: number | string = 'reset'
  stream.on('response', (answer) => {
    status = Number(answer[constants.HTTP2_HEADER_STATUS])
  })
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  stream.on('error', () => {})
  if (body !== undefined) stream.end(body)
  await new Promise((resolve) => stream.on('close', resolve))
  return { status, text }
}

t.test('no pseudo-header gets a stranger in', { skip }, async (t) => {
  const { client, datastore } = await session(t)
  const { revision } = datastore.running
  const tricks: OutgoingHttpHeaders[] = [
    { ':path': CONFIG },
    { ':path': CONFIG, ':authority': '127.0.0.1' },
    { ':path': CONFIG, ':scheme': 'http' },
    { ':path': `https://localhost${CONFIG}` },
    { ':path': `//localhost${CONFIG}` },
    { ':path': `/healthz/..${CONFIG}` },
    { ':path': `/healthz#${CONFIG}` },
    { ':path': '*', ':method': 'OPTIONS' },
    { ':path': CONFIG, ':method': 'DELETE' },
    { ':path': CONFIG, ':method': 'delete' },
    { ':path': '/healthz', ':method': 'DELETE', 'x-http-method-override': 'GET' },
    { ':path': CONFIG, host: 'localhost', ':authority': 'elsewhere' },
    { ':method': 'CONNECT', ':authority': 'localhost:8080' },
    { ':path': CONFIG, cookie: ['authorization=Bearer token-of-ann'] },
    { ':path': CONFIG, authorization: '' },
  ]
  for (const headers of tricks) {
    const { status, text } = await answerTo(client, headers)
    t.ok(
      status === 'reset' || [400, 401, 404, 405, 501].includes(Number(status)),
      `${JSON.stringify(headers)}: ${status}`,
    )
    t.notMatch(text, /193\.5\.1|eth0|snabb-softwire/)
  }
  t.equal(datastore.running.revision, revision)
})

t.test('streams of one connection are each asked who they are of', { skip }, async (t) => {
  const { client } = await session(t)
  t.equal((await answerTo(client, { ':path': CONFIG, ...bearer('ann') })).status, 200)
  t.equal((await answerTo(client, { ':path': CONFIG })).status, 401)
  t.equal((await answerTo(client, { ':path': CONFIG, ...bearer('ann') })).status, 200)
})

t.test('who resets streams as soon as they are open is cut off, or costs nothing', { skip }, async (t) => {
  const { client } = await session(t)
  for (let i = 0; i < 5000 && !client.destroyed; i++) {
    const stream = client.request({ ':path': CONFIG })
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
  }
  const other = await session(t)
  t.equal((await answerTo(other.client, { ':path': CONFIG, ...bearer('ann') })).status, 200)
})
