// npm run coverage: which lines of both languages the whole suite reaches. A copy of the checkout, with addons that
// count, runs all tests; docs/coverage.md gets the figures and every line that was not reached.
//
//   npm run coverage [-- FOLDER…]           only the TypeScript tests in test/FOLDER; only shown
//   npm run coverage -- --add [FOLDER…]     adds to what the last run reached
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cplusplusLines } from './coverage/cplusplus.mjs'
import { writePage } from './coverage/page.mjs'
import { oneLine, table, unreached } from './coverage/report.mjs'
import { typescriptLines } from './coverage/typescript.mjs'
import { headersEnvironment } from './setup/node-headers.mjs'
import { attempt, root, run } from './setup/run.mjs'
import { setup } from './setup.mjs'

const NOT_COPIED = ['.git', '.tap', 'build', 'node_modules']
const JOBS = '-j2'

/** It stays, so that the next time only what changed is compiled. */
const copy = join(root, 'build/coverage')
const counted = join(copy, 'build/counted')
const addons = join(copy, 'build/Release/obj.target')
const tests = join(copy, 'build/native-coverage')

const { values, positionals: folders } = parseArgs({
  options: { add: { type: 'boolean', default: false } },
  allowPositionals: true,
})
await attempt(async () => {
  await setup('test')
  await build()
})
if (!values.add) forget()
await test()
report()

async function build() {
  mkdirSync(copy, { recursive: true })
  for (const name of readdirSync(copy))
    if (!NOT_COPIED.includes(name)) rmSync(join(copy, name), { recursive: true })
  for (const name of readdirSync(root))
    if (!NOT_COPIED.includes(name))
      cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true })
  if (!existsSync(join(copy, 'node_modules')))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  process.stderr.write('coverage: addons and C++ tests that count …\n')
  const flags = { ...headersEnvironment(), CXXFLAGS: '--coverage -O1', LDFLAGS: '--coverage' }
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  await run(process.execPath, [nodeGyp, 'configure', '--loglevel=error', `--directory=${copy}`], flags)
  // Not the copy for newer processors: it has the same lines.
  await run('make', ['-s', JOBS, '-C', join(copy, 'build'), 'BUILDTYPE=Release', 'dataplane', 'yang'], flags)
  await run('make', [
    '-s',
    JOBS,
    '-C',
    join(copy, 'native'),
    'COVERAGE=1',
    'OPTIMIZE=-O1',
    '../build/native-coverage/native_test',
  ])
}

/** Whoever runs as another user finds a file to add to. */
function forget() {
  rmSync(counted, { recursive: true, force: true })
  for (const build of [addons, tests])
    for (const notes of readdirSync(build, { recursive: true }).filter((name) => name.endsWith('.gcno'))) {
      const data = join(build, notes.replace(/gcno$/, 'gcda'))
      writeFileSync(data, '')
      chmodSync(data, 0o666)
    }
}

/** gcov refuses an empty file. */
function tidy() {
  for (const build of [addons, tests])
    for (const data of readdirSync(build, { recursive: true }).filter((name) => name.endsWith('.gcda')))
      if (statSync(join(build, data)).size === 0) rmSync(join(build, data))
}

/** A test that fails reaches lines too; whether it should is for `npm test` to say. */
async function test() {
  mkdirSync(counted, { recursive: true })
  chmodSync(counted, 0o1777)
  if (folders.length === 0)
    spawnSync(join(tests, 'native_test'), {
      cwd: join(copy, 'native'),
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  const { runTap } = await import(join(copy, 'scripts/test/tap.mjs'))
  const required = ['count', 'unconfine'].map((name) => `--require="${copy}/scripts/coverage/${name}.cjs"`)
  await runTap(folders.length > 0 ? folders : ['.'], {
    LWAFTR_COUNTED: counted,
    NODE_OPTIONS: required.join(' '),
  })
}

function report() {
  tidy()
  const languages = [
    ['TypeScript', typescriptLines(copy, counted)],
    ['C++', cplusplusLines(copy, [addons, tests])],
  ]
  for (const [language, files] of languages)
    process.stdout.write(`\n# ${oneLine(language, files)}\n${table(files)}\n\n${unreached(files)}\n`)
  if (folders.length > 0) return
  const words = ['describe', '--always', '--dirty', '--exclude=*']
  writePage(execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim(), languages)
}
