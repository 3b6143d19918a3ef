// What Linux tools show of the relay: traceroute finds it, tcpdump reads what it writes, sockets hear
// what became of their datagrams.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { b4Of, firstPortOf, INTERNET, MTU, RELAY, SUBSCRIBERS, SWITCH } from '../../src/lab/addresses.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { capture, noTcpdump } from './capture.js'
import { openLab, skip, transfer } from './helper.js'
import { answeredIntact, askByUdp, echoUdp, pingSays, saidBy, setMtu } from './peers.js'

const PATIENCE = 10_000
const ECHO_PORT = 9007
const CLOSED_PORT = 7
const noTraceroute = spawnSync('traceroute', ['--version']).status !== 0

t.test('the relay as Linux tools see it', { skip }, async (t) => {
  const lab = await openLab(t)
  const { internet, switch: router } = lab.topology
  const [whole, sharing] = [lab.subscriber('whole'), lab.subscriber('sharing')]
  t.ok(await pingUntilAnswered(whole.host, INTERNET.ipv4, PATIENCE))

  /** Where a packet's life ends, hop by hop. A tunnel is one hop, spent where a packet goes into it. */
  const routes = [
    ['the internet to a subscriber', internet, SUBSCRIBERS.whole.ipv4, [INTERNET.gateway, RELAY.ipv4]],
    ['a subscriber to another', sharing.host, SUBSCRIBERS.whole.ipv4, [RELAY.ipv4]],
    ['a whole address to the internet', whole.host, INTERNET.ipv4, [SWITCH.ipv4]],
    ['a shared address to the internet', sharing.host, INTERNET.ipv4, [SWITCH.ipv4]],
  ] as const
  for (const [title, host, target, hops] of routes) {
    await t.test(`traceroute from ${title} (UDP)`, { skip: noTraceroute && 'no traceroute' }, async (t) => {
      const said = await saidBy(host, 'traceroute', `-n -q 1 -w 1 -m 5 ${target}`)
      t.same(
        [...said.matchAll(/^ *\d+ {2}(\S+)/gm)].map(([, hop]) => hop),
        [...hops, target],
      )
    })
  }
  for (const [title, host, target, hops] of routes.slice(0, 3)) {
    await t.test(`pings with too short a life from ${title}`, async (t) => {
      for (const [index, hop] of hops.entries())
        t.match(
          await pingSays(host, target, `-t ${index + 1}`),
          `From ${hop} icmp_seq=1 Time to live exceeded`,
        )
      await answeredIntact(t, host, target, `-t ${hops.length + 1}`)
    })
  }

  const refusals = [
    ['a whole address', whole.host, whole.ipv4, INTERNET.ipv4],
    ['a shared address', sharing.host, sharing.ipv4, INTERNET.ipv4],
    ['a subscriber, of another one,', sharing.host, sharing.ipv4, SUBSCRIBERS.whole.ipv4],
    ['the internet', internet, INTERNET.ipv4, SUBSCRIBERS.whole.ipv4],
  ] as const
  for (const [title, host, address, target] of refusals) {
    await t.test(`${title} hears that nobody listens at a port`, async (t) => {
      const to = { address: target, port: CLOSED_PORT }
      t.same(await askByUdp(host, { address, port: 40_002 }, to, [100]), ['ECONNREFUSED'])
    })
  }
  await t.test('the internet hears that no subscriber has a port', async (t) => {
    const port = firstPortOf(SUBSCRIBERS.sharing) - 1
    const said = await saidBy(internet, 'curl', `-sv -m 3 http://${SUBSCRIBERS.sharing.ipv4}:${port}`)
    t.match(said, 'No route to host')
  })
  await t.test('the internet hears that a B4 cannot be reached', async (t) => {
    const route = `unreachable ${b4Of(SUBSCRIBERS.whole).ipv6}`
    await router.ip(`-6 route add ${route}`)
    const said = await saidBy(internet, 'curl', `-sv -m 3 http://${SUBSCRIBERS.whole.ipv4}:8000`)
    t.match(said, 'No route to host')
    await router.ip(`-6 route del ${route}`)
  })

  await t.test(
    'DSCP, ECN and lives as tcpdump reads them',
    { skip: noTcpdump && 'no tcpdump' },
    async (t) => {
      const link = await capture(router, 'relay', 'icmp or ip6 proto 4')
      // Expedited forwarding and ECT(1); the kernel answers with the same.
      await pingSays(internet, SUBSCRIBERS.whole.ipv4, '-c 1 -Q 0xb9')
      const said = await link.until(/(echo reply.*\n.*){2}/)
      const headers = [...said.matchAll(/IP6? \((?:tos|class) (\w+).*? (?:ttl|hlim) (\d+)/g)]
      t.same(
        headers.map(([, trafficClass, life]) => `${trafficClass} ${life}`),
        [
          '0xb9 63', // from the internet through its router
          ...['0xb9 255', '0xb9 62'], // in the tunnel to the B4: all but the life copied, and one spent
          ...['0xb9 63', '0xb9 64'], // in the tunnel from the B4, through a router
          '0xb9 64', // out of it as it was
        ],
      )
    },
  )

  await t.test(
    'tcpdump finds no wrong checksum in what the relay sends',
    { skip: noTcpdump && 'no tcpdump' },
    async (t) => {
      const link = await capture(router, 'relay', `ether src ${RELAY.mac}`)
      await echoUdp(t, internet, INTERNET.ipv4, ECHO_PORT)
      const from = { address: sharing.ipv4, port: 40_005 }
      await askByUdp(sharing.host, from, { address: INTERNET.ipv4, port: ECHO_PORT }, [100, 1400, 4000])
      await askByUdp(sharing.host, from, { address: INTERNET.ipv4, port: CLOSED_PORT }, [100])
      await transfer({
        from: { host: internet, address: INTERNET.ipv4, port: 8001 },
        to: { host: whole.host, address: SUBSCRIBERS.whole.ipv4, port: 8000 },
        bytes: 100_000,
      })
      await pingSays(internet, SUBSCRIBERS.whole.ipv4, '-s 4000')
      await pingSays(internet, SUBSCRIBERS.whole.ipv4, '-t 2')
      await pingSays(router, RELAY.ipv4, '-s 100')
      await pingSays(router, RELAY.ipv6, '-s 100')
      await setMtu(lab.relay, 'internal', 1400)
      await pingSays(internet, SUBSCRIBERS.whole.ipv4, '-M do -s 1400')
      await setMtu(lab.relay, 'internal', MTU.tunnel)
      // An address that no softwire has.
      await whole.host.ip('addr add 192.0.2.7/32 dev softwire')
      await saidBy(whole.host, 'ping', `-c 1 -W 1 -I 192.0.2.7 ${INTERNET.ipv4}`)
      const said = await link.until(...KINDS)
      for (const kind of KINDS) t.ok(kind.test(said), String(kind))
      t.same(said.match(/^.*(\bbad |wrong|incorrect).*$/gm), null)
      t.comment(`${said.split('\n').length - 1} packets`)
    },
  )
})

/** What the sample of checksums holds, in tcpdump's words. */
const KINDS = [
  /\[udp sum ok\] UDP, length 1400/,
  /cksum 0x[0-9a-f]+ \(correct\), seq/,
  /ICMP echo request/,
  /ICMP time exceeded in-transit/,
  /need to frag \(mtu 1360\)/,
  /udp port 7 unreachable/,
  /\[icmp6 sum ok\] ICMP6, echo reply/,
  /\[icmp6 sum ok\] ICMP6, destination unreachable/,
  /frag \(0x[0-9a-f]+:\d+\|\d+\)/,
  /flags \[\+\]/,
]
