// Guessing is slow for a whole network, however its addresses are written.
import t from 'tap'
import { FailedLogins, network } from '../../../src/config-server/access/failed-logins.js'

for (const [address, expected] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:0:7:a:b:c:d', '2001:db8:0:7::/64'],
  ['2001:0DB8::7:0:0:0:1', '2001:db8:0:7::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
] as const)
  t.test(`${address} is of ${expected}`, async (t) => {
    t.equal(network(address), expected)
  })

t.test('who fails too often waits, and so does its whole network', async (t) => {
  const logins = new FailedLogins()
  logins.add('2001:db8::1')
  t.equal(logins.wait('2001:db8::1', 2), 0)
  logins.add('2001:db8::2')
  t.ok(logins.wait('2001:db8::3', 2) > 0, 'the same /64')
  t.equal(logins.wait('2001:db8:0:1::1', 2), 0, 'another')
})

t.test('a flood from everywhere makes it forget the oldest, not grow', async (t) => {
  const logins = new FailedLogins()
  logins.add('192.0.2.1')
  t.ok(logins.wait('192.0.2.1', 1) > 0)
  for (let i = 0; i < 10_000; i++) logins.add(`10.0.${i >> 8}.${i & 255}`)
  t.equal(logins.wait('192.0.2.1', 1), 0)
  t.ok(logins.wait('10.0.39.15', 1) > 0)
})
