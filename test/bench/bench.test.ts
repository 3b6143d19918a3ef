// The benchmarks still run and say what they should; how fast is not for a test to judge.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { heading, keeps, line } from '../../bench/table.js'
import type { Figure } from '../../bench/trial.js'
import { root } from '../../src/root.js'

function run(...words: string[]) {
  return spawnSync(process.execPath, [join(root, 'dist/bench/main.js'), ...words], { encoding: 'utf8' })
}

t.test('tiny trials give every figure', async (t) => {
  const { status, stdout, stderr } = run(
    '--tiny',
    '--json',
    'forward-12',
    'live',
    'load-1m',
    'edit',
    'body',
    'read',
  )
  t.equal(status, 0, stderr)
  const figures = JSON.parse(stdout) as (Figure & { trial: string })[]
  for (const { what, value, unit } of figures) {
    t.ok(Number.isFinite(value), `${what}: ${value} ${unit}`)
    if (unit === 'packets') t.equal(value, 0, what)
  }
  const trials = new Set(figures.map(({ trial }) => trial))
  t.same([...trials], ['forward-12-94', 'forward-12-550', 'live', 'load-1m', 'edit', 'edits', 'body', 'read'])
})

t.test('a wrong name is wrong usage, and the right ones are told', async (t) => {
  t.match(run('frob'), { status: 2, stderr: /usage: .*\n.*forward-12-94/ })
})

t.test('figures are told beside budget and peer', async (t) => {
  const rate = { what: 'speed', value: 12, unit: 'Mpps', budget: { least: 10 }, peer: 3 }
  const time = { what: 'time', value: 12, unit: 's', budget: { most: 10 }, peer: 3, note: 'cold' }
  t.match(line(rate), /speed +12\.0 Mpps +≥ 10\.0 +120 % +4\.00$/)
  t.match(line(time), /time +12\.0 s +≤ 10\.0 +120 % ! +0\.25 {2}cold$/)
  t.match(
    line({ what: 'lost', value: 2, unit: 'packets', budget: { most: 0 } }),
    /lost +2\.00 packets +≤ 0 +!/,
  )
  t.equal(heading.trim().split(/ {2,}/).length, 4)
  t.notOk(keeps(time))
})
