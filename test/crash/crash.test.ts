// kill -9 in the middle of everything. After each restart: every acknowledged edit is there, the others are whole or
// not at all, in one order that the history tells; datastore, history and data plane agree.
//
//   CRASH_ROUNDS=200 CRASH_SEED=7 node dist/test/crash/crash.test.js
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import * as f from '../../src/lab/memory/frames.js'
import { configuration, World } from '../cli/relay.js'
import {
  type Acknowledged,
  b4Of,
  type Edit,
  idOfLine,
  type Model,
  type Random,
  randomEdit,
  seeded,
  softwireOf,
  storm,
} from './storm.js'

const rounds = Number(process.env.CRASH_ROUNDS ?? 8)
const seed = Number(process.env.CRASH_SEED ?? 1)
/** Milliseconds from the beginning of a storm to its end. */
const STORM = [20, 1200] as const

interface State {
  readonly revision: number
  readonly model: Model
}

// Of this file and of its one test.
const timeout = 60_000 + rounds * 15_000
t.setTimeout(timeout)

t.test(
  `${rounds} times killed in a storm of edits, the relay has what it acknowledged (seed ${seed})`,
  { timeout },
  async (t) => {
    const world = new World(t)
    world.file('relay.conf', `${configuration}config-server { history { depth 100000; } }\n`)
    const state = `${world.directory}/state`
    const random = seeded(seed)
    const edits = new Map<number, Edit>()
    const figures = { acknowledged: 0, unacknowledged: 0, startsKilled: 0 }
    let relay = await world.run('--state-dir', state)
    let base: State = { revision: 1, model: { softwires: new Map([['193.5.1.100,1', 1]]), mtu: 1460 } }
    for (let round = 1; round <= rounds; round++) {
      const next = () => {
        const edit = randomEdit(random, edits.size + 2, base)
        edits.set(edit.id, edit)
        return edit
      }
      const stormy = storm(relay.url, next)
      await sleep(STORM[0] + random(STORM[1] - STORM[0]))
      const killed = relay.stop('SIGKILL')
      const acknowledged = await stormy
      await killed
      if (random(8) === 0) {
        await killWhileStarting(world, state, random(400))
        figures.startsKilled++
      }
      relay = await world.run('--state-dir', state)
      base = await check(t, { round, url: relay.url, base, acknowledged, edits, figures })
      await checkPackets(t, `${state}/link-link0.sock`, base.model, random)
    }
    t.comment(`revision ${base.revision}; ${JSON.stringify(figures)}`)
    t.match(await relay.stop(), { code: 0 })
    t.same(world.traces(), [])
  },
)

/** A start that does not come to its end: the next one must find things as this one did. */
async function killWhileStarting(world: World, state: string, after: number): Promise<void> {
  const started = world.start('--state-dir', state)
  await sleep(after)
  await started.stop('SIGKILL')
}

interface Round {
  readonly round: number
  readonly url: string
  readonly base: State
  readonly acknowledged: readonly Acknowledged[]
  readonly edits: ReadonlyMap<number, Edit>
  readonly figures: { acknowledged: number; unacknowledged: number }
}

/** Follows the history from the state before the storm to the one after, and holds the relay against it. */
async function check(t: Test, { round, url, base, acknowledged, edits, figures }: Round): Promise<State> {
  const history = (await get(url, '/restconf/data/lwaftr:history'))['lwaftr:history']
  const commits: { revision: string; comment?: string }[] = [...history.commit].reverse()
  const since = commits.filter(({ revision }) => Number(revision) > base.revision)
  const revision = base.revision + since.length
  t.same(
    since.map((commit) => Number(commit.revision)),
    since.map((_, i) => base.revision + 1 + i),
    `round ${round}: revisions follow each other`,
  )
  const made = new Map<number, number>()
  let model = base.model
  for (const commit of since) {
    const id = await idOf(url, commit)
    if (made.has(id)) t.fail(`edit ${id} is there twice`)
    made.set(id, Number(commit.revision))
    const edit = edits.get(id)
    if (!edit) t.fail(`revision ${commit.revision} is nobody's`)
    else model = edit.apply(model)
  }
  const promised = acknowledged.filter(({ changed }) => changed)
  const broken = promised.filter(({ edit: { id }, revision = made.get(id) }) => {
    return revision === undefined || made.get(id) !== revision
  })
  t.same(
    broken.map((one) => [one.edit.id, one.revision]),
    [],
    `round ${round}: every acknowledged edit is there, at its revision`,
  )
  figures.acknowledged += promised.length
  figures.unacknowledged += made.size - promised.length
  const config = await get(url, '/restconf/data/snabb-softwire-v3:softwire-config?content=config')
  const { 'binding-table': table, 'external-interface': external } =
    config['snabb-softwire-v3:softwire-config']
  t.same(
    new Map(table.softwire.map((one: { ipv4: string; psid: number }) => [`${one.ipv4},${one.psid}`, one])),
    new Map([...model.softwires].map(([key, id]) => [key, softwireOf(key, id)])),
    `round ${round}: the softwires are those that the edits lead to`,
  )
  t.equal(external?.mtu ?? 1460, model.mtu, `round ${round}: and so are the settings`)
  t.same(
    new Set(await b4Lines(url, base.revision, revision)),
    new Set(expectedLines(base.model, model)),
    `round ${round}: the history tells the difference`,
  )
  return { revision, model }
}

