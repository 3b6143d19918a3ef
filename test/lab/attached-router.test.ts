// Next hops by the routes of the router behind the passthru: a Linux kernel, whose routes change.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { INTERNET, RELAY, ROUTE_REFLECTOR, SUBSCRIBERS, SWITCH } from '../../src/lab/addresses.js'
import { continuousPing, ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { exampleConfiguration, type Relay, startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace } from '../../src/lab/sandbox.js'
import { addSubscriber } from '../../src/lab/subscriber.js'
import { buildTopology } from '../../src/lab/topology.js'
import { capture, noTcpdump } from './capture.js'
import { openSandbox, skip } from './helper.js'

const PATIENCE = 10_000
const GATEWAY = { mac: '02:00:00:00:9a:02', ipv4: '172.20.0.3', ipv6: '2001:db8::3' }
/** What the relay's configuration has as its next hops: nobody. */
const NOBODY = { ipv4: '172.20.0.250', ipv6: '2001:db8::250' }
const QUEUE = 'snabb-softwire-v3:softwire-config/instance=DEVICE/queue=0'

/** The routes of the attached router: to the internet and to the B4s. */
async function route(router: Namespace, via: { ipv4: string; ipv6: string }): Promise<void> {
  await router.ip(`route replace 198.51.100.0/24 via ${via.ipv4}`)
  await router.ip(`-6 route replace 2001:db8:b4::/48 via ${via.ipv6}`)
}

async function queueState(relay: Relay, device: string) {
  const answer = await fetch(
    `${relay.url}/restconf/data/${QUEUE.replace('DEVICE', device)}?content=nonconfig`,
  )
  const body = (await answer.json()) as {
    'snabb-softwire-v3:queue': Record<string, Record<string, unknown>>[]
  }
  const queue = body['snabb-softwire-v3:queue'][0] ?? {}
  const mac = (side: string) =>
    (queue[`${side}-interface`]?.['next-hop'] as Record<string, string> | undefined)?.['resolved-mac'] ?? null
  return {
    external: mac('external'),
    internal: mac('internal'),
    passthru: queue['lwaftr:passthru-state'] ?? {},
  }
}

/** Waits until both next hops are these; says whether they became so. */
async function become(relay: Relay, device: string, mac: string | null): Promise<boolean> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(50)) {
    const { external, internal } = await queueState(relay, device)
    if (external === mac && internal === mac) return true
  }
  return false
}

t.test('the relay sends by the routes of the router behind its passthru', { skip }, async (t) => {
  const lab = await buildTopology(await openSandbox(t))
  const gateway = await lab.sandbox.namespace('gateway')
  await cable(
    { namespace: gateway, device: 'eth0', mac: GATEWAY.mac },
    { namespace: lab.switch, device: 'gateway' },
    1600,
  )
  await lab.switch.ip('link set gateway master br0')
  await gateway.sysctl(
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv4.conf.all.rp_filter=0',
  )
  await gateway.ip(`addr add ${GATEWAY.ipv4}/24 dev eth0`)
  await gateway.ip(`addr add ${GATEWAY.ipv6}/64 dev eth0 nodad`)
  await route(gateway, SWITCH)
  const router = lab.routeReflector
  await router.sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  await route(router, SWITCH)

  const devices = new Map([
    ['eth1', lab.device],
    ['int0', lab.passthruDevice],
  ])
  const text = exampleConfiguration('lab.conf', devices)
    .replace(`ip ${SWITCH.ipv4};`, `ip ${NOBODY.ipv4};`)
    .replace(`ip ${SWITCH.ipv6};`, `ip ${NOBODY.ipv6};`)
    .replace('mtu 9000;', 'mtu 9000; lwaftr:next-hop-resolution { refresh-interval 1; }')
  const relay = await startRelay(lab.sandbox, text)
  const { host } = await addSubscriber(lab, SUBSCRIBERS.whole)
  const switchMac = /link\/ether (\S+)/.exec((await lab.switch.ip('link show br0')).stdout)?.[1] ?? ''
  // The switch knows no more of heads than of any other frame that is not sent.
  const witness = noTcpdump
    ? null
    : await capture(lab.switch, 'relay', `ether src ${ROUTE_REFLECTOR.mac} and ip and not icmp`)

  t.type(await pingUntilAnswered(host, INTERNET.ipv4, PATIENCE), 'number', 'without ARP or ND for a next hop')
  t.ok(await become(relay, lab.device, switchMac), 'by way of the switch')

  const running = continuousPing(host, INTERNET.ipv4, { interval: 0.02 })
  await route(router, GATEWAY)
  t.ok(await become(relay, lab.device, GATEWAY.mac), 'the routes change, and the relay follows')
  await sleep(200)
  const { received, missed } = await running.stop()
  t.equal(missed, 0, `none of ${received} pings was lost`)
  const { stdout } = await host.exec('ping', ['-c', '100', '-i', '0.03', INTERNET.ipv4])
  t.match(stdout, /100 received/)
  t.notMatch(stdout, /DUP|Redirect/, 'none came twice, and nobody speaks of redirects')

  const { passthru } = await queueState(relay, lab.device)
  t.ok(Number(passthru['in-passthru-next-hop-packets']) >= 4, 'heads came back')
  if (witness !== null) t.equal(await witness.until(), '', 'and were never sent')

  await router.sysctl('net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0')
  // Forgotten after three intervals, ARP and ND ask for nobody: packets keep the state from falling asleep.
  const unanswered = continuousPing(host, INTERNET.ipv4, { interval: 0.1 })
  t.ok(await become(relay, lab.device, null), 'a router that falls silent is not believed for ever')
  await unanswered.stop()
  await router.sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  t.type(await pingUntilAnswered(host, INTERNET.ipv4, PATIENCE), 'number', 'and is when it speaks again')
  t.match(await ping(lab.switch, RELAY.ipv4), { received: 3 })
})
