// The C++ tests: doctest's test cases.
import { spawnSync } from 'node:child_process'
import { root } from '../setup/run.mjs'

const SUMMARY = /test cases:\s+(\d+)\s+\|\s+(\d+) passed\s+\|\s+(\d+) failed(?:\s+\|\s+(\d+) skipped)?/

export function runNative() {
  process.stdout.write('# native tests\n')
  const ran = spawnSync('make', ['-s', '-j2', '-C', 'native', 'test'], { cwd: root, encoding: 'utf8' })
  process.stdout.write(ran.stdout + ran.stderr)
  const summary = ran.stdout.match(SUMMARY)
  // A build that fails, or a crash before the summary, is one failure.
  if (summary === null) return { passed: 0, failed: 1, skipped: 0 }
  const [passed, failed, skipped] = [summary[2], summary[3], summary[4] ?? 0].map(Number)
  return { passed, failed: ran.status === 0 ? failed : Math.max(failed, 1), skipped }
}
