// npm test: set-up, then everything that can fail, which lines that reached, and one line with the true totals.
//
//   npm test                 all of it
//   npm test -- schema cli   only the TypeScript tests in test/schema and test/cli
import { attempt } from './setup/run.mjs'
import { setup } from './setup.mjs'

await attempt(() => setup('test'))
const { runArm64 } = await import('./test/arm64.mjs')
const { countLines, printCoverage } = await import('./test/coverage.mjs')
const { runFuzz } = await import('./test/fuzz.mjs')
const { runLint } = await import('./test/lint.mjs')
const { runNative } = await import('./test/native.mjs')
const { runTap } = await import('./test/tap.mjs')

const folders = process.argv.slice(2)
const whole = folders.length === 0
const counting = whole ? countLines() : {}
const runners = whole
  ? [runLint, runNative, runArm64, runFuzz, () => runTap(['.'], counting)]
  : [() => runTap(folders)]
const totals = { passed: 0, failed: 0, skipped: 0 }
for (const runner of runners) {
  const counted = await runner()
  for (const name of Object.keys(totals)) totals[name] += counted[name]
}
if (whole) printCoverage()
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1
