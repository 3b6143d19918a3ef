// Links by AF_PACKET.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { DataPlane } from '../../src/dataplane/dataplane.js'
import { SUBSCRIBERS } from '../../src/lab/addresses.js'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { continuousPing, pingUntilAnswered } from '../../src/lab/ping.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology } from '../../src/lab/topology.js'
import { commit, instance, open, queue, softwireOf } from './helper.js'
import { linkTests, PATIENCE, sandbox } from './links.js'

const skip = (await obstacleToNamespaces()) ?? false
const driver = 'af-packet'
const { whole, sharing } = SUBSCRIBERS

linkTests(driver, skip)

t.test(
  'a queue that comes, changes and goes leaves the thread of another and its packets alone',
  { skip },
  async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    await commit(dataplane, [instance(lab.device)], softwireOf(whole))
    const { host } = await addSubscriber(lab, whole)
    const pings = continuousPing(host, '198.51.100.2', { interval: 0.02 })
    t.ok(await pings.firstAnswer(PATIENCE))
    const thread = threadOf(dataplane, 'lwaftr-queue-0')
    t.type(thread, 'string')
    const other = (mac: string, ip: string) =>
      queue({
        id: 1,
        externalInterface: { ...queue().externalInterface, mac, ip },
        internalInterface: { ...queue().internalInterface, mac, ip: `2001:db8::${ip.split('.')[3]}` },
      })
    const second = other('02:22:22:22:22:33', '172.20.0.101')
    await commit(dataplane, [instance(lab.device, queue(), second)])
    t.type(await pingUntilAnswered(lab.switch, '172.20.0.101', PATIENCE), 'number', 'it comes')
    await commit(dataplane, [instance(lab.device, queue(), other('02:22:22:22:22:34', '172.20.0.102'))])
    t.type(await pingUntilAnswered(lab.switch, '172.20.0.102', PATIENCE), 'number', 'it changes')
    await commit(dataplane, [instance(lab.device, queue())])
    t.equal(threadOf(dataplane, 'lwaftr-queue-1'), undefined, 'it goes')
    t.equal(threadOf(dataplane, 'lwaftr-queue-0'), thread, 'the same thread')
    const { missed, received } = await pings.stop()
    t.equal(missed, 0, `${received} answers`)
  },
)

/** Thread id of the worker's thread with this name. */
function threadOf(dataplane: DataPlane, name: string): string | undefined {
  const tasks = `/proc/${dataplane.state().instances[0]?.worker.pid}/task`
  return readdirSync(tasks).find(
    (id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === name.slice(0, 15),
  )
}

t.test('two queues share a link and its MAC: each packet is answered once', { skip }, async (t) => {
  const lab = await buildTopology(await sandbox(t))
  const dataplane = await open(t, { driver })
  await commit(
    dataplane,
    [instance(lab.device, queue(), queue({ id: 1 }))],
    softwireOf(whole),
    softwireOf(sharing),
  )
  const subscribers = [await addSubscriber(lab, whole), await addSubscriber(lab, sharing)]
  for (const { host } of subscribers) {
    t.type(await pingUntilAnswered(host, '198.51.100.2', PATIENCE), 'number')
    const { stdout } = await host.exec('ping', ['-c', '10', '-i', '0.01', '198.51.100.2'])
    t.match(stdout, /10 received/)
    t.notMatch(stdout, 'duplicates')
  }
  const queues = dataplane.state().instances[0]?.queues ?? []
  t.match(queues, [{ carries: { ipv4: true } }, { carries: { ipv4: true } }], 'both know the next hop')
})
