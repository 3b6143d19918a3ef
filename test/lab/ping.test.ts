// What ping says, read.
import t from 'tap'
import { parsePing } from '../../src/lab/ping.js'

const answer = (number: number) => `64 bytes from 192.0.2.1: icmp_seq=${number} ttl=62 time=0.187 ms\n`

const SAID = [
  [
    'every request answered',
    `${[1, 2, 3].map(answer).join('')}3 packets transmitted, 3 received, 0% packet loss, time 402ms
rtt min/avg/max/mdev = 0.053/0.104/0.187/0.059 ms`,
    { sent: 3, received: 3, average: 0.104, missed: 0 },
  ],
  [
    'one missed, and one still on its way',
    `${[1, 3].map(answer).join('')}4 packets transmitted, 2 received, 50% packet loss, time 402ms
rtt min/avg/max/mdev = 0.053/0.104/0.187/0.059 ms`,
    { sent: 4, received: 2, average: 0.104, missed: 1 },
  ],
  [
    'none answered, with errors',
    '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2042ms\npipe 3',
    { sent: 3, received: 0, average: null, missed: 0 },
  ],
] as const

for (const [title, output, expected] of SAID)
  t.test(title, async (t) => {
    t.same(parsePing(output), expected)
  })

t.test('no summary at all is not a result', async (t) => {
  t.throws(() => parsePing('ping: unknown host'), /unknown host/)
})
