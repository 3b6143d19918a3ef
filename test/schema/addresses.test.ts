import { isIPv6 } from 'node:net'
import t from 'tap'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6, parseMac } from '../../src/schema/addresses.js'
import { convert } from '../../src/schema/validate.js'
import { hostIpv6, Random } from './random.js'

t.test('an IPv4 address is four plain decimal numbers', (t) => {
  for (const good of ['0.0.0.0', '255.255.255.255', '193.5.1.100'])
    t.equal(formatIpv4(parseIpv4(good) as Uint8Array), good)
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1..2.3',
    '-1.2.3.4',
  ])
    t.equal(parseIpv4(bad), null, bad)
  t.end()
})

t.test('an IPv6 address has one canonical form', (t) => {
  for (const [text, canonical] of [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['1:2:3:0:5:6:7:8', '1:2:3:0:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['127:10:20:30:40:50:60:128', '127:10:20:30:40:50:60:128'],
  ] as const)
    t.equal(formatIpv6(parseIpv6(text) ?? new Uint8Array(16)), canonical, text)
  for (const bad of [
    '',
    ':',
    ':::',
    '1',
    '1:2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1::2:3:4:5:6:7:8',
    '12345::',
    ':1::',
    '1:',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '::1%eth0',
    '1:2:3:4:5:6:7:1.2.3.4',
  ])
    t.equal(parseIpv6(bad), null, bad)
  t.end()
})

t.test('forms are those of libyang, for random addresses', (t) => {
  const random = new Random(1)
  for (let i = 0; i < 500; i++) {
    const text = hostIpv6(random)
    t.ok(isIPv6(text))
    const tree = {
      'snabb-softwire-v3:softwire-config': {
        instance: [{ device: 'x', queue: [{ id: 0, 'internal-interface': { ip: text } }] }],
      },
    }
    const canonical = convert(JSON.stringify(tree), { from: 'json', to: 'json', incomplete: true })
    const ours = formatIpv6(parseIpv6(text) as Uint8Array)
    t.match(canonical, `"ip":"${ours}"`, text)
  }
  t.end()
})

t.test('a MAC address is six pairs of digits', (t) => {
  t.same(parseMac('02:00:5e:10:00:fF'), Uint8Array.of(2, 0, 0x5e, 0x10, 0, 0xff))
  for (const bad of ['', '02:00:5e:10:00', '02-00-5e-10-00-ff', '2:0:5e:10:0:ff'])
    t.equal(parseMac(bad), null, bad)
  t.end()
})
