// npm run soak -- --minutes 60: a line each half minute, and at the end what was lost and what grew.
import { parseArgs } from 'node:util'
import { drift, type Sample, soak } from './soak.js'

const SEGMENT = 30
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    rate: { type: 'string', default: '5000' },
    edits: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
})
const segments = Math.max(3, Math.round((Number(values.minutes) * 60) / SEGMENT))

const FIGURES: readonly (keyof Sample)[] = [
  'leaderMemory',
  'workerMemory',
  'sharedMemory',
  'leaderFiles',
  'workerFiles',
  'packetP50',
  'packetP99',
  'editP50',
  'editP99',
]
const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2))
const columns = ['packets', 'lost', 'unexpected', 'edits', 'refused', ...FIGURES] as const
process.stdout.write(`${columns.join(' ')}\n`)

const { samples, unaccounted } = await soak({
  segments,
  segment: SEGMENT,
  rate: Number(values.rate),
  edits: Number(values.edits),
  seed: Number(values.seed),
  print: (sample) => process.stdout.write(`${columns.map((name) => show(sample[name])).join(' ')}\n`),
})
const sum = (name: keyof Sample) => samples.reduce((total, sample) => total + sample[name], 0)
const minutes = sum('seconds') / 60
process.stdout.write(
  `${minutes.toFixed(1)} minutes: ${sum('packets')} packets, ${sum('lost')} lost, ${sum('unexpected')} unexpected; ` +
    `${sum('edits')} edits, ${sum('refused')} refused; ${unaccounted} frames unaccounted for\n`,
)
for (const name of FIGURES) {
  const [first = 0, last = 0] = [samples.at(Math.floor(samples.length / 3))?.[name], samples.at(-1)?.[name]]
  const hourly = drift(samples, (sample) => sample[name])
  process.stdout.write(`${name}: ${show(first)} to ${show(last)}, ${hourly.toFixed(2)} an hour\n`)
}
process.exitCode = sum('lost') + sum('refused') === 0 && unaccounted === 0n ? 0 : 1
