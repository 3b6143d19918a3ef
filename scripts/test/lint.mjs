// Checks that read sources: each program counts as one test.
import { spawnSync } from 'node:child_process'
import { root } from '../setup/run.mjs'

const isFresh = (document) => [process.execPath, [`scripts/${document}-doc.mjs`, '--check']]
const CHECKS = [
  ['biome (lint and format)', 'node_modules/.bin/biome', ['check', '--error-on-warnings']],
  ['docs/counters.md is what the data plane counts', ...isFresh('counters')],
  ['docs/reference/model.md is what the YANG modules say', ...isFresh('model')],
]

export function runLint() {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const [title, program, args] of CHECKS) {
    process.stdout.write(`# ${title}\n`)
    const ran = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
    totals[ran.status === 0 ? 'passed' : 'failed']++
  }
  return totals
}
