// npm run test:nodes: the suite without the lab, on the newer long-term lines of Node.js, with the addons as they are
// built here: Node-API promises that they need no other build. The binaries come as npm packages.
//
//   npm run test:nodes [-- FOLDER…]     only the tests in test/FOLDER
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { attempt, run } from './setup/run.mjs'
import { setup } from './setup.mjs'
import { runTap } from './test/tap.mjs'

const LINES = [22, 24]
const FOLDERS = ['schema', 'config-server', 'dataplane', 'cli', 'log', 'fuzz', 'security']

const folders = process.argv.length > 2 ? process.argv.slice(2) : FOLDERS
const directory = mkdtempSync(join(tmpdir(), 'lwaftr-nodes-'))
const PATH = process.env.PATH
try {
  await attempt(() => setup('test'))
  for (const line of LINES) await test(line)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function test(line) {
  const name = `node-linux-${process.arch}`
  const place = join(directory, String(line))
  await run('npm', [
    'install',
    '--prefix',
    place,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${name}@${line}`,
  ])
  const node = join(place, 'node_modules', name, 'bin/node')
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  // tap's first line asks PATH for node, and every test starts others with the one that it runs on.
  process.env.PATH = `${dirname(node)}${delimiter}${PATH}`
  const { passed, failed, skipped } = await runTap(folders)
  process.env.PATH = PATH
  process.stdout.write(`Node.js ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}
