// The fuzz targets without a fuzzer: each runs its corpus and some inputs of chance, always the same. One test a target.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/run.mjs'

export function runFuzz() {
  process.stdout.write('# fuzz targets\n')
  const targets = readdirSync(join(root, 'native/fuzz')).filter((name) => name.endsWith('_fuzz.cc'))
  const args = ['-s', '-k', '-j2', '-C', 'native', 'fuzz-short']
  const ran = spawnSync('make', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
  process.stdout.write(ran.stdout + ran.stderr)
  const passed = ran.stdout.match(/ inputs of the corpus and /g)?.length ?? 0
  return { passed, failed: targets.length - passed, skipped: 0 }
}
