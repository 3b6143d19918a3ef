// What the watchdog asks: whether a config server answers on the control socket.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { answersRequests } from '../src/listen.js'

async function served(t: Test, answer: RequestListener): Promise<string> {
  const path = join(t.testdir(), 'control.sock')
  const server = createServer(answer).listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return path
}

t.test('it answers', async (t) => {
  const path = await served(t, (_, response) => response.end('{}'))
  await answersRequests(path)
})

t.test('it answers that it cannot', async (t) => {
  const path = await served(t, (_, response) => response.writeHead(503).end())
  await t.rejects(answersRequests(path), { message: 'status 503' })
})

t.test('it breaks off', async (t) => {
  const path = await served(t, (request) => request.destroy())
  await t.rejects(answersRequests(path), { code: 'ECONNRESET' })
})

t.test('nobody is there', async (t) => {
  await t.rejects(answersRequests(join(t.testdir(), 'none.sock')), { code: 'ENOENT' })
})
