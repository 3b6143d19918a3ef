// Links by AF_PACKET.
import t from 'tap'
import { SUBSCRIBERS } from '../../src/lab/addresses.js'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology } from '../../src/lab/topology.js'
import { commit, instance, open, queue, softwireOf } from './helper.js'
import { linkTests, PATIENCE, sandbox } from './links.js'

const skip = (await obstacleToNamespaces()) ?? false
const driver = 'af-packet'
const { whole, sharing } = SUBSCRIBERS

linkTests(driver, skip)

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
