// npm run check:reproducible: builds the addons in two folders of different names and compares them byte by byte.
// Exit code 1 when they differ. Two minutes or so; --jobs N compiles side by side.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { headersEnvironment } from '../setup/node-headers.mjs'
import { root, run } from '../setup/run.mjs'
import { NATIVE_SOURCES } from '../setup.mjs'

const jobs = process.argv[2] === '--jobs' ? [`--jobs=${process.argv[3]}`] : []
const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
const directory = mkdtempSync(join(tmpdir(), 'lwaftr-reproducible-'))
try {
  const builds = []
  for (const name of ['one', 'another-that-is-longer']) builds.push(await build(join(directory, name)))
  const [first, second] = builds
  for (const addon of Object.keys(first)) {
    const same = first[addon] === second[addon]
    process.stdout.write(`${first[addon]}  ${addon}${same ? '' : `, but ${second[addon]} elsewhere`}\n`)
    if (!same) process.exitCode = 1
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** SHA-256 of each addon, built in `folder`. */
async function build(folder) {
  for (const path of ['package.json', ...NATIVE_SOURCES, 'node_modules/node-addon-api']) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  const words = [nodeGyp, 'configure', 'build', '--loglevel=warn', `--directory=${folder}`, ...jobs]
  await run(process.execPath, words, headersEnvironment())
  const built = join(folder, 'build/Release')
  const addons = readdirSync(built)
    .filter((name) => name.endsWith('.node'))
    .sort()
  return Object.fromEntries(addons.map((name) => [name, hash(join(built, name))]))
}

function hash(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
