// A worker as somebody would find it who has taken it over: what the kernel says that it may do.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import t, { type Test } from 'tap'
import { PROTOCOL_VERSION, sendMessage } from '../../src/dataplane/control.js'
import type { DataPlaneOptions } from '../../src/dataplane/dataplane.js'
import { native } from '../../src/dataplane/native.js'
import { Worker } from '../../src/dataplane/worker.js'
import { commit, eventually, freshOptions, instance, open } from '../dataplane/helper.js'

/** net_admin, net_raw, ipc_lock, bpf. */
const KEPT = (1n << 12n) | (1n << 13n) | (1n << 14n) | (1n << 39n)

async function workerOf(t: Test, options: DataPlaneOptions): Promise<number> {
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1')])
  return dataplane.state().instances[0]?.worker.pid ?? 0
}

/** Each thread's line of /proc/PID/task/TID/status, by the thread's name. */
function threads(pid: number): { name: string; field: (name: string) => string }[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    return { name: field('Name'), field }
  })
}

t.test(
  'threads of a worker have what opens links, those of its queues nothing, and none gets more',
  async (t) => {
    const pid = await workerOf(t, freshOptions(t))
    const isQueue = (name: string) => name === 'lwaftr-queue-0'
    // A thread has its name before it takes its first step.
    const begun = () => threads(pid).some(({ name, field }) => isQueue(name) && /^0+$/.test(field('CapEff')))
    t.ok(await eventually(begun, 20_000))
    const found = threads(pid)
    for (const { name, field } of found) {
      const mask = (set: string) => BigInt(`0x${field(set)}`)
      t.match([field('NoNewPrivs'), field('Seccomp')], ['1', '2'], `${name}: no new privileges, and a filter`)
      const allowed = isQueue(name) ? 0n : KEPT
      for (const set of ['CapPrm', 'CapEff'])
        t.equal(mask(set) & ~allowed, 0n, `${name}: ${set} ${field(set)}`)
      if (process.getuid?.() === 0) t.equal(mask('CapBnd') & ~KEPT, 0n, `${name}: bounding set`)
    }
  },
)

t.test('what a worker shares is closed to other users, and the binding table to itself', async (t) => {
  const options = freshOptions(t)
  await workerOf(t, options)
  const directory = `/dev/shm/lwaftr-${options.name}`
  const modes = readdirSync(directory)
    .filter((name) => name !== 'state')
    .map((name) => [name.replace(/-.*/, ''), (statSync(`${directory}/${name}`).mode & 0o777).toString(8)])
  t.same(modes.sort(), [
    ['counters', '600'],
    ['table', '400'],
    ['worker', '600'],
  ])
  t.equal(statSync(directory).mode & 0o777, 0o700)
})

t.test('whom the leader kills the kernel says, not the worker', async (t) => {
  const options = freshOptions(t)
  const path = `/dev/shm/lwaftr-${options.name}/worker-eth1`
  mkdirSync(dirname(path), { mode: 0o700 })
  t.teardown(() => rmSync(dirname(path), { recursive: true, force: true }))
  const memory = native.memoryLayout()
  const liar = createServer((socket) =>
    socket.on('data', () =>
      sendMessage(socket, {
        kind: 'hello',
        id: 1,
        version: PROTOCOL_VERSION,
        memory,
        pid: -1,
        revision: null,
      }),
    ),
  ).listen(path)
  await once(liar, 'listening')
  t.teardown(() => liar.close())
  const worker = await Worker.find(path)
  t.equal(worker?.pid, process.pid)
  worker?.disconnect()
})
