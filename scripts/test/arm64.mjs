// Whether the C++ compiles for arm64 too, where Debian's cross compiler (g++-aarch64-linux-gnu) is there. One test.
//
//   npm run check:arm64
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { root } from '../setup/run.mjs'

const COMPILER = 'aarch64-linux-gnu-g++'

export function runArm64() {
  process.stdout.write('# the data plane compiles for arm64\n')
  if (spawnSync(COMPILER, ['--version']).status !== 0) {
    process.stdout.write(`skipped: there is no ${COMPILER}\n`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const out = ['ARCH=', 'OPTIMIZE=-O0', 'OUT=../build/native-arm64', `CXX=${COMPILER}`]
  const ran = spawnSync('make', ['-s', '-j2', '-C', 'native', 'objects', ...out], {
    cwd: root,
    stdio: 'inherit',
  })
  return ran.status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = runArm64().passed === 1 ? 0 : 1
