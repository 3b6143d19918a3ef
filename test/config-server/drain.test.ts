// Draining a link before maintenance.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { instance, queue, twoQueues } from './announce/queues.js'
import { build, CONFIG } from './helper.js'

const OPERATIONS = '/restconf/operations'

/** Two queues, of which the first has received so many packets. */
function received(count: bigint) {
  const counters = new Map([
    ['in-ipv4-packets', count],
    ['in-ipv6-packets', 7n],
  ])
  return { instances: [instance('eth0', [queue(0, { counters }), queue(1)])] }
}

async function open(t: Test) {
  const built = await build(t, twoQueues())
  built.dataplane.current = received(100n)
  const operate = (name: string, input: object) =>
    built.send('POST', `${OPERATIONS}/lwaftr:${name}`, { 'lwaftr:input': input })
  const queues = async () => {
    const answer = await built.send('GET', '/restconf/data/lwaftr:routes')
    const routes: { queue: number }[] = answer.json()['lwaftr:routes'].route ?? []
    return [...new Set(routes.map((route) => route.queue))]
  }
  return { ...built, operate, queues }
}

t.test('a drained queue has no routes, and traffic is watched until it has gone', async (t) => {
  const { operate, queues, dataplane, send } = await open(t)
  t.same(await queues(), [0, 1])
  const draining = operate('drain', { instance: 'eth0', queue: 0, 'quiet-time': 1 })
  while ((await queues()).includes(0)) await sleep(5)
  t.same(await queues(), [1], 'routes go first')
  dataplane.become(received(150n))
  const answer = await draining
  t.same(answer.json(), { 'lwaftr:output': { traffic: 'gone', packets: '50', 'announced-queues': 1 } })
  t.same((await send('GET', `${CONFIG}/instance=eth0/queue=0/lwaftr:drained`)).json(), {
    'lwaftr:drained': true,
  })
  t.equal((await operate('undrain', { instance: 'eth0', queue: 0 })).statusCode, 204)
  t.same(await queues(), [0, 1])
  t.same((await send('GET', `${CONFIG}/instance=eth0/queue=0/lwaftr:drained`)).json(), {
    'lwaftr:drained': false,
  })
})

t.test('traffic that stays is said to, and the queue stays drained', async (t) => {
  const { operate, queues, dataplane } = await open(t)
  let count = 100n
  const traffic = setInterval(() => dataplane.become(received(++count)), 20)
  t.teardown(() => clearInterval(traffic))
  const answer = await operate('drain', { instance: 'eth0', 'quiet-time': 1, timeout: 1 })
  t.match(answer.json(), { 'lwaftr:output': { traffic: 'remains', 'announced-queues': 0 } })
  t.ok(Number(answer.json()['lwaftr:output'].packets) > 0)
  t.same(await queues(), [])
})

t.test('a queue that is taken away meanwhile brought what it brought', async (t) => {
  const { operate, queues, dataplane } = await open(t)
  const draining = operate('drain', { instance: 'eth0', 'quiet-time': 1 })
  while ((await queues()).includes(0)) await sleep(5)
  dataplane.become(received(150n))
  await sleep(300)
  dataplane.become({ instances: [instance('eth0', [queue(1)])] })
  t.match((await draining).json(), { 'lwaftr:output': { traffic: 'gone', packets: '50' } })
})

t.test('draining everything without waiting says that nothing is announced any more', async (t) => {
  const { operate } = await open(t)
  const answer = await operate('drain', { 'quiet-time': 0 })
  t.same(answer.json(), { 'lwaftr:output': { traffic: 'unknown', packets: '0', 'announced-queues': 0 } })
})

t.test('what is not there cannot be drained', async (t) => {
  const { operate, queues } = await open(t)
  for (const input of [{ instance: 'eth9' }, { instance: 'eth0', queue: 9 }, { instance: '../x' }]) {
    const answer = await operate('drain', input)
    t.equal(answer.statusCode, 409, answer.body)
    t.match(answer.json(), { 'ietf-restconf:errors': { error: [{ 'error-tag': 'data-missing' }] } })
  }
  t.equal((await operate('drain', { queue: 0 })).statusCode, 400, 'a queue of no instance')
  t.same(await queues(), [0, 1])
})
