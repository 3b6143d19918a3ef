// What the documentation tells a reader to type is typed, on a machine of its own, and prints what the page says.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { long, skip } from '../lab/helper.js'
import { Machine } from './machine.js'
import { missingLine, readPage } from './page.js'

/** What is generated holds examples out of their place. */
const pages = ['README.md', ...markdownIn('docs'), ...markdownIn('examples')].filter(
  (name) => !name.startsWith('docs/reference/'),
)

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

t.test('an expected line may come after others, and must come', async (t) => {
  const printed = 'one\ntwo 2 of 7\nthree\n'
  for (const [expected, missing] of [
    [['one', '…', 'three'], undefined],
    [['two … of …'], undefined],
    [['three', 'one'], 'one'],
    [['tw'], 'tw'],
    [['two 2 of 7.'], 'two 2 of 7.'],
  ] as const)
    t.equal(missingLine(expected, printed), missing, expected.join(' / '))
})

t.test('every command in a page is in a block that is run, or says why it is not', async (t) => {
  for (const name of pages) t.same(readPage(readFileSync(join(root, name), 'utf8')).strays, [], name)
})

const noUnshare =
  spawnSync('unshare', ['--version']).error === undefined ? false : 'no unshare on this machine'

// Each page has a machine of its own, and mostly waits.
t.jobs = 2

for (const name of pages) {
  const page = readPage(readFileSync(join(root, name), 'utf8'))
  if (page.blocks.length === 0) continue
  const tooLong = page.long && !long && 'it takes long: npm run test:docs'
  t.test(name, { buffered: true, skip: skip || noUnshare || tooLong }, async (t) => {
    // A page of nothing but examples needs none.
    const machine = page.blocks.every(({ notRun }) => notRun !== undefined) ? undefined : await Machine.boot()
    t.teardown(() => machine?.halt())
    for (const { commands, expected, notRun, end } of page.blocks) {
      const title = commands.trim().split('\n')[0] ?? ''
      if (machine === undefined || notRun !== undefined) {
        t.pass(title, { skip: notRun ?? true })
        continue
      }
      const { code, output } = await machine.type(commands, end)
      const missing = missingLine(expected, output)
      t.ok(code === 0 && missing === undefined, title, { code, missing, commands, output })
      if (code !== 0) break
    }
  })
}
