// Real interfaces of the kernel, veth and TAP, and what happens to them: the same tests for each driver.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DataPlane, Driver } from '../../src/dataplane/dataplane.js'
import { RELAY, ROUTE_REFLECTOR, SUBSCRIBERS, SWITCH } from '../../src/lab/addresses.js'
import { ip } from '../../src/lab/exec.js'
import { continuousPing, ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { cable, type Namespace, Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology } from '../../src/lab/topology.js'
import { commit, eventually, instance, onlyQueue, open, passthru, queue, softwireOf } from './helper.js'

const { whole, sharing } = SUBSCRIBERS
/** Milliseconds until the first answer: next hops are resolved on the way. */
export const PATIENCE = 10_000

export async function sandbox(t: Test): Promise<Sandbox> {
  const opened = await Sandbox.open()
  t.teardown(() => opened.close())
  return opened
}

const RECEIVER = `
  require('net').createServer((s) => { let n = 0; s.on('data', (b) => { n += b.length }); s.on('end', () => s.end(String(n)))})
    .listen({ port: 5001, allowHalfOpen: true }, () => console.log('ready'))`.replace(
  'createServer(',
  'createServer({ allowHalfOpen: true }, ',
)
const SENDER = `
  const s = require('net').connect(5001, process.argv[1]); s.end(Buffer.alloc(Number(process.argv[2]), 7)); s.pipe(process.stdout)`

/** An IS-IS hello in 802.3 framing with its LLC header, and an LLDP frame: group addresses, as hex. */
const LLC = [
  `0180c2000014020000000077002f${'fefe03'}${'83'.repeat(44)}`,
  `0180c200000e02000000007788cc${'02070400'}${'5a'.repeat(42)}`,
]
const SEND = `import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for frame in sys.argv[2:]: s.send(bytes.fromhex(frame))`
const RECEIVE = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 3))
s.settimeout(5)
print('ready', flush=True)
left = int(sys.argv[2])
while left:
    data, (_, _, kind, _, _) = s.recvfrom(2000)
    if kind != 4 and data[:3] == bytes.fromhex('0180c2') and data[6:12] == bytes.fromhex('020000000077'):
        print(data.hex(), flush=True)
        left -= 1`

interface LinkEnd {
  readonly host: Namespace
  readonly device: string
}

/** What of those frames arrives at an end when they are sent at another. */
async function carried(from: LinkEnd, to: LinkEnd): Promise<string[]> {
  const receiver = to.host.spawn('python3', ['-c', RECEIVE, to.device, String(LLC.length)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  const ended = once(receiver, 'close')
  await new Promise<void>((resolve) =>
    receiver.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      resolve()
    }),
  )
  await from.host.exec('python3', ['-c', SEND, from.device, ...LLC])
  await ended
  return said.split('\n').filter((line) => line !== '' && line !== 'ready')
}

/** `skip`: the reason why they cannot run here, or false. */
export function linkTests(driver: Driver, skip: string | false): void {
  t.test('packets cross the softwire both ways, whole addresses and port sets', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    await commit(dataplane, [instance(lab.device)], softwireOf(whole), softwireOf(sharing))
    const first = await addSubscriber(lab, whole)
    const second = await addSubscriber(lab, sharing)
    const out = await pingUntilAnswered(first.host, '198.51.100.2', PATIENCE)
    t.type(out, 'number', 'from the subscriber to the internet')
    t.match(await ping(lab.internet, whole.ipv4), { received: 3 }, 'and back')
    t.match(await ping(second.host, '198.51.100.2'), { received: 3 }, 'from a port set')
    t.match(await ping(first.host, '198.51.100.2', { size: 1400 }), { received: 3 }, 'with much in them')
    t.ok((onlyQueue(dataplane).counters.get('in-ipv6-packets') ?? 0n) > 6n)
    t.match(onlyQueue(dataplane).carries, { ipv4: true, ipv6: true })
  })

  t.test(
    'a TAP is created with the MAC and MTU of the configuration, and goes with a clean stop',
    { skip },
    async (t) => {
      const lab = await buildTopology(await sandbox(t))
      const dataplane = await open(t, { driver })
      const tap = lab.sandbox.link('tap')
      const settings = { ...passthru(tap, ROUTE_REFLECTOR.mac), mtu: 1600 }
      await commit(dataplane, [instance(lab.device, queue({ passthruInterface: settings }))])
      t.match((await ip(`link show ${tap}`)).stdout, new RegExp(`mtu 1600.*${ROUTE_REFLECTOR.mac}`, 's'))
      await lab.sandbox.namespace('router').then(async (router) => {
        await ip(`link set ${tap} netns ${router.name}`)
        await router.ip(`addr add 172.20.0.7/24 dev ${tap}`)
        await router.ip(`link set ${tap} up`)
        t.type(
          await pingUntilAnswered(router, SWITCH.ipv4, PATIENCE),
          'number',
          'the switch answers through it',
        )
        t.match(await ping(router, RELAY.ipv4), { received: 3 }, 'and so does the relay itself')
        await dataplane.close()
        t.notMatch((await router.ip('link')).stdout, tap, 'gone, wherever it was moved to')
      })
    },
  )

  t.test('an existing interface is passthru too', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    const settings = passthru(lab.passthruDevice, ROUTE_REFLECTOR.mac)
    await commit(dataplane, [instance(lab.device, queue({ passthruInterface: settings }))])
    t.type(await pingUntilAnswered(lab.routeReflector, SWITCH.ipv4, PATIENCE), 'number')
    t.match(await ping(lab.switch, ROUTE_REFLECTOR.ipv4), { received: 3 })
  })

  t.test(
    'passthru is tagged on the link: two relays on one cable, a router behind each',
    { skip },
    async (t) => {
      const lab = await sandbox(t)
      const links = [lab.link('a'), lab.link('b')] as const
      await cable({ namespace: null, device: links[0] }, { namespace: null, device: links[1] }, 1500)
      const routers = [await lab.namespace('router0'), await lab.namespace('router1')] as const
      const macs = ['02:00:00:00:64:00', '02:00:00:00:64:01'] as const
      const tagged = async (i: 0 | 1, tag: number, dataplane: DataPlane) => {
        const settings = passthru(lab.link(`tap${i}`), macs[i], tag)
        await commit(dataplane, [instance(links[i], queue({ passthruInterface: settings }))])
      }
      const dataplanes = [await open(t, { driver }), await open(t, { driver })] as const
      for (const i of [0, 1] as const) {
        await tagged(i, 64, dataplanes[i])
        await ip(`link set ${lab.link(`tap${i}`)} netns ${routers[i].name}`)
        await routers[i].ip(`addr add 172.20.64.${i + 1}/24 dev ${lab.link(`tap${i}`)}`)
        await routers[i].ip(`link set ${lab.link(`tap${i}`)} up`)
      }
      t.type(await pingUntilAnswered(routers[0], '172.20.64.2', PATIENCE), 'number')
      await tagged(1, 65, dataplanes[1])
      t.match(await ping(routers[0], '172.20.64.2'), { received: 0 }, 'another VLAN is another network')
      t.ok((onlyQueue(dataplanes[1]).counters.get('drop-wrong-vlan-packets') ?? 0n) >= 3n)
    },
  )

  t.test(
    'LLC frames (IS-IS, LLDP) cross untouched, to a TAP and to an interface, both ways',
    { skip },
    async (t) => {
      const lab = await buildTopology(await sandbox(t))
      const dataplane = await open(t, { driver })
      const router = await lab.sandbox.namespace('router')
      const tap = lab.sandbox.link('tap')
      for (const device of [tap, lab.passthruDevice]) {
        const settings = passthru(device, ROUTE_REFLECTOR.mac)
        await commit(dataplane, [instance(lab.device, queue({ passthruInterface: settings }))])
        if (device === tap) await ip(`link set ${tap} netns ${router.name}`)
        const end = device === tap ? { host: router, device } : { host: lab.routeReflector, device: 'eth0' }
        await end.host.ip(`link set ${end.device} up`)
        const link = { host: lab.switch, device: 'relay' }
        t.same(await carried(link, end), LLC, `from the link to ${device === tap ? 'a TAP' : 'an interface'}`)
        t.same(await carried(end, link), LLC, 'and back')
      }
    },
  )

  t.test('TCP crosses although its sender leaves checksums and segments to the card', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    const settings = passthru(lab.passthruDevice, ROUTE_REFLECTOR.mac)
    await commit(dataplane, [instance(lab.device, queue({ passthruInterface: { ...settings, mtu: 9000 } }))])
    await pingUntilAnswered(lab.routeReflector, SWITCH.ipv4, PATIENCE)
    const bytes = 20_000_000
    const server = lab.switch.spawn(process.execPath, ['-e', RECEIVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => server.stdout?.once('data', resolve))
    const start = performance.now()
    const sent = await lab.routeReflector.exec(process.execPath, ['-e', SENDER, SWITCH.ipv4, String(bytes)])
    t.equal(Number(sent.stdout), bytes, 'every byte arrived')
    t.comment(`${((bytes * 8) / (performance.now() - start) / 1e6).toFixed(2)} Gbit/s`)
    server.kill()
  })

  t.test('a link that is deleted is picked up when it is back', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    await commit(dataplane, [instance(lab.device)])
    t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
    const pid = dataplane.state().instances[0]?.worker.pid
    await ip(`link set ${lab.device} down`)
    t.ok(await eventually(() => !onlyQueue(dataplane).internalLinkUp), 'down is seen')
    t.match(onlyQueue(dataplane).carries, { ipv4: false, ipv6: false }, 'and promises nothing')
    await ip(`link set ${lab.device} up`)
    t.ok(await eventually(() => onlyQueue(dataplane).internalLinkUp), 'up is seen')
    t.match(await ping(lab.switch, RELAY.ipv4), { received: 3 })
    await ip(`link del ${lab.device}`)
    t.ok(await eventually(() => !onlyQueue(dataplane).internalLinkUp), 'gone is seen')
    await cable({ namespace: null, device: lab.device }, { namespace: lab.switch, device: 'relay' }, 9000)
    await lab.switch.ip('link set relay master br0')
    t.ok(await eventually(() => onlyQueue(dataplane).internalLinkUp), 'back is seen')
    t.match(await ping(lab.switch, RELAY.ipv4), { received: 3 })
    t.equal(dataplane.state().instances[0]?.worker.pid, pid, 'the worker never died')
  })

  t.test('a link that is renamed is picked up when it has its name again', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    await commit(dataplane, [instance(lab.device)])
    t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
    const other = lab.sandbox.link('other')
    const rename = async (from: string, to: string) => {
      await ip(`link set ${from} down`)
      await ip(`link set ${from} name ${to}`)
      await ip(`link set ${to} up`)
    }
    await rename(lab.device, other)
    t.ok(await eventually(() => !onlyQueue(dataplane).internalLinkUp), 'gone is seen')
    await rename(other, lab.device)
    t.ok(await eventually(() => onlyQueue(dataplane).internalLinkUp), 'back is seen')
    t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
  })

  t.test(
    'a passthru device that is deleted costs the softwires nothing and is picked up again',
    { skip },
    async (t) => {
      const lab = await buildTopology(await sandbox(t))
      const tap = lab.sandbox.link('tap')
      const dataplane = await open(t, { driver })
      const settings = passthru(tap, ROUTE_REFLECTOR.mac)
      await commit(dataplane, [instance(lab.device, queue({ passthruInterface: settings }))])
      await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE)
      const running = continuousPing(lab.switch, RELAY.ipv4, { interval: 0.01 })
      await ip(`link del ${tap}`)
      t.ok(await eventually(() => onlyQueue(dataplane).passthruLinkUp === false), 'gone is seen')
      await sleep(300)
      await ip(`tuntap add dev ${tap} mode tap`)
      await ip(`link set ${tap} up`)
      t.ok(await eventually(() => onlyQueue(dataplane).passthruLinkUp === true), 'back is seen')
      const { received, missed } = await running.stop()
      t.equal(missed, 0, `none of ${received} pings was lost meanwhile`)
    },
  )

  for (const queues of [1, 2]) {
    if (driver === 'af-xdp' && queues > 1) continue // a link of the lab has one hardware queue
    t.test(
      `a change of any leaf of a passthru costs the softwires nothing (queues: ${queues})`,
      { skip },
      async (t) => {
        const lab = await buildTopology(await sandbox(t))
        const dataplane = await open(t, { driver })
        const plain = passthru(lab.sandbox.link('tap'), ROUTE_REFLECTOR.mac)
        const changes = [
          plain,
          { ...plain, mac: '02:00:00:00:00:99' },
          { ...plain, mtu: 9000 },
          { ...plain, vlanTag: 64 },
          { ...plain, vlanTag: 65 },
          { ...plain, promiscuous: true },
          { ...plain, sampleRate: 2 },
          { ...plain, nextHopRefresh: 1 },
          { ...plain, device: lab.passthruDevice },
          undefined,
          plain,
        ]
        const set = (passthruInterface: (typeof changes)[number]) =>
          commit(dataplane, [
            instance(
              lab.device,
              queue(passthruInterface && { passthruInterface }),
              ...(queues > 1 ? [queue({ id: 1 })] : []),
            ),
          ])
        await (await dataplane.prepare({ softwires: { replace: softwireOf(whole) } })).apply()
        await set(undefined)
        const { host } = await addSubscriber(lab, whole)
        t.type(await pingUntilAnswered(host, '198.51.100.2', PATIENCE), 'number')
        const running = continuousPing(host, '198.51.100.2', { interval: 0.002 })
        for (const change of changes) {
          await set(change)
          await sleep(50)
        }
        const { received, missed } = await running.stop()
        t.equal(missed, 0, `none of ${received} pings was lost meanwhile`)
        t.ok(received > 100)
      },
    )
  }

  t.test(
    'what was in force begins again without a link that is gone, and takes it when it is back',
    {
      skip,
    },
    async (t) => {
      const lab = await buildTopology(await sandbox(t))
      const dataplane = await open(t, { driver })
      const gone = lab.sandbox.link('gone')
      const instances = [instance(lab.device), instance(gone)]
      await t.rejects(dataplane.prepare({ instances }), { code: 'device' }, 'anew it is refused')
      await (await dataplane.prepare({ instances, restored: true })).apply()
      t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number')
      const second = () => dataplane.state().instances[1]
      t.match(second(), { worker: { status: 'running' }, queues: [{ internalLinkUp: false }] })
      await cable({ namespace: null, device: gone }, { namespace: lab.switch, device: 'spare' }, 9000)
      t.ok(await eventually(() => second()?.queues[0]?.internalLinkUp === true), 'back is seen')
      // Nothing has changed: nobody is asked for anything.
      await commit(dataplane, instances)
    },
  )

  t.test('an interface that is not there is refused by name, and nothing stays', { skip }, async (t) => {
    const dataplane = await open(t, { driver })
    await t.rejects(dataplane.prepare({ instances: [instance('nowhere0')] }), {
      code: 'device',
      message: /nowhere0.*no such network interface/,
    })
    t.same(dataplane.state().instances, [])
  })
}