/** By its comment, or by the softwire that it put. */
async function idOf(
  url: string,
  { revision, comment }: { revision: string; comment?: string },
): Promise<number> {
  if (comment?.startsWith('#')) return Number(comment.slice(1))
  const [line = ''] = (await b4Lines(url, Number(revision) - 1, Number(revision))).filter((one) =>
    one.startsWith('+'),
  )
  return idOfLine(line) ?? -1
}

async function b4Lines(url: string, from: number, to: number): Promise<string[]> {
  const answer = await fetch(`${url}/restconf/operations/lwaftr:compare`, {
    method: 'POST',
    headers: { 'content-type': 'application/yang-data+json' },
    body: JSON.stringify({ 'lwaftr:input': { from, to, limit: 100_000 } }),
  })
  const output = ((await answer.json()) as { 'lwaftr:output': { difference?: string[] } })['lwaftr:output']
  return (output.difference ?? []).filter((line) => line.includes('/b4-ipv6 '))
}

function* expectedLines(before: Model, after: Model): Iterable<string> {
  for (const key of new Set([...before.softwires.keys(), ...after.softwires.keys()])) {
    const [old, fresh] = [before.softwires.get(key), after.softwires.get(key)]
    if (old === fresh) continue
    const [ipv4, psid] = key.split(',')
    const leaf = `/softwire-config/binding-table/softwire[ipv4=${ipv4}][psid=${psid}]/b4-ipv6`
    if (old !== undefined) yield `- ${leaf} ${b4Of(old)}`
    if (fresh !== undefined) yield `+ ${leaf} ${b4Of(fresh)}`
  }
}

/** What the workers forward by, seen from outside: a few packets through a few softwires. */
async function checkPackets(t: Test, socket: string, { softwires }: Model, random: Random): Promise<void> {
  const link = await FrameLink.open(socket)
  const arrived: string[] = []
  let wake = () => {}
  link.onFrame((frame) => {
    if (frame.readUInt16BE(12) !== f.ETHERTYPE.ipv6 || frame[20] !== 4) return
    arrived.push(frame.subarray(38, 54).toString('hex'))
    wake()
  })
  const all = [...softwires]
  for (let i = 0; i < 3; i++) {
    const [key, id] = all[random(all.length)] ?? ['193.5.1.100,1', 1]
    const [ipv4 = '', psid] = key.split(',')
    const udp = Buffer.alloc(16)
    udp.writeUInt16BE(Number(psid) << 10, 2)
    udp.writeUInt16BE(udp.length, 4)
    const packet = f.ipv4(f.addressBytes('198.51.100.1'), f.addressBytes(ipv4), 17, udp)
    const wanted = f.addressBytes(b4Of(id)).toString('hex')
    const arrival = new Promise<void>((resolve) => {
      wake = () => arrived.includes(wanted) && resolve()
    })
    link.send(f.ethernet('02:22:22:22:22:00', '02:00:00:00:00:01', f.ETHERTYPE.ipv4, packet))
    await Promise.race([arrival, sleep(5000, null, { ref: false })])
    t.same([...new Set(arrived.splice(0))], [wanted], `a packet to ${key} leaves for its B4`)
  }
  link.close()
}

async function get(url: string, path: string) {
  const answer = await fetch(url + path)
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
  return JSON.parse(await answer.text())
}
