// A frame in one line, as `lwaftr explain` and a capture's reader see it.
import t from 'tap'
import { describeFrame } from '../../src/cli/explain/packet.js'

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
