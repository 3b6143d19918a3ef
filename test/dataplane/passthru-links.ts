// What a passthru's promiscuous, sample-rate and link do to frames of real interfaces: the same tests for each driver.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Driver } from '../../src/dataplane/dataplane.js'
import { RELAY, ROUTE_REFLECTOR, SUBSCRIBERS, SWITCH } from '../../src/lab/addresses.js'
import { exec, ip } from '../../src/lab/exec.js'
import * as f from '../../src/lab/memory/frames.js'
import { continuousPing, pingUntilAnswered } from '../../src/lab/ping.js'
import { cable, type Namespace } from '../../src/lab/sandbox.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology, type Topology } from '../../src/lab/topology.js'
import { commit, eventually, instance, onlyQueue, open, passthru, queue, softwireOf } from './helper.js'
import { PATIENCE, sandbox } from './links.js'

const SENDER = '02:00:00:00:00:77'
const NEXT_HOP = '02:00:00:00:00:78'
const RATE = 3
const COUNT = 12
const plainHex = (mac: string) => mac.replaceAll(':', '')

/** For a host that is neither the relay nor the router, in an EtherType for experiments. */
const FOREIGN = f.ethernet('02:00:00:00:00:fe', SENDER, 0x88b5, Buffer.alloc(50, 7))

/** Number `i` from the internet to a subscriber. */
function softwirePacket(i: number): Buffer {
  const udp = Buffer.from(`0400040000160000${'00'.repeat(13)}${i.toString(16).padStart(2, '0')}`, 'hex')
  const [from, to] = ['198.51.100.2', SUBSCRIBERS.whole.ipv4].map(f.addressBytes) as [Buffer, Buffer]
  return f.ethernet(RELAY.mac, SENDER, f.ETHERTYPE.ipv4, f.ipv4(from, to, 17, udp))
}

