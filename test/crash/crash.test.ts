// kill -9 in the middle of everything. After each restart: every acknowledged edit is there, the others are whole or
// not at all, in one order that the history tells; datastore, history and data plane agree.
//
//   CRASH_ROUNDS=200 CRASH_SEED=7 node dist/test/crash/crash.test.js
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import * as f from '../../src/lab/memory/frames.js'
import { configuration, World } from '../cli/relay.js'
import { check, type State } from './check.js'
import { b4Of, type Edit, type Model, type Random, randomEdit, seeded, storm } from './storm.js'

const rounds = Number(process.env.CRASH_ROUNDS ?? 5)
const seed = Number(process.env.CRASH_SEED ?? 1)
/** Milliseconds from the beginning of a storm to its end. */
const STORM = [20, 1200] as const

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
      const { acknowledged, refused } = await stormy
      await killed
      t.same(refused, [], 'none of these edits is one to refuse')
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
