// Packets larger than the links carry, between real kernels: the B4's fragments inside the tunnel, the
// internet's fragments of IPv4, and the relay's own, of the tunnel and behind it.
import t from 'tap'
import { INTERNET, MTU, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { openLab, skip } from './helper.js'
import { answeredIntact, askByUdp, echoUdp, growth, setMtu, UNHURRIED } from './peers.js'

const PATIENCE = 10_000
const SIZES = [2000, 4000, 8000]
/** Of the IPv6 network: holds a full packet in its tunnel, or has to fragment the tunnel. */
const TUNNEL_MTUS = [MTU.tunnel, 1500, 1280]
const ECHO_PORT = 7007

t.test('fragments both ways through a softwire', { skip }, async (t) => {
  const lab = await openLab(t)
  const { internet } = lab.topology
  const [whole, sharing] = [lab.subscriber('whole'), lab.subscriber('sharing')]
  t.ok(await pingUntilAnswered(whole.host, INTERNET.ipv4, PATIENCE))
  await echoUdp(t, internet, INTERNET.ipv4, ECHO_PORT)
  await echoUdp(t, whole.host, whole.ipv4, ECHO_PORT)

  const pings = [
    ['a whole address pings the internet', whole.host, INTERNET.ipv4],
    ['a shared address pings the internet', sharing.host, INTERNET.ipv4],
    ['the internet pings a whole address', internet, SUBSCRIBERS.whole.ipv4],
    ['a shared address pings a whole one, through the relay', sharing.host, SUBSCRIBERS.whole.ipv4],
  ] as const
  const datagrams = [
    ['a whole address to the internet', whole.host, whole.ipv4, INTERNET.ipv4],
    ['a shared address to the internet', sharing.host, sharing.ipv4, INTERNET.ipv4],
    ['the internet to a whole address', internet, INTERNET.ipv4, SUBSCRIBERS.whole.ipv4],
    ['a shared address to a whole one', sharing.host, sharing.ipv4, SUBSCRIBERS.whole.ipv4],
  ] as const

  for (const mtu of TUNNEL_MTUS) {
    await setMtu(lab.relay, 'internal', mtu)
    for (const [title, host, target] of pings)
      await t.test(`${title}, tunnels of ${mtu} bytes`, async (t) => {
        for (const size of SIZES) await answeredIntact(t, host, target, `-s ${size}`)
      })
    for (const [title, host, address, target] of datagrams)
      await t.test(`UDP from ${title} and back, tunnels of ${mtu} bytes`, async (t) => {
        const [from, to] = [
          { address, port: 40_000 },
          { address: target, port: ECHO_PORT },
        ]
        t.same(await askByUdp(host, from, to, SIZES), ['whole', 'whole', 'whole'])
      })
  }

  await t.test('every kind of fragment is counted, and none is lost', async (t) => {
    await setMtu(lab.relay, 'internal', 1280)
    // An ICMP message of 4008 bytes is 3 fragments of 1500; in a tunnel of 1280 it is 4.
    const kinds = {
      'in-ipv4-frag-needs-reassembly': 6,
      'in-ipv4-frag-reassembled': 2,
      'in-inner-frag-needs-reassembly': 6,
      'in-inner-frag-reassembled': 2,
      'out-ipv4-frag': 6,
      'out-ipv4-fragmented-packets': 2,
      'out-ipv6-frag': 8,
      'out-ipv6-fragmented-packets': 2,
      'drop-ipv4-frag-packets': 0,
      'drop-ipv6-frag-packets': 0,
      'drop-inner-frag-packets': 0,
    }
    const grown = await growth(lab.relay, Object.keys(kinds), () =>
      answeredIntact(t, sharing.host, INTERNET.ipv4, `-s 4000 ${UNHURRIED}`),
    )
    t.same(grown, kinds)
  })
})