const SEND = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for frame in sys.argv[2:]: s.send(bytes.fromhex(frame))`
/** Says every frame until a fifth of a second after the one given: frames of softwires may come later than it. */
const RECEIVE = `import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 3))
print('ready', flush=True)
end = time.time() + 5
while time.time() < end:
    s.settimeout(max(0.01, end - time.time()))
    try: data, (_, _, kind, _, _) = s.recvfrom(2000)
    except TimeoutError: break
    if data.hex() == sys.argv[2]: end = time.time() + 0.2
    if kind != 4: print(data.hex(), flush=True)`

interface Router {
  readonly host: Namespace
  readonly device: string
}

/** What comes to the router, as hex, when the switch sends these and then one to the router's own MAC. */
async function arrives(
  lab: Topology,
  { host, device }: Router,
  frames: readonly Buffer[],
): Promise<string[]> {
  const last = f.ethernet(ROUTE_REFLECTOR.mac, SENDER, 0x88b5, Buffer.alloc(50, 8))
  const receiver = host.spawn('python3', ['-c', RECEIVE, device, last.toString('hex')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const ended = new Promise<void>((resolve) => receiver.once('close', () => resolve()))
  await new Promise<void>((resolve) =>
    receiver.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      resolve()
    }),
  )
  const words = [...frames, last].map((frame) => frame.toString('hex'))
  await lab.switch.exec('python3', ['-c', SEND, 'relay', ...words])
  await ended
  const lines = said.split('\n')
  if (!lines.includes(last.toString('hex'))) throw new Error("not even the router's own frame arrived")
  return lines
}

/** `skip`: the reason why they cannot run here, or false. */
export function passthruLinkTests(driver: Driver, skip: string | false): void {
  for (const kind of ['TAP', 'interface'])
    t.test(`promiscuous and sample-rate decide what else comes to the ${kind}`, { skip }, async (t) => {
      const lab = await buildTopology(await sandbox(t))
      const dataplane = await open(t, { driver })
      const device = kind === 'TAP' ? lab.sandbox.link('tap') : lab.passthruDevice
      const plain = passthru(device, ROUTE_REFLECTOR.mac)
      const { ip: external, mac } = queue().externalInterface
      const set = (changes: Partial<typeof plain>) =>
        commit(
          dataplane,
          [
            instance(
              lab.device,
              queue({
                externalInterface: { ip: external, mac, nextHopMac: NEXT_HOP },
                internalInterface: { ip: RELAY.ipv6, mac, nextHopMac: NEXT_HOP },
                passthruInterface: { ...plain, ...changes },
              }),
            ),
          ],
          softwireOf(SUBSCRIBERS.whole),
        )
      await set({})
      const router =
        kind === 'TAP'
          ? { host: await lab.sandbox.namespace('router'), device }
          : { host: lab.routeReflector, device: 'eth0' }
      if (kind === 'TAP') await ip(`link set ${device} netns ${router.host.name}`)
      await router.host.ip(`link set ${router.device} up`)

      const foreign = FOREIGN.toString('hex')
      t.notOk((await arrives(lab, router, [FOREIGN])).includes(foreign), 'not a frame for a foreign MAC')
      await set({ promiscuous: true })
      t.ok((await arrives(lab, router, [FOREIGN])).includes(foreign), 'but with promiscuous, unchanged')

      const sent = Array.from({ length: COUNT }, (_, i) => softwirePacket(i))
      const softwire = (line: string) => /^.{24}(0800|86dd)/.test(line) && line.includes('c6336402c1050164')
      t.same((await arrives(lab, router, sent)).filter(softwire), [], 'no softwire packet')
      await set({ sampleRate: RATE })
      const samples = (await arrives(lab, router, sent)).filter(softwire)
      const expected = sent.filter((_, i) => i % RATE === RATE - 1)
      const received = samples.filter((line) => line.slice(24, 28) === '0800')
      t.same(
        received,
        expected.map((frame) => frame.toString('hex')),
        `1 in ${RATE} of those received`,
      )
      const out = samples.filter((line) => line.slice(24, 28) === '86dd')
      t.same(
        out.map((line) => line.slice(0, 24)),
        expected.map(() => plainHex(NEXT_HOP) + plainHex(RELAY.mac)),
      )
      t.same(
        out.map((line) => line.slice(-42)),
        expected.map((frame) => frame.toString('hex').slice(-42)),
        `1 in ${RATE} of those sent, as on the link`,
      )
    })

  t.test(
    'the interface lets in the MACs of the relay and of passthru, all only when promiscuous',
    { skip },
    async (t) => {
      const lab = await buildTopology(await sandbox(t))
      // veth has no unicast filters, and would be promiscuous for want of them; macvlan has.
      const device = lab.sandbox.link('sta')
      await ip(`link add link ${lab.device} name ${device} type macvlan mode passthru`)
      await ip(`link set ${device} up`)
      const letIn = async () => {
        const flags = /promiscuity (\d+) +allmulti (\d+)/.exec((await ip(`-d link show ${device}`)).stdout)
        const { stdout } = await exec('bridge', ['fdb', 'show', 'dev', device])
        const macs = [...stdout.matchAll(/^(.[02468ace]:\S+) self/gm)].map(([, mac]) => mac).sort()
        return { macs, promiscuous: flags?.[1] !== '0', multicast: flags?.[2] !== '0' }
      }
      const router = { host: lab.routeReflector, device: 'eth0' }
      const [first, second, external] = [ROUTE_REFLECTOR.mac, '02:00:00:00:00:fd', '02:00:00:00:00:fc']
      const dataplane = await open(t, { driver })
      const plain = passthru(lab.passthruDevice, first)
      const externalInterface = { ...queue().externalInterface, mac: external }
      const set = (changes: object) =>
        commit(dataplane, [instance(device, queue({ externalInterface, ...changes }))])

      await set({})
      const relay = [RELAY.mac, external]
      const expected = (macs: string[], promiscuous = false) => ({
        macs: macs.sort(),
        promiscuous,
        multicast: true,
      })
      t.same(await letIn(), expected([...relay]), 'without passthru')
      await set({ passthruInterface: plain })
      t.same(await letIn(), expected([...relay, first]), 'with it')
      t.same((await arrives(lab, router, [FOREIGN])).includes(FOREIGN.toString('hex')), false)
      await set({ passthruInterface: { ...plain, promiscuous: true } })
      t.same(await letIn(), expected([...relay, first], true), 'promiscuous')
      t.ok((await arrives(lab, router, [FOREIGN])).includes(FOREIGN.toString('hex')))
      await set({ passthruInterface: { ...plain, mac: second } })
      t.same(await letIn(), expected([...relay, second]), 'no longer, and for another router')
      await set({ passthruInterface: plain })
      t.type(await pingUntilAnswered(lab.routeReflector, SWITCH.ipv4, PATIENCE), 'number', 'it works')
      t.type(await pingUntilAnswered(lab.switch, RELAY.ipv4, PATIENCE), 'number', 'for the relay, too')
      t.type(await pingUntilAnswered(lab.switch, RELAY.ipv6, PATIENCE), 'number', 'by both protocols')
      await dataplane.close()
      t.same(await letIn(), { macs: [], promiscuous: false, multicast: false }, 'nothing is left behind')
    },
  )

  t.test('a TAP is seen down, up under another name, moved away, deleted', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const dataplane = await open(t, { driver })
    const [tap, renamed] = [lab.sandbox.link('tap'), lab.sandbox.link('tap2')]
    const passthruInterface = passthru(tap, ROUTE_REFLECTOR.mac)
    await commit(dataplane, [instance(lab.device, queue({ passthruInterface }))])
    const becomes = (up: boolean) => eventually(() => onlyQueue(dataplane).passthruLinkUp === up)
    t.ok(await becomes(true))
    await ip(`link set ${tap} down`)
    t.ok(await becomes(false), 'down')
    await ip(`link set ${tap} name ${renamed}`)
    await ip(`link set ${renamed} up`)
    t.ok(await becomes(true), 'up under another name')
    await ip(`link set ${renamed} down`)
    t.ok(await becomes(false), 'down under it')
    await ip(`link set ${renamed} netns ${lab.switch.name}`)
    t.ok(await becomes(true), 'in another namespace it is taken to be up')
    await lab.switch.ip(`link del ${renamed}`)
    t.ok(await becomes(false), 'deleted there')
  })

  t.test('a passthru changes links while softwires forward', { skip }, async (t) => {
    const lab = await buildTopology(await sandbox(t))
    const outside = lab.sandbox.link('out')
    await cable({ namespace: null, device: outside }, { namespace: lab.switch, device: 'outside' }, 9000)
    await lab.switch.ip('link set outside master br0')
    const dataplane = await open(t, { driver })
    const externalInterface = { ...queue().externalInterface, mac: '02:22:22:22:22:01' }
    const set = async (onExternalLink: boolean) => {
      const passthruInterface = { ...passthru(lab.passthruDevice, ROUTE_REFLECTOR.mac), onExternalLink }
      const queues = [queue({ externalInterface, passthruInterface, onAStick: false })]
      await commit(dataplane, [{ device: lab.device, externalDevice: outside, queues }])
    }
    await (await dataplane.prepare({ softwires: { replace: softwireOf(SUBSCRIBERS.whole) } })).apply()
    await set(false)
    const { host } = await addSubscriber(lab, SUBSCRIBERS.whole)
    t.type(await pingUntilAnswered(host, '198.51.100.2', PATIENCE), 'number')
    const running = continuousPing(host, '198.51.100.2', { interval: 0.005 })
    for (const onExternalLink of [false, true, false]) {
      await set(onExternalLink)
      const name = onExternalLink ? 'outside' : 'relay'
      t.type(await pingUntilAnswered(lab.routeReflector, SWITCH.ipv4, PATIENCE), 'number')
      const { stdout } = await lab.switch.exec('bridge', ['fdb', 'show', 'br', 'br0'])
      t.match(stdout, `${ROUTE_REFLECTOR.mac} dev ${name}`, `the router is behind ${name}`)
      await sleep(50)
    }
    const { received, missed } = await running.stop()
    t.equal(missed, 0, `none of ${received} pings was lost meanwhile`)
  })
}
