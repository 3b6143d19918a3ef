// Whether too much is dropped, from counters over time.
import t from 'tap'
import { rateConditions } from '../../../src/config-server/alarms/rate-conditions.js'
import { RATES, rateOf, type Samples, sampled } from '../../../src/config-server/alarms/rates.js'
import type { DataPlaneState } from '../../../src/dataplane/dataplane.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { instance, queue } from '../announce/queues.js'
import { schema } from '../helper.js'

function counted(device: string, ...queues: Record<string, number>[]): DataPlaneState {
  const counters = (one: Record<string, number>) =>
    new Map(Object.entries(one).map(([name, count]) => [name, BigInt(count)]))
  return {
    instances: [
      instance(
        device,
        queues.map((one, id) => queue(id, { counters: counters(one) })),
      ),
    ],
  }
}

/** Samples of one counter of eth0: its count at each second. */
function seconds(counter: string, counts: readonly number[]): Samples {
  return counts.reduce<Samples>(
    (samples, count, second) => sampled(samples, counted('eth0', { [counter]: count }), second * 1000),
    [],
  )
}

const steady = (rate: number, length: number) => Array.from({ length }, (_, second) => second * rate)

t.test('a rate is the mean of the last half minute, and not known before ten seconds', async (t) => {
  const drops = 'ingress-packet-drops'
  for (const [sentence, counts, rate] of [
    ['nothing yet', [], null],
    ['nine seconds', steady(100, 10), null],
    ['ten seconds', steady(100, 11), 100],
    ['long ago does not count', [...steady(1000, 31), ...Array(29).fill(30_000)], 1000 / 30],
    ['nor does longer ago', [...steady(1000, 31), ...Array(30).fill(30_000)], 0],
    ['counters that began anew', [...steady(100, 20), 0, 0], null],
    ['and after a while', [...steady(100, 20), ...steady(50, 11)], 50],
  ] as const)
    t.equal(rateOf(seconds(drops, counts), 'eth0', 'ingress-drops'), rate, sentence)
  t.equal(rateOf(seconds(drops, steady(100, 20)), 'eth1', 'ingress-drops'), null, 'another instance')
})

t.test('the queues of an instance and the counters of a rate are summed', async (t) => {
  const at = (n: number) =>
    counted(
      'eth0',
      { 'drop-no-source-softwire-ipv6-packets': n, 'drop-no-dest-softwire-ipv4-packets': 2 * n },
      { 'drop-no-source-softwire-ipv6-packets': 4 * n },
    )
  const samples = sampled(sampled([], at(0), 0), at(100), 10_000)
  t.equal(rateOf(samples, 'eth0', 'bad-softwires'), 70)
  t.equal(rateOf(samples, 'eth0', 'fragmentation'), 0)
})

t.test('looks that follow at once are one sample', async (t) => {
  const once = sampled([], counted('eth0', {}), 0)
  t.equal(sampled(once, counted('eth0', {}), 999), once)
  t.equal(seconds('out-ipv4-frag', steady(1, 1000)).length, 31, 'and memory is bounded')
})

t.test(
  'above its threshold a rate is a problem, below half of it none, between them as before',
  async (t) => {
    const config = (thresholds: JsonObject): JsonObject => ({
      'ietf-alarms:alarms': { control: { 'lwaftr:thresholds': thresholds } },
    })
    const says = (counter: string, rate: number, thresholds: JsonObject = {}) =>
      rateConditions(schema, config(thresholds), ['eth0'], seconds(counter, steady(rate, 12)))
        .filter(({ problem }) => problem !== null)
        .map(({ type, problem }) =>
          problem === 'unknown' ? `? ${type}` : `${problem?.severity} ${type}: ${problem?.text}`,
        )
    const lost = 'are lost by the network card of eth0 before the relay sees them: its queues do not keep up'
    for (const [counter, rate, thresholds, wanted] of [
      ['ingress-packet-drops', 11, {}, [`major ingress-drops: more than 10 packets a second ${lost}`]],
      ['ingress-packet-drops', 10, {}, ['? ingress-drops']],
      ['ingress-packet-drops', 5, {}, []],
      ['ingress-packet-drops', 11, { 'ingress-drops': 20 }, ['? ingress-drops']],
      ['ingress-packet-drops', 11, { 'ingress-drops': 0 }, []],
      [
        'drop-no-dest-softwire-ipv4-packets',
        1001,
        {},
        [
          'minor bad-softwires: more than 1000 packets a second on eth0 belong to no softwire: B4s or the internet send what the binding table does not have',
        ],
      ],
      [
        'out-ipv6-frag',
        101,
        { fragmentation: 100 },
        [
          'warning fragmentation: more than 100 packets a second are fragments on eth0: look at the MTUs of the links, and at tcp-mss-clamp',
        ],
      ],
      [
        'drop-egress-filter-ipv4-packets',
        101,
        { 'filter-drops': 100 },
        [
          'warning filter-drops: more than 100 packets a second on eth0 are refused by ingress and egress filters',
        ],
      ],
    ] as const)
      t.same(says(counter, rate, thresholds), wanted, `${rate} ${counter}`)
    const early = rateConditions(schema, {}, ['eth0'], [])
    t.same(
      early.map(({ type, problem, resource }) => [type, problem, resource]),
      RATES.map((type) => [type, 'unknown', "/snabb-softwire-v3:softwire-config/instance[device='eth0']"]),
      'before it is known nothing is said',
    )
  },
)
