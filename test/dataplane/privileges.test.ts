// What a worker's user can still do: the options of setpriv(1) that it is started with.
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isOpenTo, setprivOptions } from '../../src/dataplane/privileges.js'

const ALL = (1n << 41n) - 1n
const without = (...bits: number[]) => bits.reduce((mask, bit) => mask & ~(1n << BigInt(bit)), ALL)
const only = (...bits: number[]) => ALL & ~without(...bits)
const KEPT = '-all,+net_admin,+net_raw,+ipc_lock,+bpf'

t.test('a worker keeps what opens links, by whatever way its leader has it', async (t) => {
  const program = join(t.testdir({ 'worker.js': '' }), 'worker.js')
  chmodSync(t.testdirName, 0o755)
  const user = 61_000
  const cases = [
    ['root', 0, ALL, ['--inh-caps=-all', `--bounding-set=${KEPT}`]],
    ['root of a container that may not limit itself', 0, without(8), ['--inh-caps=-all']],
    [
      'root without BPF',
      0,
      without(39),
      ['--inh-caps=-all', '--bounding-set=-all,+net_admin,+net_raw,+ipc_lock'],
    ],
    [
      'a user with more than it needs',
      user,
      only(10, 12, 13, 14, 39),
      [`--inh-caps=${KEPT}`, `--ambient-caps=${KEPT}`],
    ],
    ['a user with nothing', user, 0n, ['--inh-caps=-all', '--ambient-caps=-all']],
  ] as const
  const own = { uid: 0x7000_0001, relay: 0x7000_0002 }
  t.same(
    setprivOptions({ uid: 0, permitted: ALL }, program, own),
    [
      '--no-new-privs',
      `--inh-caps=${KEPT}`,
      `--ambient-caps=${KEPT}`,
      `--bounding-set=${KEPT}`,
      ...['--reuid=1879048193', '--regid=1879048193', '--groups=1879048194', '--'],
    ],
    'root, for a worker with a user of its own',
  )
  for (const [who, uid, permitted, words] of cases)
    t.same(setprivOptions({ uid, permitted }, program, null), ['--no-new-privs', ...words, '--'], who)
})

const skip = process.getuid?.() === 0 ? false : 'only root has what makes the difference'

t.test('root’s workers get at a checkout in a closed home, to read it', { skip }, async (t) => {
  const home = join(t.testdir(), 'home')
  mkdirSync(home, { mode: 0o700 })
  const program = join(home, 'worker.js')
  writeFileSync(program, '')
  t.ok(isOpenTo(0, program))
  const options = () => setprivOptions({ uid: 0, permitted: ALL }, program, null).join(' ')
  t.notMatch(options(), /dac/)
  t.notOk(isOpenTo(61_000, program))
  chownSync(home, 61_000, 61_000)
  t.match(options(), `--bounding-set=${KEPT},+dac_read_search --`)
  chownSync(home, 0, 0)
  const own = { uid: 0x7000_0001, relay: 0x7000_0002 }
  t.match(
    setprivOptions({ uid: 0, permitted: ALL }, program, own).join(' '),
    `--ambient-caps=${KEPT},+dac_read_search `,
    'root’s own home is closed to a worker with a user of its own',
  )
})
