// Connections that wait for another request, and a server that had no time for them: it was stopped, or waited for a CPU.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { buildApp } from '../../../src/config-server/app.js'
import { listenTcp } from '../../../src/listen.js'
import { build } from '../helper.js'

const IDLE = 100
/** Milliseconds that newer versions of Node add to it. */
const GRACE = 1000
const REQUEST = 'GET /restconf HTTP/1.1\r\nHost: localhost\r\n\r\n'

async function answered(socket: Socket): Promise<string> {
  const [data] = (await Promise.race([
    once(socket, 'data'),
    once(socket, 'close').then(() => ['closed']),
  ])) as [Buffer | string]
  return data.toString().split('\r\n')[0] as string
}

t.test(
  'a request that came in time is answered, also where its connection came of age meanwhile',
  async (t) => {
    const parts = await build(t)
    const limits = { headers: 15_000, request: 300_000, idle: IDLE }
    const app = buildApp({ ...parts, isReady: () => true }, { limits })
    t.teardown(() => app.close())
    const { port } = new URL(await listenTcp(app, { host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(REQUEST)
    t.equal(await answered(socket), 'HTTP/1.1 200 OK')
    socket.write(REQUEST)
    for (const end = performance.now() + IDLE + GRACE + 200; performance.now() < end; ); // nobody reads it
    t.equal(await answered(socket), 'HTTP/1.1 200 OK')
    t.equal(await answered(socket), 'closed', 'and without one the connection ends')
  },
)
