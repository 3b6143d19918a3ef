// The set-up, run again right after itself, as `npm test` leaves it.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { root } from '../../src/root.js'

t.test('a second set-up finds nothing to do', async (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/setup.mjs'), '--tests'],
    {
      encoding: 'utf8',
    },
  )
  t.equal(status, 0)
  t.equal(stdout + stderr, 'set-up: done\n')
})

t.test('the README names the Debian packages that are installed, and no others', async (t) => {
  const script = pathToFileURL(join(root, 'scripts/setup/debian.mjs')).href
  const { DEBIAN_PACKAGES } = (await import(script)) as { DEBIAN_PACKAGES: string[] }
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [paragraph = ''] = /It installs Debian\npackages.*?\n\n/s.exec(readme) ?? []
  const named = [...paragraph.matchAll(/`([a-z0-9+.\s-]+)`/g)].flatMap(([, names = '']) => names.split(/\s+/))
  t.same(named.filter((name) => name !== 'sudo').sort(), [...DEBIAN_PACKAGES].sort())
})
