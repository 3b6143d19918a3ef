/**
 * What the leader reads of shared memory that a worker writes, filled by one that was taken over: whatever is in it, the
 * leader answers, and what it answers is of the model's types. `npm run fuzz` gives it time and a seed of its own by
 * LWAFTR_FUZZ_SECONDS.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Blocks } from '../../src/cli/capture/blocks.js'
import { captureStream } from '../../src/config-server/capture/capture-stream.js'
import { QueueView } from '../../src/dataplane/counters.js'
import { Heartbeat } from '../../src/dataplane/heartbeat.js'
import { native } from '../../src/dataplane/native.js'
import { queueState } from '../../src/dataplane/queue-state.js'
import { build } from '../config-server/helper.js'
import { yanglint } from '../conformance/yanglint.js'
import { queue } from '../dataplane/helper.js'
import { Random } from '../schema/random.js'

const rounds = 15
const seconds = Number(process.env.LWAFTR_FUZZ_SECONDS ?? 0)
const seed = seconds > 0 ? Date.now() | 0 : 8341
t.setTimeout((seconds + 120) * 1000)

/** Words that mean something somewhere, or are next to what does. */
const WORDS = [0n, 1n, 2n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 48n + 5n, 2n ** 53n + 1n, 2n ** 63n]
const LAST = 2n ** 64n - 1n

function word(random: Random): bigint {
  if (random.chance(30)) return random.pick(WORDS)
  if (random.chance(20)) return LAST - BigInt(random.below(3))
  return (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))
}

function words(random: Random, count: number): Buffer {
  return Buffer.from(BigUint64Array.from({ length: count }, () => word(random)).buffer)
}

