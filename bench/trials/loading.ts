// How long until a relay forwards: from its text, and from its datastore after a restart.
import { input, type Softwires } from '../inputs.js'
import { Probe } from '../probe.js'
import { BenchRelay } from '../relay.js'
import type { Figure, Scale, Trial } from '../trial.js'

export const loading: readonly Trial[] = [
  { name: 'load-1m', title: '1M softwires to forwarding', run: (scale) => load(scale, 'million', '1M') },
  {
    name: 'load-10m',
    title: '10M softwires to forwarding',
    run: (scale) => load(scale, 'tenMillion', '10M'),
  },
]

async function load(scale: Scale, softwires: Softwires, say: string): Promise<Figure[]> {
  const { conf } = await input(scale, softwires)
  const relay = new BenchRelay(conf)
  try {
    const text = await relay.start()
    const peak = relay.peakMemory()
    const cpu = relay.cpuSeconds()
    const probe = new Probe(await relay.link())
    if (!(await probe.leavesFor({ ipv4: '193.0.0.0', psid: 1 }, 'fc00:1::1')))
      throw new Error('it says that it is ready, but does not forward')
    probe.link.close()
    await relay.stop()
    const again = await relay.start()
    await relay.stop('SIGKILL')
    const killed = await relay.start()
    const peakAgain = relay.peakMemory()
    const budgeted = softwires === 'million'
    return [
      {
        what: `${say} softwires from text to forwarding`,
        value: text,
        unit: 's',
        ...(budgeted && { budget: { most: 2 }, peer: 120 }),
        note: `${cpu.toFixed(2)} s of CPU`,
      },
      {
        what: `${say} softwires from text: peak memory`,
        value: peak,
        unit: 'MB',
        ...(budgeted && { budget: { most: 600 } }),
        note: 'leader and worker',
      },
      { what: `${say} softwires from the datastore to forwarding`, value: again, unit: 's' },
      {
        what: `${say} softwires, the leader killed: back in`,
        value: killed,
        unit: 's',
        note: `its worker forwarded on; peak ${peakAgain.toFixed(0)} MB`,
      },
    ]
  } finally {
    await relay.close()
  }
}
