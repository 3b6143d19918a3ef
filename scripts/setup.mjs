// Sets the checkout up: Debian packages, npm packages, native addons, TypeScript.
// Plain JavaScript without dependencies, since it runs before there are any. Every step
// looks at contents first and is skipped when its result is already there.
//
//   node scripts/setup.mjs [--tests]      --tests: also what only the tests need
import { rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { problem } from '../bin/node.js'
import { ensurePackages } from './setup/debian.mjs'
import { headersEnvironment } from './setup/node-headers.mjs'
import { npmPackagesInstalled } from './setup/npm-packages.mjs'
import { attempt, run, SetupError } from './setup/run.mjs'
import { hashOf, outputsExist, readStamp, writeStamp } from './setup/stamp.mjs'
import { pruneCompiled } from './setup/typescript.mjs'

export const NATIVE_SOURCES = [
  'binding.gyp',
  'native/core',
  'native/io',
  'native/load',
  'native/bench',
  'native/addon',
  'native/yang',
]
const TYPESCRIPT_SOURCES = ['tsconfig.json', 'src', 'test', 'bench']
const ADDONS = ['dataplane', 'yang', ...(process.arch === 'x64' ? ['dataplane-v3'] : [])].map(
  (name) => `build/Release/${name}.node`,
)

/** Does what is missing. `purpose` is 'run' or 'test'. */
export async function setup(purpose) {
  checkNode()
  await ensurePackages(purpose)
  if (!npmPackagesInstalled()) {
    await step('npm packages', installPackages)
  }
  await stamped('native addons', NATIVE_SOURCES, ADDONS, () =>
    run('npm', ['run', '--silent', 'build:native', '--', '--jobs=max'], headersEnvironment()),
  )
  await stamped('TypeScript', TYPESCRIPT_SOURCES, ['dist/src/cli/start.js'], async () => {
    pruneCompiled()
    // tsc writes nothing for a file it believes unchanged, whatever became of its output.
    rmSync('dist/tsconfig.tsbuildinfo', { force: true })
    await run('node_modules/.bin/tsc', [])
  })
  if (purpose === 'test') await ensureTestRunner()
}

/** None of them gets to run a program of its own here: those that would only look whether their binaries are there. */
function installPackages() {
  return run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}

/** What tap is made of when it is built: it was seen to go missing after a build that said it had succeeded. */
const RUNNER = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'

/** Builds tap with the plugins of .taprc. Called again right before the tests: without its parts it cannot even build itself. */
export async function ensureTestRunner() {
  if (!outputsExist([RUNNER])) await step('npm packages, for the test runner', installPackages)
  // npm ci brings the runner back as it was published, with this marker gone.
  const built = 'node_modules/.test-runner-built'
  await stamped('test runner', ['.taprc'], [built, RUNNER], async () => {
    await run('node_modules/.bin/tap', ['build'])
    writeFileSync(built, '')
  })
}

function checkNode() {
  const unfit = problem(process.versions.node)
  if (unfit !== null) throw new SetupError(unfit)
  if (process.platform !== 'linux') throw new SetupError('lwaftr runs on Linux only')
}

/** Runs a step, saying what it does and how long it took. */
async function step(name, action) {
  const start = Date.now()
  process.stderr.write(`set-up: ${name} …\n`)
  await action()
  process.stderr.write(`set-up: ${name} done (${((Date.now() - start) / 1000).toFixed(1)} s)\n`)
}

/** Runs a step unless its outputs were made from sources with the same contents. By which Node.js does not matter (Node-API). */
async function stamped(name, sources, outputs, action) {
  const hash = hashOf(sources)
  if (readStamp()[name] === hash && outputsExist(outputs)) return
  await step(name, action)
  writeStamp(name, hash)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await attempt(() => setup(process.argv.includes('--tests') ? 'test' : 'run'))
  process.stderr.write('set-up: done\n')
}
