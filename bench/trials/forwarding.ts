// The packet path in memory, as `lwaftr bench` measures it: a queue's thread and nothing else.

import { openOffline } from '../../src/cli/offline.js'
import { bench, benchCopy, type Run } from '../../src/dataplane/bench.js'
import { input, type Softwires } from '../inputs.js'
import { type Figure, quantile, type Scale, type Trial } from '../trial.js'

interface Load {
  readonly name: string
  readonly softwires: Softwires
  readonly say: string
  readonly size: number
  /** Mpps in each direction: what is asked for, what the reference does, what the bare prototype did. */
  readonly budget?: number
  readonly peer?: number
  readonly prototype?: number
}

const LOADS: readonly Load[] = [
  {
    name: '12-94',
    softwires: 'dozen',
    say: '12 softwires',
    size: 94,
    budget: 4 * 3.6,
    peer: 3.6,
    prototype: 16,
  },
  { name: '12-550', softwires: 'dozen', say: '12 softwires', size: 550 },
  {
    name: '1m-64',
    softwires: 'million',
    say: '1M softwires',
    size: 64,
    budget: 6 * 2.4,
    peer: 2.4,
    prototype: 16,
  },
  {
    name: '1m-550',
    softwires: 'million',
    say: '1M softwires',
    size: 550,
    budget: 4 * 1.1,
    peer: 1.1,
    prototype: 7,
  },
  { name: '10m-64', softwires: 'tenMillion', say: '10M softwires', size: 64, prototype: 13 },
  { name: '10m-550', softwires: 'tenMillion', say: '10M softwires', size: 550 },
]

export const forwarding: readonly Trial[] = LOADS.map((load) => ({
  name: `forward-${load.name}`,
  title: `${load.say}, ${load.size} B`,
  run: (scale) => measure(load, scale),
}))

async function measure(
  { softwires, say, size, budget, peer, prototype }: Load,
  scale: Scale,
): Promise<Figure[]> {
  const { conf, v4, v6 } = await input(scale, softwires, size)
  const { queue, table } = await openOffline(conf)
  const how = { settings: queue, v4In: v4, v6In: v6, seconds: scale.seconds, cpu: null }
  bench(table, { ...how, seconds: scale.seconds / 5 })
  const copies: Run[] = []
  const runs = Array.from({ length: scale.runs }, () => {
    copies.push(benchCopy({ ...how, seconds: scale.seconds / 5 }))
    return bench(table, how)
  })
  const each = quantile(
    runs.map(({ encap, decap, cpuSeconds }) => Math.min(encap.packets, decap.packets) / cpuSeconds / 1e6),
  )
  const copy = quantile(copies.map(({ received, cpuSeconds }) => received / cpuSeconds / 1e6))
  const share = quantile(runs.map(({ cpuSeconds, duration }) => cpuSeconds / duration))
  const notes = [
    prototype === undefined ? '' : `bare prototype ${prototype}`,
    `bare copy ${copy.toFixed(0)} both ways`,
    share < 0.97 ? `had ${Math.round(share * 100)} % of a CPU` : '',
  ]
  return [
    {
      what: `${say}, ${size} B, each direction`,
      value: each,
      unit: 'Mpps',
      ...(budget !== undefined && { budget: { least: budget } }),
      ...(peer !== undefined && { peer }),
      note: notes.filter((note) => note !== '').join(', '),
    },
  ]
}
