// Whether what a relay stands on is sound.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { machine } from '../../../src/config-server/alarms/machine.js'
import {
  advanceClocks,
  type ClockJump,
  type Clocks,
  type Surroundings,
  surroundingConditions,
} from '../../../src/config-server/alarms/surroundings.js'
import { build, SOUND } from '../helper.js'

const now = new Date('2026-07-01T00:00:00Z')
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000)
const MIB = 2 ** 20

const table: readonly [string, Partial<Surroundings>, ClockJump | null, string[]][] = [
  ['a machine that has nothing', {}, null, []],
  [
    'a sound one',
    {
      certificateEnds: inDays(15),
      storage: { problem: null, free: 256 * MIB },
      memory: { table: 5 * MIB, free: 5 * MIB },
    },
    null,
    [],
  ],
  [
    'two weeks',
    { certificateEnds: inDays(14) },
    null,
    [
      'warning certificate-expiring /lwaftr:config-server: the certificate of the config server expires on 2026-07-15T00:00:00.000Z; once its files are replaced it is read again',
    ],
  ],
  [
    'two days',
    { certificateEnds: inDays(2) },
    null,
    [
      'critical certificate-expiring /lwaftr:config-server: the certificate of the config server expires on 2026-07-03T00:00:00.000Z; once its files are replaced it is read again',
    ],
  ],
  [
    'too late',
    { certificateEnds: now },
    null,
    [
      'critical certificate-expiring /lwaftr:config-server: the certificate of the config server has expired on 2026-07-01T00:00:00.000Z: clients refuse it',
    ],
  ],
  [
    'a commit that could not be stored',
    { storage: { problem: 'no space left', free: 0 } },
    null,
    [
      'critical storage-failing /lwaftr:config-server/history: the last commit could not be stored and was refused: no space left',
    ],
  ],
  [
    'a disk that is nearly full',
    { storage: { problem: null, free: 256 * MIB - 1 } },
    null,
    [
      'warning storage-failing /lwaftr:config-server/history: less than 256 MiB are free where commits are stored; commits fail when nothing is',
    ],
  ],
  [
    'no room for a second table',
    { memory: { table: 5 * MIB + 1, free: 5 * MIB } },
    null,
    [
      'warning table-memory-low /snabb-softwire-v3:softwire-config/binding-table: shared memory (/dev/shm) has no room for a second binding table: the whole of it cannot be replaced at once',
    ],
  ],
  [
    'no room for softwires',
    { memory: { table: 1, free: 4 * MIB - 1 } },
    null,
    [
      'critical table-memory-low /snabb-softwire-v3:softwire-config/binding-table: shared memory (/dev/shm) is nearly full: new softwires will be refused',
    ],
  ],
  [
    'a clock that was set back',
    {},
    { by: -3_600_000, at: 0 },
    [
      'warning clock-jump /lwaftr:config-server: the clock was set back by 3600 s: times of commits, alarms and certificates before it do not compare with those after it',
    ],
  ],
]

for (const [sentence, around, jump, says] of table)
  t.test(sentence, async (t) => {
    const found = surroundingConditions({ ...SOUND, ...around }, jump, now)
    const told = found.flatMap(({ type, resource, problem }) =>
      problem === null || problem === 'unknown'
        ? []
        : [`${problem.severity} ${type} ${resource}: ${problem.text}`],
    )
    t.same(told, says)
    t.equal(found.length, 4, 'each is judged')
  })

t.test(
  'a clock that is set is told for ten minutes; one that is slewed or stands still is not',
  async (t) => {
    let clocks: Clocks | null = null
    for (const [wall, monotonic, by] of [
      [1_000_000, 0, null],
      [1_001_000, 1_000, null],
      [1_006_900, 2_000, null], // 4.9 s more than that
      [1_017_900, 8_000, 5_000],
      [1_018_900, 9_000, 5_000],
      [1_617_899, 607_999, 5_000],
      [1_617_900, 608_000, null],
      [617_900, 609_000, -1_001_000],
    ] as const) {
      clocks = advanceClocks(clocks, wall, monotonic)
      t.equal(clocks.jump?.by ?? null, by, `at ${monotonic}`)
    }
  },
)

t.test('what the machine has is looked up', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-machine-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const { dataplane, store } = await build(t)
  const file = join(directory, 'relay.pem')
  const issue = (days: number) => {
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=relay -days ${days}`
    const fresh = join(directory, 'fresh.pem')
    const files = ['-keyout', join(directory, 'key.pem'), '-out', fresh]
    execFileSync('openssl', [...words.split(' '), ...files], { stdio: 'ignore' })
    copyFileSync(fresh, file)
  }
  issue(30)
  const look = machine({ dataplane, store, directory, certificate: file })
  const days = () => Math.round(((look().certificateEnds?.getTime() ?? 0) - Date.now()) / 86_400_000)
  t.equal(days(), 30)
  writeFileSync(file, 'half writ')
  t.equal(days(), 30, 'what was valid before is still served')
  issue(60)
  t.equal(days(), 60)
  rmSync(file)
  t.equal(days(), 60)
  const { storage, memory } = look()
  t.match(storage, { problem: null })
  t.ok((storage?.free ?? 0) > 0)
  t.equal(memory?.table, dataplane.table.memory)
  t.ok((memory?.free ?? 0) > 0)
  t.equal(
    machine({ dataplane, store, directory: '/nowhere', certificate: undefined })().certificateEnds,
    null,
  )
})
