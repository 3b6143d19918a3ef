// What the addons are built from goes along wherever they are built: into the package, and into the set-up's idea of
// when to build again.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

/** Folders that binding.gyp takes sources from. */
const folders = new Set(
  [...readFileSync(join(root, 'binding.gyp'), 'utf8').matchAll(/native\/[\w/]+(?=\/\*?[\w]*\.cc)/g)].map(
    ([folder]) => folder,
  ),
)

t.test('every source of the addons is in the package', async (t) => {
  t.ok(folders.has('native/core') && folders.has('native/yang'), [...folders].join(' '))
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const [{ files }] = JSON.parse(packed.toString()) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  t.ok(paths.includes('binding.gyp'))
  const native = execFileSync('git', ['ls-files', ...folders], { cwd: root, encoding: 'utf8' })
  for (const source of native.split('\n').filter((name) => /\.(cc|h|def)$/.test(name)))
    t.ok(paths.includes(source), source)
})

t.test('a change of any of them builds the addons again', async (t) => {
  const { NATIVE_SOURCES } = (await import(join(root, 'scripts/setup.mjs'))) as { NATIVE_SOURCES: string[] }
  for (const folder of folders)
    t.ok(
      NATIVE_SOURCES.some((path) => path === folder || path === dirname(folder)),
      folder,
    )
})
