// npm run bench [-- [--json] [--tiny] NAME…]: the trials whose names begin with one of those given, or all.
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { heading, keeps, line } from './table.js'
import type { Figure } from './trial.js'
import { TRIALS } from './trials.js'

const RUN_TRIAL = fileURLToPath(new URL('run-trial.js', import.meta.url))

const words = process.argv.slice(2)
const scale = words.includes('--tiny') ? 'tiny' : 'full'
const json = words.includes('--json')
const names = words.filter((word) => !word.startsWith('--'))
const chosen = TRIALS.filter(
  ({ name }) => names.length === 0 || names.some((given) => name.startsWith(given)),
)
const help = words.includes('--help')
const known = ['--json', '--tiny', '--help']
if (help || chosen.length === 0 || words.some((word) => word.startsWith('--') && !known.includes(word))) {
  const out = help ? process.stdout : process.stderr
  out.write('usage: npm run bench [-- [--json] [--tiny] NAME...]\n')
  out.write(TRIALS.map(({ name, title }) => `  ${name.padEnd(15)} ${title}\n`).join(''))
  process.exit(help ? 0 : 2)
}

const print = (text: string) => {
  if (!json) process.stdout.write(`${text}\n`)
}
const all: (Figure & { readonly trial: string })[] = []
let failed = 0
print(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`)
print(heading)
for (const { name } of chosen) {
  try {
    const figures = await inProcessOfItsOwn(name)
    for (const figure of figures) print(line(figure))
    all.push(...figures.map((figure) => ({ trial: name, ...figure })))
  } catch (problem) {
    failed++
    process.stderr.write(`${name}: ${problem instanceof Error ? problem.message : String(problem)}\n`)
  }
}
const missed = all.filter((figure) => !keeps(figure)).length
print(missed === 0 ? 'all within budget' : `${missed} outside their budget: !`)
if (json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
process.exitCode = failed > 0 ? 1 : 0

/** What one trial leaves in memory or in a JIT does not meet the next. */
async function inProcessOfItsOwn(name: string): Promise<Figure[]> {
  const running = promisify(execFile)(process.execPath, [RUN_TRIAL, name, scale], { maxBuffer: 1 << 26 })
  running.child.stderr?.pipe(process.stderr)
  return JSON.parse((await running).stdout) as Figure[]
}
