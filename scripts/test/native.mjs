// The C++ tests: doctest's test cases; those with a reader and a writer at once also under ThreadSanitizer, those of what
// a worker may not also under AddressSanitizer, whose system calls must not be in the way.
import { spawnSync } from 'node:child_process'
import { root } from '../setup/run.mjs'

const SUMMARY = /test cases:\s+(\d+)\s+\|\s+(\d+) passed\s+\|\s+(\d+) failed(?:\s+\|\s+(\d+) skipped)?/

/** Targets of native/Makefile, and the sanitizers that each is built with. */
const TARGETS = [
  ['test', ''],
  ['threads', 'thread'],
  ['confinement', 'address,undefined'],
]

export function runNative() {
  return TARGETS.map(run).reduce((sum, each) => ({
    passed: sum.passed + each.passed,
    failed: sum.failed + each.failed,
    skipped: sum.skipped + each.skipped,
  }))
}

function run([target, sanitizers]) {
  const sanitize = sanitizers === '' ? [] : [`SANITIZE=${sanitizers}`]
  process.stdout.write(`# native tests${sanitize.map((word) => `, ${word}`)}\n`)
  const args = ['-s', '-j2', '-C', 'native', ...sanitize, target]
  const ran = spawnSync('make', args, { cwd: root, encoding: 'utf8' })
  process.stdout.write(ran.stdout + ran.stderr)
  const summary = ran.stdout.match(SUMMARY)
  // A build that fails, or a crash before the summary, is one failure.
  if (summary === null) return { passed: 0, failed: 1, skipped: 0 }
  const [passed, failed, skipped] = [summary[2], summary[3], summary[4] ?? 0].map(Number)
  return { passed, failed: ran.status === 0 ? failed : Math.max(failed, 1), skipped }
}
