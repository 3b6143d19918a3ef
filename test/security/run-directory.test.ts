// Where relays of a user who is not root are found, if the system gave him no directory: /tmp, where everybody writes.
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

const skip = process.getuid?.() === 0 ? false : 'only root may act as two other users'
const [user, other] = [61_000 + (process.pid % 2000), 63_500]

t.test('what another user has put there is not taken for a relay of ours', { skip }, async (t) => {
  // The checkout may be in a directory that is closed to others.
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-registry-'))
  for (const file of ['registry.js', 'errors.js'])
    copyFileSync(join(root, 'dist/src', file), join(directory, file))
  chmodSync(directory, 0o755)
  const place = `/tmp/lwaftr-${user}`
  t.teardown(() => {
    for (const path of [directory, place]) rmSync(path, { recursive: true, force: true })
  })
  const script = `import(${JSON.stringify(join(directory, 'registry.js'))}).then(({ register }) => console.log(register('r', undefined)))`
  const registers = () =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      uid: user,
      gid: user,
      env: {},
      encoding: 'utf8',
    })
  mkdirSync(place, { mode: 0o777 })
  chownSync(place, other, other)
  const refused = registers()
  t.match(refused.stderr, `${place}: it is not a directory of this user`)
  t.not(refused.status, 0)
  chownSync(place, user, user)
  t.match(registers(), { status: 0, stdout: `${place}/r\n` })
})
