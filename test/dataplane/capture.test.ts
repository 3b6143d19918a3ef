// Captures as the leader has them, on in-memory devices.
import { join } from 'node:path'
import t from 'tap'
import { type CapturedFrame, capturedFrames } from '../../src/dataplane/capture-records.js'
import { RELAY, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import { ETHERTYPE, ethernet } from '../../src/lab/memory/frames.js'
import { SWITCH_STATION } from '../../src/lab/memory/network.js'
import { commit, eventually, freshOptions, instance, onlyQueue, open, queue, softwireOf } from './helper.js'

const nextHops = {
  externalInterface: { ip: RELAY.ipv4, mac: RELAY.mac, nextHopMac: SWITCH_STATION.mac },
  internalInterface: { ip: RELAY.ipv6, mac: RELAY.mac, nextHopMac: SWITCH_STATION.mac },
}
const request = { who: 'noc', filter: '', where: [], snapLength: 65535 }
/** Not long enough to be IPv4: dropped as malformed. */
const runt = ethernet(RELAY.mac, SWITCH_STATION.mac, ETHERTYPE.ipv4, Buffer.alloc(10))

t.test('a capture goes on over the death of its worker, and ends for good', async (t) => {
  const said: string[] = []
  const options = freshOptions(t, { said })
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', queue(nextHops))], softwireOf(SUBSCRIBERS.whole))
  const capture = await dataplane.capture(request)
  const [captured] = capture.queues
  t.ok(said.includes('info: noc captures packets: all of them'))
  t.match(captured, {
    device: 'eth1',
    id: 0,
    ports: { internal: 'eth1', external: 'eth1', passthru: undefined },
  })
  let frames: CapturedFrame[] = []
  const seen = async () => {
    const link = await FrameLink.open(join(options.stateDir, 'link-eth1.sock'))
    const arrived = await eventually(() => {
      link.send(runt)
      frames = [...capturedFrames(captured?.read(1 << 20) ?? Buffer.alloc(0))]
      return frames.length > 0
    })
    link.close()
    return arrived
  }
  t.ok(await seen())
  t.match(frames[0], {
    port: 'internal',
    direction: 'received',
    fate: 'dropped',
    reason: { name: 'drop-malformed-ipv4-packets' },
    softwire: null,
  })
  t.same(frames[0]?.bytes, runt)

  await t.rejects(dataplane.capture({ ...request, who: 'other' }), {
    code: 'capture-running',
    message: /of noc;/,
  })

  const worker = () => dataplane.state().instances[0]?.worker
  process.kill(worker()?.pid ?? 0, 'SIGKILL')
  t.ok(await eventually(() => worker()?.restarts === 1 && onlyQueue(dataplane).internalLinkUp))
  captured?.read(1 << 30)
  t.ok(await seen(), 'by the worker that came after it')

  await capture.close()
  const next = await dataplane.capture(request)
  await next.close()
  t.pass('and the next one may begin')
})

t.test(
  'a worker that dies just then holds up neither a capture nor a purge: the next one is told',
  async (t) => {
    const dataplane = await open(t)
    await commit(dataplane, [instance('eth1', queue(nextHops))], softwireOf(SUBSCRIBERS.whole))
    const worker = () => dataplane.state().instances[0]?.worker
    for (const ask of [() => dataplane.capture(request), () => dataplane.purgeNeighbors('eth1', null)]) {
      const before = worker()?.restarts ?? 0
      process.kill(worker()?.pid ?? 0, 'SIGKILL')
      await ask()
      t.ok(await eventually(() => (worker()?.restarts ?? 0) > before && worker()?.status === 'running'))
    }
  },
)

t.test('what cannot be captured is refused by name, and holds up nobody', async (t) => {
  const dataplane = await open(t)
  for (const [options, problem] of [
    [{ filter: 'udp prot 53' }, { code: 'bad-filter', path: '/lwaftr:capture/input/filter' }],
    [
      { reason: 'drop-ttl-zero-ipv4-packet' },
      {
        path: '/lwaftr:capture/input/reason',
        message: /is no counter of dropped packets; did you mean drop-ttl-zero-ipv4-packets\?/,
      },
    ],
    [{ reason: 'drop-all-ipv4-iface-packets' }, { code: 'bad-value' }],
    [{ reason: 'drop-ttl-zero-ipv4-bytes' }, { code: 'bad-value' }],
    [{ reason: 'in-ipv4-packets' }, { code: 'bad-value' }],
  ] as const)
    await t.rejects(dataplane.capture({ ...request, ...options }), problem)
  await (await dataplane.capture(request)).close()
})
