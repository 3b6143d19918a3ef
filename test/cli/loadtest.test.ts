// The arithmetic of `lwaftr loadtest`: what it prints of counters, and how it searches.
import t from 'tap'
import { type Look, latency, liveLine, report, summary } from '../../src/cli/loadtest/report.js'
import { search } from '../../src/cli/loadtest/search.js'
import type { LoadDirection } from '../../src/dataplane/load.js'
import { lwaftr } from './lwaftr.js'

const nothing: LoadDirection = {
  sent: 0,
  unsent: 0,
  received: 0,
  bytes: 0,
  duplicates: 0,
  reordered: 0,
  expected: 0,
}
const bounds = Float64Array.of(1_000, 2_000, 3_000, 10_000)

function look(time: number, encap: Partial<LoadDirection>, decap: Partial<LoadDirection> = encap): Look {
  const totals = {
    unexpected: 0,
    kernelDrops: 0,
    encap: { ...nothing, ...encap },
    decap: { ...nothing, ...decap },
  }
  const counts = Float64Array.of(0, totals.encap.received, 0, 0)
  return { time, totals, latency: { encap: counts, decap: counts } }
}

/** So many of each came back, of as many numbers. */
function all(count: number, size = 0): Partial<LoadDirection> {
  return { sent: count, received: count, expected: count, bytes: count * size }
}

t.test('the live line has what came back in its second: rates, bits, loss', async (t) => {
  const [before, from] = [look(0, {}), look(1000, all(1_500_000, 300))]
  const to = look(2000, all(3_000_000, 0), all(3_000_000, 0))
  const sized = {
    ...to,
    totals: {
      ...to.totals,
      encap: { ...to.totals.encap, bytes: 1_500_000 * (300 + 371.833333) },
      decap: { ...to.totals.decap, bytes: 1_500_000 * (300 + 331.833333) },
    },
  }
  t.equal(
    liveLine(before, from, sized),
    'v6+v4: 1.500+1.500 = 3.000 Mpps, 4.462+3.982 = 8.444 Gbps, lost 0.000%',
  )
})

t.test('what is on its way is not lost; what was overtaken or sent before the last second is', async (t) => {
  const lost = (before: Look, from: Look, to: Look) => / lost (.*)%$/.exec(liveLine(before, from, to))?.[1]
  const start = look(0, {})
  const steady = look(1000, { ...all(900), sent: 1000 })
  t.equal(lost(start, steady, look(2000, { ...all(1900), sent: 2000 })), '0.000', 'the last hundred travel')
  t.equal(
    lost(start, steady, look(2000, { sent: 2000, received: 1890, expected: 1900 })),
    '1.000',
    'ten of a thousand were overtaken',
  )
  t.equal(
    lost(start, steady, look(2000, { ...all(900), sent: 2000 })),
    '10.000',
    'nothing comes any more: yet',
  )
  const second = look(2000, { ...all(900), sent: 2000 })
  t.equal(lost(steady, second, look(3000, { ...all(900), sent: 3000 })), '100.000', 'and a second later')
  t.equal(
    lost(start, steady, look(2000, { ...all(1850), sent: 2000, unsent: 50, expected: 1900 })),
    '0.000',
    'what our own device did not take was not sent',
  )
})

t.test('a report counts each direction by itself', async (t) => {
  const to = look(2500, { ...all(900, 100), sent: 1010, unsent: 10, duplicates: 3 }, all(1000, 60))
  const found = report(look(500, {}), to, bounds)
  t.match(found, {
    duration: 2,
    'offered-mpps': 0.001,
    loss: 5,
    unsent: 10,
    encap: { sent: 1000, received: 900, lost: 100, loss: 10, mpps: 0.00045, gbps: 0.00036, duplicates: 3 },
    decap: { sent: 1000, received: 1000, lost: 0, loss: 0 },
  })
  t.equal(
    summary(found),
    '2 s, 0.001 Mpps offered, lost 5.000%\n' +
      'encap: 0.000 Mpps, 0.000 Gbps; 1000 sent, 900 received, 100 lost (10.000%); ' +
      'latency p50 2, p90 2, p99 2, p99.9 2, max 2 µs\n' +
      'decap: 0.001 Mpps, 0.000 Gbps; 1000 sent, 1000 received, 0 lost (0.000%); ' +
      'latency p50 2, p90 2, p99 2, p99.9 2, max 2 µs\n' +
      '3 came twice\n' +
      '10 not taken by our own device: they count as not sent\n',
  )
})

t.test('percentiles are of what came between the two looks', async (t) => {
  const from = Float64Array.of(1000, 0, 0, 0)
  t.strictSame(latency(from, Float64Array.of(1500, 400, 90, 10), bounds), {
    p50: 1,
    p90: 2,
    p99: 3,
    'p99.9': 10,
    max: 10,
  })
  t.equal(latency(from, from, bounds), null)
})

t.test('the search ends at the highest rate that loses nothing', async (t) => {
  for (const [capacity, generator, expected] of [
    [3.3, 100, 3.3],
    [100, 100, 10],
    [100, 4.5, 4.5],
    [0.02, 100, 0.02],
  ] as const) {
    const found = await search({ most: 10, tolerance: 0.001, resolution: 0.01 }, async (rate) => {
      const offered = Math.min(rate, generator)
      return { rate, offered, loss: offered > capacity ? 100 * (1 - capacity / offered) : 0 }
    })
    const best = found.best?.offered ?? Number.NaN
    t.ok(
      best <= expected && best > 0.99 * expected,
      `${best} of ${expected} in ${found.trials.length} trials`,
    )
    t.ok(found.trials.length <= 20)
  }
})

t.test('a generator that sends a little less than it is asked to does not end the search', async (t) => {
  const found = await search({ most: 10, tolerance: 0, resolution: 0.01 }, async (rate) => {
    const offered = Math.min(0.95 * rate, 6)
    return { rate, offered, loss: offered > 3.3 ? 1 : 0 }
  })
  t.ok((found.best?.offered ?? 0) > 3.2, `${found.best?.offered} of 3.3 in ${found.trials.length} trials`)
})

t.test('a relay that loses at any rate has none', async (t) => {
  const found = await search({ most: 10, tolerance: 0, resolution: 0.01 }, async (rate) => ({
    rate,
    offered: rate,
    loss: 1,
  }))
  t.equal(found.best, null)
  t.equal(found.trials.length, 11, 'down to a thousandth')
})

t.test('wrong words are wrong usage', async (t) => {
  const words = ['loadtest', '--device', 'lo']
  for (const [more, expected] of [
    [[], /without --conf, --b4, --br and --dst-mac are needed/],
    [['--b4', '2001:db8::1,192.0.2.1,1000'], /PORTS a power of two/],
    [['--dst-mac', '01:00:5e:00:00:01'], /not a MAC address of one station/],
    [['--size', '59'], /from 60 to/],
    [['--rate', '0'], /a rate in millions of packets a second/],
    [['--driver', 'memory'], /Allowed choices are auto, af-xdp, af-packet/],
  ] as const) {
    const { status, stderr } = lwaftr(...words, ...more)
    t.equal(status, 2, stderr)
    t.match(stderr, expected)
  }
})
