// The C++ tests: doctest's test cases, under AddressSanitizer and UndefinedBehaviorSanitizer; those with a reader and a
// writer at once also under ThreadSanitizer; those that want none, without.
import { spawnSync } from 'node:child_process'
import { root } from '../setup/run.mjs'

const SUMMARY = /test cases:\s+(\d+)\s+\|\s+(\d+) passed\s+\|\s+(\d+) failed(?:\s+\|\s+(\d+) skipped)?/

/** What npm test compiles for the C++ tests and, the same objects, for the fuzz targets. */
export const COUNTED = 'build/native-address-undefined-coverage'

export function runNative() {
  return [
    run('test', ['SANITIZE=address,undefined', 'COVERAGE=1']),
    run('threads', ['SANITIZE=thread']),
    run('shipped', []),
  ].reduce((sum, each) => ({
    passed: sum.passed + each.passed,
    failed: sum.failed + each.failed,
    skipped: sum.skipped + each.skipped,
  }))
}

function run(target, options) {
  process.stdout.write(`# native tests: ${[target, ...options].join(' ')}\n`)
  const args = ['-s', '-j2', '-C', 'native', ...options, target]
  const ran = spawnSync('make', args, { cwd: root, encoding: 'utf8' })
  process.stdout.write(ran.stdout + ran.stderr)
  const summary = ran.stdout.match(SUMMARY)
  // A build that fails, or a crash before the summary, is one failure.
  if (summary === null) return { passed: 0, failed: 1, skipped: 0 }
  const [passed, failed, skipped] = [summary[2], summary[3], summary[4] ?? 0].map(Number)
  return { passed, failed: ran.status === 0 ? failed : Math.max(failed, 1), skipped }
}
