// Faults by chance, in the middle of traffic and edits; after each, everything that was promised.
//
//   FAULTS_ROUNDS=50 FAULTS_SEED=7 FAULTS_DRIVER=af-xdp npm run test:faults     FAULTS_ONLY='link': those whose name has it
//
// What is injected when, and every edit, comes from the seed. Which edit a kill meets is the machine's.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { INTERNET } from '../../src/lab/addresses.js'
import * as f from '../../src/lab/memory/frames.js'
import { continuousPing, pingUntilAnswered } from '../../src/lab/ping.js'
import { check, type State } from '../crash/check.js'
import { b4Of, type Edit, KEYS, type Random, seeded, send, smallEdit, storm } from '../crash/storm.js'
import { skip } from '../lab/helper.js'
import { CLIENT_FAULTS } from './clients.js'
import { checkCopy, copyOf } from './copies.js'
import type { Fault } from './fault.js'
import { Ground } from './ground.js'
import { Invariants, leavesNothing } from './invariants.js'
import { LINK_FAULTS } from './links.js'
import { PROCESS_FAULTS } from './processes.js'
import { STORAGE_FAULTS } from './storage.js'
import { CLOCK_FAULTS } from './times.js'

const rounds = Number(process.env.FAULTS_ROUNDS ?? 3)
const seed = Number(process.env.FAULTS_SEED ?? 1)
const only = process.env.FAULTS_ONLY ?? ''
/** One or the other by the seed, unless it is named. */
const driver = (process.env.FAULTS_DRIVER ?? ['af-xdp', 'af-packet'][seed % 2]) as Ground['driver']
const WANTED = [
  ...PROCESS_FAULTS,
  ...STORAGE_FAULTS,
  ...CLOCK_FAULTS,
  ...LINK_FAULTS,
  ...CLIENT_FAULTS,
].filter(({ name }) => name.includes(only))
const FAULTS = WANTED.filter(({ obstacle = null }) => obstacle === null)
/** Of examples/lab.conf: the traffic's, and no edit's. */
const TRAFFIC = new Set(['193.5.1.100,0', '193.5.1.101,7'])
/** Milliseconds until packets cross again. */
const RECOVERY = 60_000
const CONNECTIONS = 4
/** Seconds between two pings: no more than a B4 that waits for a CPU has room for. */
const INTERVAL = 0.05

const timeout = 60_000 + rounds * 60_000
t.setTimeout(timeout)

for (const { name, obstacle = null } of WANTED)
  if (obstacle !== null) t.test(name, { skip: obstacle }, async () => {})

t.test(`${rounds} faults, and nothing lost (seed ${seed})`, { skip, timeout }, async (t) => {
  const random = seeded(seed)
  const ground = await Ground.open(t, driver)
  t.teardown(() => t.passing() || t.comment(ground.said))
  await ground.start()
  await pingUntilAnswered(ground.subscriber.host, INTERNET.ipv4, RECOVERY)
  const invariants = new Invariants(ground)
  const figures = { acknowledged: 0, unacknowledged: 0, refused: 0 }
  const injected = new Map<string, number>()
  const edits = new Map<number, Edit>()
  let base: State = { revision: 1, model: { softwires: new Map(), mtu: 1500 } }
  const faults = inTurn(FAULTS, random)
  for (let round = 1; round <= rounds; round++) {
    const fault = faults()
    const title = `round ${round}, ${fault.name}`
    const { acknowledged, refused } = await strike(t, { title, ground, fault, random, edits })
    figures.refused += refused.length
    for (const answer of new Set(refused.map(({ answer }) => answer.replace(/^.* was answered/, ''))))
      t.comment(`${title}: ${answer}`)
    base = await check(t, {
      round,
      url: ground.relay.url,
      base,
      acknowledged,
      refused: refused.map(({ id }) => id),
      edits,
      figures,
      others: TRAFFIC,
    })
    const forwarded = await ground.scan(KEYS)
    const configured = [...base.model.softwires].map(
      ([key, id]) => [key, f.addressBytes(b4Of(id)).toString('hex')] as const,
    )
    t.same(
      forwarded,
      new Map(configured),
      `${title}: packets to every softwire leave for its B4, and no others`,
    )
    await invariants.check(t, title, fault.worker)
    injected.set(fault.name, (injected.get(fault.name) ?? 0) + 1)
  }
  t.comment(`driver ${ground.driver}; revision ${base.revision}; ${JSON.stringify(figures)}`)
  for (const [name, times] of injected) t.comment(`${times} × ${name}`)
  ground.relay.process.kill('SIGTERM')
  t.equal(await ground.relay.ended, 0, 'the relay ends well')
  await leavesNothing(t, ground)
})

interface Strike {
  readonly title: string
  readonly ground: Ground
  readonly fault: Fault
  readonly random: Random
  readonly edits: Map<number, Edit>
}

/** Traffic and edits, and a fault in the middle; then there is a leader again, and packets cross. */
async function strike(t: Test, { title, ground, fault, random, edits }: Strike) {
  const { host } = ground.subscriber
  const pings = continuousPing(host, INTERNET.ipv4, { interval: INTERVAL })
  t.ok(await pings.firstAnswer(RECOVERY), `${title}: packets cross before it`)
  const copy = await copyOf(ground.relay.url)
  const before = ground.counters()
  let over = false
  const next = () => {
    const edit = smallEdit(random, edits.size + 2)
    edits.set(edit.id, edit)
    return edit
  }
  const stormy = storm(ground.relay.url, () => (over ? null : next()), CONNECTIONS)
  await sleep(50 + random(500))
  await fault.inject(ground, random)
  await sleep(random(200))
  over = true
  const { acknowledged, refused } = await stormy
  if (fault.leader === 'lives') t.ok(ground.hasLeader, `${title}: the leader lives`)
  if (!ground.hasLeader) await ground.start()
  t.type(await pingUntilAnswered(host, INTERNET.ipv4, RECOVERY), 'number', `${title}: packets cross after it`)
  const { received, missed } = await pings.stop()
  if (fault.hitless) t.equal(missed, 0, `${title}: no packet of ${received} is lost`)
  if (fault.hitless && missed > 0) t.comment(`dropped meanwhile: ${drops(before, ground.counters())}`)
  const edit = next()
  const answer = await send(ground.relay.url, edit)
  if (typeof answer !== 'object') throw new Error(`${title}: no edit is taken any more: ${answer}`)
  await checkCopy(t, title, ground.relay.url, copy)
  return { acknowledged: [...acknowledged, { edit, ...answer }], refused }
}

/** Whether the relay lost them, or what is around it. */
function drops(before: ReadonlyMap<string, bigint>, after: ReadonlyMap<string, bigint>): string {
  const grown = [...after].filter(
    ([name, count]) => name.includes('drop') && count > (before.get(name) ?? 0n),
  )
  return grown.map(([name, count]) => `${name} +${count - (before.get(name) ?? 0n)}`).join(', ') || 'nothing'
}

/** All of them in an order of chance, again and again. */
function inTurn(faults: readonly Fault[], random: Random): () => Fault {
  let left: Fault[] = []
  return () => {
    if (left.length === 0) left = [...faults]
    const [next] = left.splice(random(left.length), 1)
    if (next === undefined) throw new Error('there is no fault of that name')
    return next
  }
}