/** Over a file, at a place of it. */
function overwrite(path: string, bytes: Buffer, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

function* time() {
  const end = Date.now() + (seconds * 1000) / 2
  for (let round = 0; seconds > 0 ? Date.now() < end : round < rounds; round++) yield round
}

/** Behind magic and layout, without which a file is none of ours. */
const HEAD = 16
const PATHS = [
  '/restconf/data?content=nonconfig',
  '/restconf/data/snabb-softwire-v3:softwire-state',
  '/restconf/data/snabb-softwire-v3:softwire-config/instance=eth0?content=nonconfig',
  '/restconf/data/lwaftr:routes',
]

t.test('whatever counters and state are, what is told of them is of the model’s types', async (t) => {
  const random = new Random(seed)
  const { dataplane, alarms, send } = await build(t)
  const paths = [0, 1].map((id) => join(t.testdir(), `counters-${id}`))
  mkdirSync(t.testdirName, { recursive: true })
  for (const path of paths) native.makeQueueMemory(path)
  const size = native.queueMemory(paths[0] as string)?.words.byteLength ?? 0
  const documents: string[] = []
  let before = QueueView.open(paths[0] as string)
  let count = 0
  for (const round of time()) {
    for (const path of paths) overwrite(path, words(random, (size - HEAD) / 8), HEAD)
    const queues = paths.flatMap((path, id) => {
      const view = QueueView.open(path)
      if (view === null) throw new Error('it is a file of ours')
      view.signature()
      new Heartbeat().look(new Map([[id, view.batches]]))
      return [queueState(queue({ id }), view, random.chance(80))]
    })
    before?.signature()
    before = QueueView.open(paths[0] as string)
    const worker = { status: 'running', pid: 1, restarts: 0, problem: null } as const
    dataplane.become({ instances: [{ device: 'eth0', worker, queues }] })
    alarms.look()
    for (const path of PATHS)
      for (const accept of ['application/yang-data+json', 'application/yang-data+xml']) {
        const { statusCode, body } = await send('GET', path, undefined, { accept })
        if (statusCode !== 200) t.fail(`seed ${seed}, round ${round}: ${path}: ${statusCode} ${body}`)
        if (accept.endsWith('json') && path === PATHS[0] && documents.length < 40)
          documents.push(
            JSON.stringify((JSON.parse(body) as { 'ietf-restconf:data': object })['ietf-restconf:data']),
          )
      }
    const metrics = await send('GET', '/metrics')
    const values = metrics.body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const strange = values.filter((line) => !/ (\d[\d.]*(e\+\d+)?)$/.test(line))
    if (metrics.statusCode !== 200 || strange.length > 0)
      t.fail(`seed ${seed}, round ${round}: /metrics: ${metrics.statusCode} ${strange.join()}`)
    const ready = await send('GET', '/readyz')
    if (![200, 503].includes(ready.statusCode)) t.fail(`/readyz: ${ready.statusCode} ${ready.body}`)
    count = round
  }
  const files = documents.map((document, i) => {
    const file = join(t.testdirName, `${i}.json`)
    writeFileSync(file, document)
    return file
  })
  const { status, stdout, stderr } = yanglint(files)
  t.equal(status, 0, stderr || stdout || 'yanglint finds the same')
  t.pass(`${count + 1} rounds, seed ${seed}`)
})

const RECORD = 40
const RING = 1 << 16
/** native/core/capture_ring.h: magic, size; head, lost; tail; each group on a cache line of its own. */
const RING_HEAD = { head: 64, lost: 72, tail: 128, records: 192 }

/** A record as the packet path writes it, with some of it changed. */
function record(random: Random): Buffer {
  const captured = random.below(120)
  const size = (RECORD + captured + 7) & ~7
  const bytes = Buffer.alloc(size)
  const numbers = [size, captured, captured, 0]
  for (const [i, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * i)
  bytes.writeBigUInt64LE(process.hrtime.bigint(), 16)
  for (let n = random.below(4); n > 0; n--) bytes.writeUInt8(random.below(256), 12 + random.below(28))
  if (random.chance(30)) bytes.writeBigUInt64LE(word(random), 16)
  if (random.chance(10)) bytes.writeUInt32LE(random.below(2 ** 32), 4 * random.below(3))
  return bytes
}

t.test('whatever a ring holds, a capture is a file that can be read', async (t) => {
  const random = new Random(seed)
  const path = join(t.testdir(), 'capture')
  mkdirSync(t.testdirName, { recursive: true })
  let packets = 0
  let count = 0
  for (const round of time()) {
    rmSync(path, { force: true })
    const ring = native.captureRing(path, RING)
    const records = random.chance(20)
      ? words(random, RING / 8)
      : Buffer.concat(Array.from({ length: random.below(300) }, () => record(random))).subarray(0, RING)
    overwrite(path, records, RING_HEAD.records)
    const numbers = Buffer.alloc(8)
    const put = (value: bigint, at: number) => {
      numbers.writeBigUInt64LE(BigInt.asUintN(64, value))
      overwrite(path, numbers, at)
    }
    put(random.chance(80) ? BigInt(records.length) : word(random), RING_HEAD.head)
    if (random.chance(50)) put(word(random), RING_HEAD.lost)
    if (random.chance(50)) put(word(random), RING_HEAD.tail)
    const capture = {
      queues: [
        {
          device: 'eth0',
          id: 0,
          ports: { external: 'eth0', internal: 'eth0', passthru: undefined },
          read: (most: number) => ring.read(most),
          lost: () => ring.lost(),
        },
      ],
      close: async () => ring.close(),
    }
    const limits = { count: 0, duration: 3 }
    const file = Buffer.concat(
      await captureStream(capture, { filter: '', snapLength: 128 }, limits).toArray(),
    )
    const blocks = new Blocks()
    if (blocks.take(file).length !== file.length) t.fail(`seed ${seed}, round ${round}: not whole blocks`)
    packets += blocks.packets
    count = round
  }
  t.ok(packets > 50, `${packets} packets`)
  t.pass(`${count + 1} rounds, seed ${seed}`)
})
