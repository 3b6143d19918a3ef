/**
 * What leader and worker say to each other, mutated, both ways: a worker that gets anything from a leader forwards on and
 * answers the next; a leader that gets anything from a worker throws nothing that nobody catches, and kills nobody else.
 * `npm run fuzz` gives it time and a seed of its own by LWAFTR_FUZZ_SECONDS.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isReply, isRequest } from '../../src/dataplane/messages.js'
import { Worker } from '../../src/dataplane/worker.js'
import { commit, freshOptions, instance, open, queue } from '../dataplane/helper.js'
import { Random } from '../schema/random.js'
import { change } from './promises.js'

const rounds = 200
const seconds = Number(process.env.LWAFTR_FUZZ_SECONDS ?? 0)
t.setTimeout((seconds + 120) * 1000)

const seed = seconds > 0 ? Date.now() | 0 : 7596

/** Values that are something else than they should be, or too much of it. */
const HOSTILE = [
  null,
  -1,
  1e300,
  0.5,
  '',
  'x'.repeat(70_000),
  '\0',
  '../..',
  [],
  {},
  true,
  '00:00:00:00:00:00',
  '::',
]

/** The value with one of its parts replaced. */
function spoil(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(10)) return random.pick(HOSTILE)
  const copy: Record<string, unknown> = { ...value }
  const name = random.pick(Object.keys(copy))
  copy[name] = spoil(random, copy[name])
  return Array.isArray(value) ? Object.values(copy) : copy
}

t.test('a worker takes anything for what it is, and forwards on', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1')])
  const pid = dataplane.state().instances[0]?.worker.pid
  await dataplane.detach()
  const random = new Random(seed)
  const directory = `/dev/shm/lwaftr-${options.name}`
  const end = Date.now() + (seconds * 1000) / 2
  let taken = 0
  let round = 0
  for (; seconds > 0 ? Date.now() < end : round < rounds; round++) {
    // Its places are left as they are: a leader may have it write anywhere, and so nobody else gets to the socket.
    const order = {
      ...{ revision: round, driver: 'memory', cpus: [null], absentLinks: true },
      ...{ socketDirectory: options.stateDir, memoryDirectory: directory },
      table: { path: `${directory}/table-1`, generation: 1 },
    }
    const settings = spoil(random, instance('eth1', queue()))
    const prepare = { method: 'prepare', id: round, order: { ...order, settings } }
    const lines = random.chance(70)
      ? Buffer.from(`${JSON.stringify(prepare)}\n${JSON.stringify({ method: 'apply', id: round })}\n`)
      : Buffer.concat([
          change(random, Buffer.from('{"method":"hello","id":1}\n{"method":"abort","id":2}')),
          Buffer.from('\n'),
        ])
    if (lines.toString().includes('stop')) continue
    if (isRequest(prepare)) taken++
    const socket = connect(`${directory}/worker-eth1`)
    socket.on('error', () => {}).resume()
    socket.end(lines)
    await once(socket, 'close')
  }
  t.comment(`${round} rounds, seed ${seed}: ${taken} orders were of the right shape`)
  const worker = await Worker.find(`${directory}/worker-eth1`)
  t.equal(worker?.pid, pid, 'it is the same process, and answers')
  await worker?.request({ method: 'stop' }).catch(() => {})
  await worker?.closed
})

t.test('a leader believes nothing that a worker says', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-liar-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const random = new Random(seed)
  const replies = [
    { kind: 'hello', id: 1, version: 3, pid: -1, revision: null },
    { kind: 'done', id: 1 },
    { kind: 'failure', id: 1, message: 'no\nyes', code: 'ENODEV', device: '\u001b[2J' },
    { kind: 'log', level: 'error', message: 'one\ntwo\u001b[31m' },
  ]
  const end = Date.now() + (seconds * 1000) / 2
  let believed = 0
  let round = 0
  for (; seconds > 0 ? Date.now() < end : round < rounds; round++) {
    const path = join(directory, `worker-${round}`)
    const spoilt = spoil(random, random.pick(replies))
    if (isReply(spoilt)) believed++
    const text = random.chance(50)
      ? JSON.stringify(spoilt)
      : change(random, Buffer.from(JSON.stringify(random.pick(replies))))
    const liar = createServer((socket) => socket.on('error', () => {}).end(`${text}\n`)).listen(path)
    await once(liar, 'listening')
    const worker = await Worker.find(path)
    if (worker !== null && worker.pid !== process.pid) t.fail(`${worker.pid} would be killed, for ${text}`)
    worker?.disconnect()
    liar.close()
  }
  t.comment(`${round} replies, ${believed} of the right shape`)
  t.pass('each was found, or found to be none')
})
