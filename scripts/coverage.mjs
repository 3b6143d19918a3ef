// npm run coverage: which lines of both languages the whole suite reaches. A copy of the checkout, with addons that
// count, runs all tests; docs/coverage.md gets the figures and every line that was not reached.
//
//   npm run coverage [-- FOLDER…]           only the TypeScript tests in test/FOLDER; only shown
//   npm run coverage -- --add [FOLDER…]     adds to what the last run reached
import { execFileSync } from 'node:child_process'
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
import { headersEnvironment } from './setup/node-headers.mjs'
import { attempt, root, run } from './setup/run.mjs'
import { setup } from './setup.mjs'
import { runFuzz } from './test/fuzz.mjs'
import { runNative } from './test/native.mjs'

const NOT_COPIED = ['.git', '.tap', 'build', 'node_modules']
const JOBS = '-j2'

/** It stays, so that the next time only what changed is compiled. */
const copy = join(root, 'build/coverage')
const counted = join(copy, 'build/counted')
const addons = { root: copy, objects: join(copy, 'build/Release/obj.target') }

const { values, positionals: folders } = parseArgs({
  options: { add: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const whole = folders.length === 0
await attempt(async () => {
  await setup('test')
  await build()
})
const { typescriptLines } = await import('./coverage/typescript.mjs')
const { forgetNative, nativeTests } = await import('./test/coverage.mjs')
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
  process.stderr.write('coverage: addons that count …\n')
  const flags = { ...headersEnvironment(), CXXFLAGS: '--coverage -O1', LDFLAGS: '--coverage' }
  const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  await run(process.execPath, [nodeGyp, 'configure', '--loglevel=error', `--directory=${copy}`], flags)
  // The addon for newer processors has the same lines: another copy of the first stands for it.
  await run('make', ['-s', JOBS, '-C', join(copy, 'build'), 'BUILDTYPE=Release', 'dataplane', 'yang'], flags)
  const [addon, newer] = ['dataplane', 'dataplane-v3'].map((name) => join(copy, `build/Release/${name}.node`))
  cpSync(addon, newer)
}

/** Whoever runs as another user finds a file to add to. */
function forget() {
  rmSync(counted, { recursive: true, force: true })
  for (const notes of filesOf(addons, '.gcno')) {
    const data = notes.replace(/gcno$/, 'gcda')
    writeFileSync(data, '')
    chmodSync(data, 0o666)
  }
  if (whole) forgetNative()
}

/** A test that fails reaches lines too; whether it should is for `npm test` to say. */
async function test() {
  mkdirSync(counted, { recursive: true })
  chmodSync(counted, 0o1777)
  if (whole) {
    runNative()
    runFuzz()
  }
  const { runTap } = await import(join(copy, 'scripts/test/tap.mjs'))
  const required = ['count', 'unconfine'].map((name) => `--require="${copy}/scripts/coverage/${name}.cjs"`)
  await runTap(whole ? ['.'] : folders, { LWAFTR_COUNTED: counted, NODE_OPTIONS: required.join(' ') })
}

function report() {
  // gcov refuses an empty file.
  for (const data of filesOf(addons, '.gcda')) if (statSync(data).size === 0) rmSync(data)
  const languages = [
    ['TypeScript', typescriptLines(copy, counted)],
    ['C++', cplusplusLines(whole || values.add ? [addons, nativeTests] : [addons])],
  ]
  for (const [language, files] of languages)
    process.stdout.write(`\n# ${oneLine(language, files)}\n${table(files)}\n\n${unreached(files)}\n`)
  if (!whole) return
  const words = ['describe', '--always', '--dirty', '--exclude=*']
  writePage(execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim(), languages)
}

function filesOf({ objects }, extension) {
  return readdirSync(objects, { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(objects, name))
}
