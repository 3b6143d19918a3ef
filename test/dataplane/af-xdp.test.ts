// Links by AF_XDP: what AF_PACKET does, and how the program comes and goes.
import t from 'tap'
import { RELAY, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { exec, ip } from '../../src/lab/exec.js'
import { ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology, type Topology } from '../../src/lab/topology.js'
import { commit, eventually, instance, open, queue, softwireOf } from './helper.js'
import { linkTests, PATIENCE, sandbox } from './links.js'
import { obstacleToXdp } from './xdp.js'

const driver = 'af-xdp'
const { whole, sharing } = SUBSCRIBERS
const skip = (await obstacleToXdp(t)) ?? false

async function hasProgram(device: string): Promise<boolean> {
  return /\bxdp/.test((await ip(`link show ${device}`)).stdout)
}

/** Lays the relay's link anew, with so many receive and transmit queues at each end. */
async function relay(lab: Topology, relayQueues: number, switchQueues: number): Promise<void> {
  const queues = (count: number) => `numrxqueues ${count} numtxqueues ${count} mtu 9000`
  await ip(`link del ${lab.device}`)
  const peer = `peer name relay ${queues(switchQueues)} netns ${lab.switch.name}`
  await ip(`link add ${lab.device} ${queues(relayQueues)} type veth ${peer}`)
  await exec('sysctl', ['-q', '-w', `net.ipv6.conf.${lab.device}.disable_ipv6=1`])
  await ip(`link set ${lab.device} up`)
  await lab.switch.ip('link set relay master br0 up')
}

linkTests(driver, skip)

t.test('the program goes with the worker, however it ends, and comes with the next', { skip }, async (t) => {
  const lab = await buildTopology(await sandbox(t))
  const dataplane = await open(t, { driver })
  await commit(dataplane, [instance(lab.device)])
  t.ok(await hasProgram(lab.device))
  t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
  const { pid } = dataplane.state().instances[0]?.worker ?? {}
  process.kill(pid ?? Number.NaN, 'SIGKILL')
  t.ok(await eventually(() => dataplane.state().instances[0]?.worker.status === 'down'))
  t.notOk(await hasProgram(lab.device), 'gone with a killed worker')
  t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number', 'the next one answers')
  t.ok(await hasProgram(lab.device))
  await dataplane.close()
  t.notOk(await hasProgram(lab.device), 'gone with a clean stop')
})

t.test('auto takes AF_XDP where it is right, says which and why', { skip }, async (t) => {
  const cases: [string, Parameters<typeof instance>[1][], RegExp][] = [
    ['an ordinary link', [queue()], /: AF_XDP, native mode, copying$/],
    [
      'VLAN tags',
      [queue({ internalInterface: { ...queue().internalInterface, vlanTag: 7 } })],
      /: AF_PACKET, .* VLAN tags/,
    ],
    ['more queues than the card', [queue(), queue({ id: 1 })], /: AF_PACKET, .* 1 hardware receive queues/],
  ]
  for (const [sentence, queues, expected] of cases) {
    const lab = await buildTopology(await Sandbox.open())
    const said: string[] = []
    const dataplane = await open(t, { driver: 'auto', said })
    await commit(dataplane, [instance(lab.device, ...queues)])
    const drivers = said.filter((line) => line.includes(`device ${lab.device}: `))
    t.match(drivers, [expected], sentence)
    t.equal(drivers.length, 1, 'once')
    await dataplane.close()
    await lab.sandbox.close()
  }
})

t.test('what AF_XDP cannot do is refused when it is asked for', { skip }, async (t) => {
  const lab = await buildTopology(await sandbox(t))
  const dataplane = await open(t, { driver })
  await t.rejects(dataplane.prepare({ instances: [instance(lab.device, queue({ id: 1 }))] }), {
    code: 'device',
    message: /queue 1 is not one of its 1 hardware receive queues/,
  })
  t.notOk(await hasProgram(lab.device), 'without a trace')
})

t.test('a link without native XDP has generic XDP', { skip }, async (t) => {
  const lab = await buildTopology(await sandbox(t))
  await relay(lab, 1, 2)
  const said: string[] = []
  const auto = await open(t, { driver: 'auto', said })
  await commit(auto, [instance(lab.device)])
  t.match(said.join('\n'), /AF_PACKET, .*fewer receive queues than its peer has transmit queues/)
  await auto.close()
  const dataplane = await open(t, { driver, said })
  await commit(dataplane, [instance(lab.device)])
  t.match(said.join('\n'), /AF_XDP, generic mode, copying/)
  t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
  t.match(await ping(lab.switch, RELAY.ipv4, { size: 1400 }), { received: 3 })
})

t.test('each hardware queue has its thread, and what they resolve is shared', { skip }, async (t) => {
  const lab = await buildTopology(await sandbox(t))
  await relay(lab, 2, 2)
  const dataplane = await open(t, { driver })
  const queues = [queue(), queue({ id: 1 })]
  await commit(dataplane, [instance(lab.device, ...queues)], softwireOf(whole), softwireOf(sharing))
  const subscribers = [await addSubscriber(lab, whole), await addSubscriber(lab, sharing)]
  for (const { host } of subscribers) {
    t.type(await pingUntilAnswered(host, '198.51.100.2', PATIENCE), 'number')
    const { stdout } = await host.exec('ping', ['-c', '10', '-i', '0.01', '-s', '2000', '198.51.100.2'])
    t.match(stdout, /10 received/, 'in fragments')
    t.notMatch(stdout, 'duplicates')
  }
  const states = dataplane.state().instances[0]?.queues ?? []
  t.match(states, [{ carries: { ipv4: true } }, { carries: { ipv4: true } }])
})
