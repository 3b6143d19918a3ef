// What has been served leaves nothing behind: what is kept has a bound, and what is not goes with its cause.
import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { softwirePath } from '../../src/config-server/place.js'
import { eventually } from '../dataplane/helper.js'
import { door, skip } from './access/door.js'
import { build, type FakeDataPlane, schema, softwire } from './helper.js'
import { listening } from './websocket/client.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of buffers that are in use; what is not is given back in the background. */
async function buffers(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    collectGarbage()
    await sleep(20)
    least = Math.min(least, process.memoryUsage().arrayBuffers)
  }
  return least
}

/** Milliseconds for what is under way to come to its end. */
const PATIENCE = 10_000

t.test('the feeds keep of a commit what they count against their bound, and nothing beside it', async (t) => {
  const { transactions } = await build(t)
  const commit = (id: number) => {
    const value = softwire('193.5.1.100', 1, { 'b4-ipv6': `2001:db8:b4::${id.toString(16)}` })
    const edit = { operation: 'replace', target: softwirePath(schema, value), value } as const
    // Between one commit and the next there are others who want buffers, and need them for a moment.
    const permit = () => void Buffer.allocUnsafe(1000)
    return transactions.commit({ edits: [edit], who: 'test', via: 'test', permit })
  }
  const commits = async (first: number) => {
    await Promise.all(Array.from({ length: 500 }, (_, i) => commit(first + i)))
    return buffers()
  }
  const before = await commits(1000)
  const each = ((await commits(2000)) - before) / 500
  t.ok(each < 256, `${each} bytes of buffers for a commit of one softwire`)
})

t.test('nothing of an edit waits once it is answered, however many come behind it', async (t) => {
  const { transactions } = await build(t)
  let id = 0
  const edits = async () => {
    while (id < 400) {
      const value = softwire('193.5.1.100', 1, { 'b4-ipv6': `2001:db8:b4::${(++id).toString(16)}` })
      const edit = { operation: 'replace', target: softwirePath(schema, value), value } as const
      await transactions.commit({ edits: [edit], who: 'test', via: 'test', permit: 'everything' })
    }
  }
  await Promise.all(Array.from({ length: 8 }, edits))
  let turns = 0
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  await transactions.settled()
  clearImmediate(next)
  t.ok(turns < 10, `${turns} turns of the event loop until all is settled`)
})

t.test('who is gone before his subscription is answered follows nothing', async (t) => {
  const { connect, dataplane, streams } = await listening(t)
  const client = await connect()
  // An edit that takes its time: what comes behind it is answered when its sender is gone.
  const prepare = dataplane.prepare.bind(dataplane)
  const prepared = new Promise<() => void>((begun) => {
    dataplane.prepare = async (change) => {
      await new Promise<void>((goOn) => begun(goOn))
      return prepare(change)
    }
  })
  const target = '/snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,1'
  const edit = [{ 'edit-id': 'e', operation: 'delete', target }]
  void client.call('edit', { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit } })
  void client.call('subscribe', { stream: 'state', 'interval-ms': 100 })
  const goOn = await prepared
  client.socket.terminate()
  await once(client.socket, 'close')
  t.ok(await eventually(() => streams.followers === 0, PATIENCE), 'the relay knows')
  goOn()
  t.ok(await eventually(() => dataplane.table.size === 1, PATIENCE), 'the edit is carried out all the same')

  const looks = looksAt(dataplane)
  await sleep(350)
  t.equal(looks(), 0, 'nobody looks at the state for nobody')
})

t.test('the state is looked at as often for many followers as for few', async (t) => {
  const { connect, dataplane } = await listening(t)
  const client = await connect()
  await Promise.all(
    Array.from({ length: 256 }, (_, i) => client.subscribe({ stream: 'state', 'interval-ms': 100 + i })),
  )
  const looks = looksAt(dataplane)
  const begin = performance.now()
  await sleep(500)
  const seconds = (performance.now() - begin) / 1000
  t.ok(looks() < 100 * seconds, `${looks()} looks in ${seconds} s`)
})

t.test('of an HTTP/2 connection that is over nothing is kept', { skip }, async (t) => {
  const { app, port } = await door(t)
  const sessions: WeakRef<object>[] = []
  app.server.on('session', (session) => sessions.push(new WeakRef(session)))
  for (let i = 0; i < 5; i++) {
    const client = connect(`https://localhost:${port}`, { rejectUnauthorized: false })
    const request = client.request({ ':path': '/healthz' })
    request.resume()
    await once(request, 'close')
    client.close()
    await once(client, 'close')
  }
  t.equal(sessions.length, 5)
  const kept = () => sessions.filter((session) => session.deref() !== undefined).length
  for (let i = 0; i < 100 && kept() > 0; i++) {
    await sleep(20)
    collectGarbage()
  }
  t.equal(kept(), 0)
})

/** How often it was looked at from now on. */
function looksAt(dataplane: FakeDataPlane): () => number {
  let looks = 0
  const state = dataplane.state.bind(dataplane)
  dataplane.state = () => {
    looks++
    return state()
  }
  return () => looks
}
