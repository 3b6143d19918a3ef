// npm run coverage: which lines of both languages the tests reach. A copy of the checkout, with addons that count, runs
// the C++ tests and the TypeScript tests without the lab; what Node and gcov counted meanwhile, in every process that
// ended by itself, is put together. Needs Debian's gcovr.
//
//   npm run coverage [-- FOLDER…]     only the TypeScript tests in test/FOLDER
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { headersEnvironment } from './setup/node-headers.mjs'
import { attempt, root, run, SetupError } from './setup/run.mjs'
import { setup } from './setup.mjs'

const COPIED =
  '.taprc package.json binding.gyp bin dist docs examples native scripts src test tsconfig.json yang'.split(
    ' ',
  )
const FOLDERS = ['schema', 'config-server', 'dataplane', 'cli', 'log', 'security']
/** Beside them: what every frame may become. */
const GOLDEN = 'dist/test/golden.test.js'
const JOBS = '-j2'

/** It stays, so that the next time only what changed is compiled. */
const copy = join(root, 'build/coverage')
const counted = join(copy, 'counted')

await attempt(async () => {
  if (spawnSync('gcovr', ['--version']).status !== 0) throw new SetupError('apt-get install gcovr')
  await setup('test')
  await build()
})
test(process.argv.length > 2 ? process.argv.slice(2) : FOLDERS)
report()

async function build() {
  for (const path of COPIED)
    cpSync(join(root, path), join(copy, path), { recursive: true, preserveTimestamps: true })
  if (!existsSync(join(copy, 'node_modules')))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  process.stderr.write('coverage: addons and C++ tests that count …\n')
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  const flags = { CXXFLAGS: '--coverage -fprofile-abs-path', LDFLAGS: '--coverage' }
  const words = [nodeGyp, 'configure', 'build', '--loglevel=error', `--directory=${copy}`, '--jobs=2']
  await run(process.execPath, words, { ...headersEnvironment(), ...flags })
  await run('make', [
    '-s',
    JOBS,
    '-C',
    join(copy, 'native'),
    'COVERAGE=1',
    '../build/native-coverage/native_test',
  ])
}

/** A test that fails reaches lines too; whether it should is for `npm test` to say. */
function test(folders) {
  rmSync(counted, { recursive: true, force: true })
  spawnSync('find', [copy, '-name', '*.gcda', '-delete'])
  const show = { cwd: copy, stdio: ['ignore', 'inherit', 'inherit'] }
  spawnSync(join(copy, 'build/native-coverage/native_test'), { ...show, cwd: join(copy, 'native') })
  const env = { ...process.env, NODE_V8_COVERAGE: counted }
  const tap = ['node_modules/.bin/tap', 'run', '--reporter=terse', '--jobs=2']
  spawnSync(process.execPath, [...tap, GOLDEN, ...folders.map((folder) => `dist/test/${folder}`)], {
    ...show,
    env,
  })
}

function report() {
  const show = { cwd: copy, stdio: ['ignore', 'inherit', 'inherit'] }
  process.stdout.write('\n# TypeScript\n')
  const c8 = [
    'report',
    '--temp-directory',
    counted,
    '--include',
    'src/**',
    '--exclude-after-remap',
    '--all',
    '--src=src',
  ]
  spawnSync(join(root, 'node_modules/.bin/c8'), [...c8, '--reporter=text'], show)
  process.stdout.write('\n# C++\n')
  const filters = [
    '--filter',
    'native/(core|io|load|yang|addon)/',
    '--exclude-throw-branches',
    '--exclude-unreachable-branches',
  ]
  spawnSync('gcovr', ['--root', copy, JOBS, ...filters, copy], show)
}
