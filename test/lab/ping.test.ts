// What ping says, read.
import t from 'tap'
import { parsePing } from '../../src/lab/ping.js'

const SAID = [
  [
    'every request answered',
    '3 packets transmitted, 3 received, 0% packet loss, time 402ms\nrtt min/avg/max/mdev = 0.053/0.104/0.187/0.059 ms',
    { sent: 3, received: 3, average: 0.104 },
  ],
  [
    'none answered, with errors',
    '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2042ms\npipe 3',
    { sent: 3, received: 0, average: null },
  ],
] as const

for (const [title, output, expected] of SAID)
  t.test(title, async (t) => {
    t.same(parsePing(output), expected)
  })

t.test('no summary at all is not a result', async (t) => {
  t.throws(() => parsePing('ping: unknown host'), /unknown host/)
})
