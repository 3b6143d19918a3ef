// A leader of another build after this one's: it goes on with the workers that it understands, and replaces the others.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { PROTOCOL_VERSION, sendMessage } from '../../src/dataplane/control.js'
import { native } from '../../src/dataplane/native.js'
import { Worker } from '../../src/dataplane/worker.js'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import * as f from '../../src/lab/memory/frames.js'
import { processesOf } from '../../src/lab/sweep.js'
import { ALIKE, buildOf, OTHER_PROTOCOL } from '../build.js'
import { World } from '../cli/relay.js'

/** Milliseconds without a worker, on a slow machine. */
const OUTAGE = 20_000
t.setTimeout(120_000)

/** Packets to a softwire, one after another, and which of them come out for its B4. */
class Traffic {
  #link: FrameLink | null = null
  readonly #sent: number[] = []
  readonly #arrived = new Set<number>()
  #last = performance.now()
  #gap = 0
  #done = false
  readonly #going: Promise<void>

  constructor(readonly socket: string) {
    this.#going = this.#go()
  }

  /** `gap`: the longest time without one, in milliseconds. */
  async stop(): Promise<{ lost: number; arrived: number; gap: number }> {
    await sleep(200)
    this.#done = true
    await this.#going
    await sleep(500)
    this.#link?.close()
    return {
      lost: this.#sent.filter((id) => !this.#arrived.has(id)).length,
      arrived: this.#arrived.size,
      gap: this.#gap,
    }
  }

  async arrives(): Promise<void> {
    for (const before = this.#arrived.size; this.#arrived.size === before; ) await sleep(10)
  }

  async #go(): Promise<void> {
    for (let id = 0; !this.#done; await sleep(2)) {
      this.#link ??= await this.#open()
      this.#sent.push(++id)
      const udp = Buffer.alloc(16)
      udp.writeUInt16BE(1 << 10, 2)
      udp.writeUInt16BE(udp.length, 4)
      udp.writeUInt32BE(id, 8)
      const packet = f.ipv4(f.addressBytes('198.51.100.1'), f.addressBytes('193.5.1.100'), 17, udp)
      this.#link.send(f.ethernet('02:22:22:22:22:00', '02:00:00:00:00:01', f.ETHERTYPE.ipv4, packet))
    }
  }

  async #open(): Promise<FrameLink> {
    const link = await FrameLink.open(this.socket, 60_000)
    link.onFrame((frame) => {
      if (frame.readUInt16BE(12) !== f.ETHERTYPE.ipv6 || frame[20] !== 4) return
      this.#arrived.add(frame.readUInt32BE(82))
      const now = performance.now()
      this.#gap = Math.max(this.#gap, now - this.#last)
      this.#last = now
    })
    link.socket.on('close', () => {
      if (this.#link === link) this.#link = null
    })
    return link
  }
}

t.test('workers of the protocol before are gone on with, others are not', async (t) => {
  // A socket's path is short.
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-builds-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  for (const [version, adopted] of [
    [PROTOCOL_VERSION - 2, false],
    [PROTOCOL_VERSION - 1, true],
    [PROTOCOL_VERSION, true],
    [PROTOCOL_VERSION + 1, false],
  ] as const) {
    const hello = {
      kind: 'hello',
      id: 1,
      version,
      memory: native.memoryLayout(),
      pid: 1,
      revision: null,
    } as const
    const path = join(directory, `worker-${version}`)
    const worker = createServer((socket) => socket.on('data', () => sendMessage(socket, hello))).listen(path)
    await once(worker, 'listening')
    const found = await Worker.find(path)
    t.equal(found !== null, adopted, `protocol ${version}`)
    found?.disconnect()
    worker.close()
  }
})

const OTHERS = [
  {
    title: 'a build that speaks alike goes on with the worker, and no packet is lost',
    change: ALIKE,
    adopts: true,
  },
  {
    title: 'a build of another protocol replaces the worker',
    change: OTHER_PROTOCOL,
    adopts: false,
  },
  {
    title: 'a build of another memory layout replaces the worker',
    change: [
      'dataplane/native.js',
      'export const native = load()',
      'export const native = { ...load(), memoryLayout: () => "other" }',
    ],
    adopts: false,
  },
] as const

for (const { title, change, adopts } of OTHERS) {
  t.test(title, async (t) => {
    const world = new World(t)
    const state = join(world.directory, 'state')
    const first = await world.run('--state-dir', state)
    const workers = () => processesOf(process.pid, 'worker-process')
    const before = workers()
    t.equal(before.length, 1)
    const traffic = new Traffic(join(state, 'link-link0.sock'))
    await traffic.arrives()

    world.build = buildOf(world.directory, change)
    t.match(await first.stop('SIGUSR2'), { code: 0 })
    const second = await world.run('--state-dir', state)
    await traffic.arrives()
    const after = workers()
    if (adopts) t.same(after, before, 'the same process')
    else t.ok(after.length === 1 && after[0] !== before[0], 'another process, and only that')
    const { lost, arrived, gap } = await traffic.stop()
    if (adopts) t.equal(lost, 0, `${arrived} packets crossed`)
    else t.ok(gap < OUTAGE, `nothing crossed for ${Math.round(gap)} ms`)
    t.match(await second.stop(), { code: 0 })
    t.same(world.traces(), [])
  })
}
