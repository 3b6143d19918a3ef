// Path-MTU discovery (RFC 1191) between real kernels: who sends too much is told how much fits, by the
// relay or through it, and its kernel believes it.
import t, { type Test } from 'tap'
import { BR_ADDRESS, b4Of, INTERNET, MTU, RELAY, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import type { Namespace } from '../../src/lab/sandbox.js'
import { openLab, skip, transfer } from './helper.js'
import {
  answeredIntact,
  askByUdp,
  echoUdp,
  forgetMtus,
  growth,
  learnedMtu,
  pingSays,
  setMtu,
  UNHURRIED,
} from './peers.js'

const PATIENCE = 10_000
const MEGABYTE = 1 << 20
/** Bytes around what ping -s counts, and around an IPv4 packet in its tunnel. */
const [ECHO_HEADERS, TUNNEL_HEADER] = [28, 40]
const ECHO_PORT = 7007
/** The least that an IPv6 link carries (RFC 8200 s5), in bytes. */
const SMALLEST = 1280
/** Of the smaller links, in bytes. */
const [NARROW_TUNNEL, NARROW_EXTERNAL] = [1380, 1400]

/** What fits crosses; a byte more is answered by the relay with what fits, and the kernel remembers that. */
async function fitsUpTo(t: Test, size: number, host: Namespace, target: string): Promise<void> {
  await answeredIntact(t, host, target, `-M do -s ${size - ECHO_HEADERS}`)
  const said = await pingSays(host, target, `-M do -s ${size - ECHO_HEADERS + 1}`)
  t.match(said, `From ${RELAY.ipv4} icmp_seq=1 Frag needed and DF set (mtu = ${size})`)
  t.match(said, ' 0 received')
  t.equal(await learnedMtu(host, target), size, 'in the route cache')
}

t.test('path MTU discovery through softwires', { skip }, async (t) => {
  const lab = await openLab(t)
  const { internet, switch: router } = lab.topology
  const [whole, sharing] = [lab.subscriber('whole'), lab.subscriber('sharing')]
  t.ok(await pingUntilAnswered(whole.host, INTERNET.ipv4, PATIENCE))
  await echoUdp(t, internet, INTERNET.ipv4, ECHO_PORT)
  const echo = { address: INTERNET.ipv4, port: ECHO_PORT }

  /** Packets of these sizes cross the relay, and nobody has heard of them yet. */
  const afresh = async (mtus: { internal?: number; external?: number }) => {
    await setMtu(lab.relay, 'internal', mtus.internal ?? MTU.tunnel)
    await setMtu(lab.relay, 'external', mtus.external ?? MTU.ipv4)
    await forgetMtus(internet, whole.host, sharing.host)
  }
  const fromInternet = {
    from: { host: internet, address: INTERNET.ipv4, port: 8001 },
    to: { host: whole.host, address: SUBSCRIBERS.whole.ipv4, port: 80 },
    bytes: MEGABYTE,
  }

  for (const internal of [1400, SMALLEST]) {
    const fits = internal - TUNNEL_HEADER
    await t.test(`the internet is told that tunnels of ${internal} bytes hold ${fits}`, async (t) => {
      await afresh({ internal })
      await fitsUpTo(t, fits, internet, SUBSCRIBERS.whole.ipv4)
    })
  }
  await t.test(`TCP from the internet finds what tunnels of ${SMALLEST} bytes hold`, async (t) => {
    await afresh({ internal: SMALLEST })
    t.equal((await transfer(fromInternet)).good, MEGABYTE)
    t.equal(await learnedMtu(internet, SUBSCRIBERS.whole.ipv4), SMALLEST - TUNNEL_HEADER)
  })
  await t.test('a subscriber is told what the tunnel of another holds', async (t) => {
    await afresh({ internal: SMALLEST })
    await fitsUpTo(t, SMALLEST - TUNNEL_HEADER, sharing.host, SUBSCRIBERS.whole.ipv4)
  })

  for (const [who, { host, ipv4 }] of [
    ['who has a whole address', whole],
    ['who shares an address', sharing],
  ] as const) {
    await t.test(`${who} is told of the external MTU, through its tunnel`, async (t) => {
      await afresh({ external: NARROW_EXTERNAL })
      const drop = 'drop-over-external-mtu-but-dont-fragment-ipv4-packets'
      const grown = await growth(lab.relay, [drop], () => fitsUpTo(t, NARROW_EXTERNAL, host, INTERNET.ipv4))
      // ping ends at the error, and so after one.
      t.same(grown, { [drop]: 1 })
    })
    await t.test(`UDP: ${who} sends fragments once its kernel knows the external MTU`, async (t) => {
      await afresh({ external: NARROW_EXTERNAL })
      t.same(await askByUdp(host, { address: ipv4, port: 40_000 }, echo, [1440, 1440]), ['EMSGSIZE', 'whole'])
      t.equal(await learnedMtu(host, INTERNET.ipv4), NARROW_EXTERNAL)
    })
    await t.test(`TCP: ${who} finds the external MTU`, async (t) => {
      await afresh({ external: NARROW_EXTERNAL })
      const from = { host, address: ipv4, port: 41_000 }
      const to = { host: internet, address: INTERNET.ipv4, port: 8000 }
      t.equal((await transfer({ from, to, bytes: MEGABYTE })).good, MEGABYTE)
      t.equal(await learnedMtu(host, INTERNET.ipv4), NARROW_EXTERNAL)
    })
  }

  await t.test('smaller links on the way to the B4s: the internet is told', async (t) => {
    await afresh({})
    const fits = NARROW_TUNNEL - TUNNEL_HEADER
    const narrow = `mtu lock ${NARROW_TUNNEL}`
    for (const { subscriber } of [whole, sharing])
      await router.ip(`-6 route add ${b4Of(subscriber).ipv6} dev subscriber${subscriber.number} ${narrow}`)
    await fitsUpTo(t, fits, internet, SUBSCRIBERS.whole.ipv4)
    await forgetMtus(internet)
    t.equal((await transfer(fromInternet)).good, MEGABYTE, 'TCP recovers')
    t.equal(await learnedMtu(internet, SUBSCRIBERS.whole.ipv4), fits)
    // This datagram fits upwards; its answer does not fit downwards.
    const from = { address: sharing.ipv4, port: 40_001 }
    t.same(await askByUdp(sharing.host, from, echo, [1400]), ['nothing'])
    t.equal(
      await learnedMtu(internet, SUBSCRIBERS.sharing.ipv4),
      fits,
      'the error is about a port of the set',
    )
    for (const { subscriber } of [whole, sharing]) await router.ip(`-6 route del ${b4Of(subscriber).ipv6}`)
  })

  await t.test('a smaller link on the way to the relay: the B4 fragments its tunnel', async (t) => {
    await afresh({})
    await router.ip(`-6 route change ${BR_ADDRESS}/128 via ${RELAY.ipv6} mtu lock ${NARROW_TUNNEL}`)
    // The first finds out.
    await pingSays(sharing.host, INTERNET.ipv4, '-s 1472')
    const names = ['in-ipv6-frag-needs-reassembly', 'in-ipv6-frag-reassembled']
    const grown = await growth(lab.relay, names, () =>
      answeredIntact(t, sharing.host, INTERNET.ipv4, `-M do -s 1472 ${UNHURRIED}`),
    )
    t.same(grown, { 'in-ipv6-frag-needs-reassembly': 4, 'in-ipv6-frag-reassembled': 2 })
  })
})
