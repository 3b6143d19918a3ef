// The power fails in the middle of a storm of edits: of what was not durable any part is lost, also parts of pages.
// The next leader has what was acknowledged, and the rest whole or not at all.
//
//   POWER_ROUNDS=300 POWER_SEED=7 npm run test:power
import { rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import { processesOf } from '../../src/lab/sweep.js'
import { configuration, World } from '../cli/relay.js'
import { check, type State } from '../crash/check.js'
import { type Edit, type Random, randomEdit, seeded, storm } from '../crash/storm.js'
import { eventually } from '../dataplane/helper.js'
import { Disk } from './disk.js'
import { losePower } from './power.js'

const rounds = Number(process.env.POWER_ROUNDS ?? 1)
const seed = Number(process.env.POWER_SEED ?? 1)
/** Operations of the disk until the power fails: of a start, and of a storm, where an edit takes about ten. */
const OF_THE_FIRST = 30
const OF_A_START = 60
const OF_A_STORM = 400
/** Milliseconds after which it fails anyway. */
const STORM = 3_000
/** Rounds after which there is a new store: a long history takes long to follow. */
const AFRESH = 25
/** Milliseconds until a process that was killed is gone. */
const GONE = 20_000

const timeout = 60_000 + rounds * 60_000
t.setTimeout(timeout)

t.test(
  `the power fails ${rounds} times, and what was acknowledged is there (seed ${seed})`,
  { timeout },
  async (t) => {
    const random = seeded(seed)
    const figures = { acknowledged: 0, unacknowledged: 0, startsCut: 0, sectorsAtRisk: 0, sectorsLost: 0 }
    for (let first = 1; first <= rounds; first += AFRESH) {
      const last = Math.min(first + AFRESH - 1, rounds)
      const title = `rounds ${first} to ${last}`
      await t.test(title, { timeout }, (t) => ofOneStore(t, { first, last, random, figures }))
    }
    t.comment(JSON.stringify(figures))
  },
)

interface Rounds {
  readonly first: number
  readonly last: number
  readonly random: Random
  readonly figures: {
    acknowledged: number
    unacknowledged: number
    startsCut: number
    sectorsAtRisk: number
    sectorsLost: number
  }
}

async function ofOneStore(t: Test, { first, last, random, figures }: Rounds): Promise<void> {
  const world = new World(t)
  world.file('relay.conf', `${configuration}config-server { history { depth 100000; } }\n`)
  const disk = new Disk(world.directory)
  t.teardown(() => disk.close())
  const journal = `${world.directory}/journal`
  Object.assign(world.environment, disk.environment, { FAULTS_JOURNAL: journal })
  const state = `${world.directory}/state`
  const start = () => world.run('--state-dir', state)
  let base: State = { revision: 1, model: { softwires: new Map([['193.5.1.100,1', 1]]), mtu: 1460 } }
  let powerOn = 0
  const losesPower = async () => {
    await machineEnds(world.name)
    const { atRisk, lost } = losePower(`${state}/datastore/data.mdb`, journal, random)
    rmSync(journal)
    figures.sectorsAtRisk += atRisk
    figures.sectorsLost += lost
    world.environment.FAULTS_BOOT = String(10_000_000 + ++powerOn)
    disk.dieAt(0)
  }
  const edits = new Map<number, Edit>()
  const cut = async (operations: number) => {
    disk.dieAt(1 + random(operations))
    const started = await start().catch(() => null)
    await started?.stop('SIGKILL')
    await losesPower()
    figures.startsCut++
  }
  await cut(OF_THE_FIRST)
  let relay = await start()
  for (let round = first; round <= last; round++) {
    disk.dieAt(1 + random(OF_A_STORM))
    const stormy = storm(relay.url, () => {
      const edit = randomEdit(random, edits.size + 2, base)
      edits.set(edit.id, edit)
      return edit
    })
    const fails = setTimeout(() => relay.process.kill('SIGKILL'), STORM)
    const { acknowledged, refused } = await stormy
    clearTimeout(fails)
    await relay.stop('SIGKILL')
    await losesPower()
    t.same(refused, [], 'none of these edits is one to refuse')
    if (random(4) === 0) await cut(OF_A_START)
    relay = await start()
    base = await check(t, { round, url: relay.url, base, acknowledged, edits, figures })
  }
  t.match(await relay.stop(), { code: 0 })
  t.same(world.traces(), [])
}

/** Whatever else runs ends with the machine, and its memory is gone. */
async function machineEnds(name: string): Promise<void> {
  const workers = () => processesOf(process.pid, 'worker-process')
  for (const pid of workers()) process.kill(pid, 'SIGKILL')
  if (!(await eventually(() => workers().length === 0, GONE))) throw new Error('a worker cannot be killed')
  rmSync(`/dev/shm/lwaftr-${name}`, { recursive: true, force: true })
}
