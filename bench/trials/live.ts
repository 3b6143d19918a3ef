// Edits and whole reloads while a thread forwards at full load.

import { openOffline } from '../../src/cli/offline.js'
import { benchLive, type Run } from '../../src/dataplane/bench.js'
import { input } from '../inputs.js'
import { type Figure, quantile, type Scale, type Trial } from '../trial.js'

export const live: Trial = {
  name: 'live',
  title: '10,000 edits and 3 reloads under full load',
  run: measure,
}

async function measure(scale: Scale): Promise<Figure[]> {
  const { conf, v4, v6 } = await input(scale, 'million')
  const { queue, table } = await openOffline(conf)
  const edits = scale.requests * 10
  const how = { settings: queue, v4In: v4, v6In: v6, seconds: 5 * scale.seconds, cpu: null }
  // Quiet and disturbed in turn, so that what else the machine does meets both.
  const dips: number[] = []
  let reload = 0
  for (let i = 0; i < scale.runs; i++) {
    const quiet = benchLive(table, { ...how, seconds: scale.seconds }, { edits: 0, reloads: 0, check: false })
    const busy = benchLive(table, how, { edits, reloads: 3, check: false })
    dips.push(100 * (1 - rate(busy) / rate(quiet)))
    reload = busy.reloadSeconds / busy.reloads
  }
  const checked = benchLive(table, how, { edits, reloads: 3, check: true })
  return [
    {
      what: `${edits} edits and 3 reloads: throughput dip`,
      value: quantile(dips),
      unit: '%',
      budget: { most: 10 },
      note: `over ${5 * scale.seconds} s; a reload ${reload.toFixed(2)} s`,
    },
    {
      what: 'the same: wrong packets',
      value: checked.wrong,
      unit: 'packets',
      budget: { most: 0 },
      note: `of ${checked.received}, ${checked.marked} on edited softwires`,
    },
  ]
}

const rate = ({ received, cpuSeconds }: Run) => received / cpuSeconds
