// Which Node.js lwaftr runs on, and what npm run test:nodes says of one that is not to be had.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

t.test('a Node.js that lacks what lwaftr needs is named, with the ones that do not', async (t) => {
  const { problem } = (await import(join(root, 'bin/node.js'))) as {
    problem: (version: string) => string | null
  }
  for (const version of ['20.15.0', '20.20.2', '22.2.0', '22.23.3', '24.0.0', '26.10.0'])
    t.equal(problem(version), null, version)
  for (const version of ['12.22.12', '18.20.8', '20.0.0', '20.14.1', '21.7.3', '22.1.0'])
    t.match(problem(version), `Node.js 20 (from 20.15) or 22.2 and later is needed, ${process.execPath} is`)
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: unknown }
  t.same(engines, { node: '^20.15.0 || >=22.2.0' }, 'npm is told the same')
})

t.test('the command line says so, instead of breaking off', async (t) => {
  const older = "Object.defineProperty(process, 'versions', { value: { node: '18.20.8' } })"
  const directory = t.testdir({ 'older.cjs': older })
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/lwaftr'), ['--version'], {
    env: { ...process.env, NODE_OPTIONS: `--require ${directory}/older.cjs` },
    encoding: 'utf8',
  })
  t.match(
    { status, stdout, stderr },
    { status: 1, stdout: '', stderr: /^lwaftr: Node.js 20 .* is 18.20.8\n$/ },
  )
})

for (const [what, words, said] of [
  [
    'a line that npm does not have is skipped, and no pass',
    'code ETARGET',
    /^Node.js 24: skipped, npm has no node-linux-\w+@24\n$/,
  ],
  ['a line that cannot be fetched is an error', 'code ENOTFOUND', /^set-up failed: .*ENOTFOUND/],
] as const)
  t.test(what, async (t) => {
    const directory = t.testdir()
    const npm = `#!/bin/sh\necho 'npm error ${words}' >&2\nexit 1\n`
    writeFileSync(join(directory, 'npm'), npm, { mode: 0o755 })
    const script = join(root, 'scripts/test-nodes.mjs')
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--line', '24', 'log'], {
      env: { ...process.env, PATH: `${directory}${delimiter}${process.env.PATH}` },
      encoding: 'utf8',
    })
    t.equal(status, 1)
    t.match(stdout + stderr, said)
  })
