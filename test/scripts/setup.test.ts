// The set-up, run again right after itself, as `npm test` leaves it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
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
