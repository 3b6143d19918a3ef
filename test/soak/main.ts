// npm run soak -- --minutes 60: a line each half minute, and at the end what was lost and what grew.
import { parseArgs } from 'node:util'
import { IN_HAND } from '../faults/invariants.js'
import { drift, type Sample, soak } from './soak.js'

const SEGMENT = 30
/** More commits than the feeds, of 8 MiB each, remember. */
const WARM_UP = 12_000
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    rate: { type: 'string', default: '5000' },
    edits: { type: 'string', default: '50' },
    clients: { type: 'string', default: '10' },
    hostile: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
})
const segments = Math.max(3, Math.round((Number(values.minutes) * 60) / SEGMENT))

type Figure = { readonly [Name in keyof Sample]: Sample[Name] extends number ? Name : never }[keyof Sample]

/** What happened; all of it is summed. */
const COUNTS = [
  ...(['packets', 'lost', 'unexpected', 'edits', 'refused', 'pings', 'missed'] as const),
  ...(['errorsDue', 'errors', 'clients'] as const),
] satisfies readonly Figure[]
/** What one leader has: they begin anew with the next. */
const OF_LEADER = [
  ...(['leaderAnonymous', 'leaderHeapUsed', 'leaderHeap', 'leaderExternal', 'leaderFile'] as const),
  ...(['leaderFiles', 'followers', 'leaderCpu'] as const),
] satisfies readonly Figure[]
const OF_RELAY = [
  ...(['workerAnonymous', 'workerFiles', 'workerCpu', 'sharedMemory', 'disk', 'processes'] as const),
  ...(['packetP50', 'packetP99', 'editP50', 'editP99'] as const),
] satisfies readonly Figure[]
const COLUMNS = [...COUNTS, ...OF_LEADER, ...OF_RELAY] as const

const say = (line: string) => void process.stdout.write(`${line}\n`)
const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2))
const lossy = ({ event }: Sample) => event?.lossy === true

say([...COLUMNS, 'event'].join(' '))
const result = await soak({
  segments,
  segment: SEGMENT,
  rate: Number(values.rate),
  edits: Number(values.edits),
  clients: Number(values.clients),
  hostile: Number(values.hostile),
  seed: Number(values.seed),
  warmUp: WARM_UP,
  events: true,
  print: (sample) => {
    say([...COLUMNS.map((name) => show(sample[name])), sample.event?.name ?? ''].join(' '))
    for (const complaint of sample.complaints) say(`  complaint: ${complaint}`)
  },
})

const { samples, unaccounted, updates, gaps } = result
const sum = (name: Figure, of: readonly Sample[] = samples) => of.reduce((total, one) => total + one[name], 0)
const whole = samples.filter((sample) => !lossy(sample))
const complaints = samples.flatMap((sample) => sample.complaints)
const kills = samples.filter(({ event }) => event?.kills).length
const events = new Map<string, number>()
for (const { event } of samples) if (event) events.set(event.name, (events.get(event.name) ?? 0) + 1)

say(`${(sum('seconds') / 60).toFixed(1)} minutes`)
say(`${sum('packets')} packets, ${sum('lost')} lost, ${sum('unexpected')} unexpected`)
say(`${sum('edits')} edits, ${sum('refused')} refused; a follower had ${updates} updates, ${gaps} gaps`)
say(
  `${sum('pings')} pings, ${sum('missed', whole)} missed, and ${sum('missed') - sum('missed', whole)} while their link ` +
    `had an accident; ${sum('errors')} of ${sum('errorsDue')} ICMP errors came`,
)
say(`${sum('clients')} clients, ${complaints.length} complaints`)
say([...events].map(([name, count]) => `${name}: ${count}`).join('; '))
say(`frames unaccounted for: ${unaccounted[0]}, and ${unaccounted[1]} at the lab's link`)

const first = samples[0]?.leader
const steady = samples.filter(({ leader }) => leader === first)
const tell = (of: readonly Sample[], name: Figure) => {
  const [from = 0, to = 0] = [of.at(Math.floor(of.length / 3))?.[name], of.at(-1)?.[name]]
  say(`${name}: ${show(from)} to ${show(to)}, ${drift(of, (sample) => sample[name]).toFixed(2)} an hour`)
}
say(
  `the first leader, of ${(sum('seconds', steady) / 60).toFixed(0)} minutes and ${sum('edits', steady)} edits:`,
)
for (const name of OF_LEADER) tell(steady, name)
say('all the time:')
for (const name of OF_RELAY) tell(samples, name)

const named = unaccounted[0] === 0n && unaccounted[1] >= 0n && unaccounted[1] <= kills * IN_HAND
const lost = sum('lost') + sum('refused') + sum('missed', whole) + gaps + complaints.length
process.exitCode = named && lost === 0 ? 0 : 1
