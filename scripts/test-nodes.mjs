// npm run test:nodes: the TypeScript tests on the newer long-term lines of Node.js, with the addons as they are built
// here: Node-API promises that they need no other build. The binaries come as npm packages, and stay in build/nodes.
//
//   npm run test:nodes [-- --line 24] [FOLDER…]     --line: only this one; may be repeated
//                                                   FOLDER: only the tests in test/FOLDER
import { execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { attempt, root, run, SetupError } from './setup/run.mjs'
import { setup } from './setup.mjs'
import { runTap } from './test/tap.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { line: { type: 'string', multiple: true, default: ['22', '24'] } },
})
const folders = positionals.length > 0 ? positionals : ['.']
const PACKAGE = `node-linux-${process.arch}`
const PATH = process.env.PATH
/** What npm says of a package or a version that its registry does not have. */
const NOT_THERE = /\b(E404|ETARGET)\b/

await attempt(async () => {
  const lines = []
  for (const line of options.line) lines.push({ line, directory: await fetch(line) })
  const there = lines.filter(({ directory }) => directory !== null)
  if (there.length > 0) await setup('test')
  let said = ''
  // A line that is not to be had is told, and is no pass either.
  let well = there.length > 0
  for (const { line, directory } of lines)
    if (directory === null) said += `Node.js ${line}: skipped, npm has no ${PACKAGE}@${line}\n`
    else {
      const { version, passed, failed, skipped } = await test(directory)
      said += `Node.js ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`
      well &&= failed === 0 && passed > 0
    }
  process.stdout.write(said)
  process.exitCode = well ? 0 : 1
})

async function test(directory) {
  // Tests are run by the first node of PATH (scripts/test/tap.mjs), and start others with the one that they run on.
  process.env.PATH = `${directory}${delimiter}${PATH}`
  const version = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim()
  process.stdout.write(`# Node.js ${version}\n`)
  const counted = await runTap(folders)
  process.env.PATH = PATH
  return { version, ...counted }
}

/** Where the newest Node.js of a line is, or null where npm has none. */
async function fetch(line) {
  const prefix = join(root, 'build/nodes', line)
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  try {
    await run('npm', ['install', '--prefix', prefix, ...quiet, `${PACKAGE}@${line}`])
  } catch (error) {
    if (error instanceof SetupError && NOT_THERE.test(error.message)) return null
    throw error
  }
  return join(prefix, 'node_modules', PACKAGE, 'bin')
}
