// A frame in one line, and what became of it, as `lwaftr explain` says it.
import t from 'tap'
import type { Counted, Explained } from '../../src/cli/explain/explain.js'
import { describeFrame } from '../../src/cli/explain/packet.js'
import { verdictOf } from '../../src/cli/explain/report.js'

const ethernet = (type: string, packet: string) =>
  Buffer.from(`020000000001020000000002${type}${packet}`.replaceAll(' ', ''), 'hex')
const ipv4 = (protocol: string, payload: string, offset = '0000') =>
  `45 00 ${(20 + payload.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} 0000 ${offset} 40 ${protocol} 0000 c0000201 c6336407 ${payload}`
const b4 = '20010db8 00000000 00000000 00000001'
const br = '20010db8 00000000 00000000 00000002'
const ipv6 = (next: string, payload: string) =>
  `60000000 ${(payload.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} ${next} 40 ${b4} ${br} ${payload}`
const arp = (operation: string) => `0001 0800 06 04 ${operation} 020000000002 c0000201 000000000000 c6336407`

for (const [title, frame, line] of [
  ['nothing', Buffer.alloc(4), 'too short for Ethernet'],
  ['a question of ARP', ethernet('0806', arp('0001')), 'ARP: who has 198.51.100.7? tell 192.0.2.1'],
  ['an answer of ARP', ethernet('0806', arp('0002')), 'ARP: 192.0.2.1 is at 02:00:00:00:00:02'],
  ['half of one', ethernet('0806', '0001 0800'), 'ARP, cut short'],
  [
    'a datagram',
    ethernet('0800', ipv4('11', '0035 1000 0008 0000')),
    'IPv4 192.0.2.1:53 > 198.51.100.7:4096 UDP',
  ],
  ['a ping', ethernet('0800', ipv4('01', '0800 0000')), 'IPv4 192.0.2.1 > 198.51.100.7 ICMP type 8 code 0'],
  [
    'a later fragment',
    ethernet('0800', ipv4('11', '00', '2001')),
    'IPv4 192.0.2.1 > 198.51.100.7 UDP fragment',
  ],
  [
    'a protocol of no ports',
    ethernet('0800', ipv4('fd', '00')),
    'IPv4 192.0.2.1 > 198.51.100.7 protocol 253',
  ],
  [
    'a ping in a softwire',
    ethernet('86dd', ipv6('04', ipv4('01', '0000 0000'))),
    'IPv6 2001:db8::1 > 2001:db8::2, IPv4 192.0.2.1 > 198.51.100.7 ICMP type 0 code 0',
  ],
  [
    'a fragment of IPv6',
    ethernet('86dd', ipv6('2c', '0400 0001 00000001')),
    'IPv6 2001:db8::1 > 2001:db8::2 fragment',
  ],
  [
    'a neighbour asked for',
    ethernet('86dd', ipv6('3a', '8700 0000')),
    'IPv6 2001:db8::1 > 2001:db8::2 ICMPv6 type 135 code 0',
  ],
  [
    'a header nobody knows',
    ethernet('86dd', ipv6('fd', '')),
    'IPv6 2001:db8::1 > 2001:db8::2 next header 253',
  ],
  ['half of an IPv6 header', ethernet('86dd', '6000'), 'EtherType 0x86dd'],
  ['what is no IP', ethernet('88cc', '0000'), 'EtherType 0x88cc'],
] as const)
  t.test(title, async (t) => {
    t.equal(describeFrame(frame), line)
  })

const sent = { side: 'v4', data: Buffer.alloc(60) } as const
for (const [counters, leaving, verdict] of [
  [['in-ipv4-packets', 'out-ipv6-packets'], [sent], '1 frame left'],
  [['in-ipv4-packets', 'out-ipv6-packets'], [sent, sent], '2 frames left'],
  [['drop-no-source-softwire-ipv6-packets'], [], 'drop-no-source-softwire-ipv6-packets: why'],
  [['drop-all-ipv4-iface-packets', 'drop-runt'], [sent], 'drop-runt: why'],
  [['in-ipv4-frag-needs-reassembly'], [], 'held: it waits for its other fragments'],
  [['out-ipv4-packets'], [], 'held: it waits for the next hop to be resolved'],
  [['in-arp-reply-packets'], [], 'taken: nothing leaves because of it'],
] as const)
  t.test(verdict, async (t) => {
    const counted = counters.map(
      (name): Counted => ({ name, increment: 1n, group: 'softwire-state', stage: '', meaning: 'why' }),
    )
    t.same(verdictOf({ sent: leaving, counters: counted } as unknown as Explained), [verdict])
  })
