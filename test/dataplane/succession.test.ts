// A leader that comes after another one: what it finds by name or by state directory, and what it must not strand.
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DataPlane, DataPlaneOptions } from '../../src/dataplane/dataplane.js'
import { isReply, isRequest } from '../../src/dataplane/messages.js'
import { openDataPlane } from '../../src/dataplane/open.js'
import { commit, eventually, freshOptions, instance, open, queue } from './helper.js'

const pidOf = (dataplane: DataPlane) => dataplane.state().instances[0]?.worker.pid ?? 0

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** CPUs that a thread may run on, as /proc lists them. */
function cpusOf(pid: number, thread: number): string | undefined {
  return /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))?.[1]
}

/** A thread gives itself its name, a moment after its worker has answered. */
async function cpusOfQueue(pid: number): Promise<string | undefined> {
  const named = (thread: string) =>
    readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').startsWith('lwaftr-queue')
  let found: string | undefined
  await eventually(() => {
    found = readdirSync(`/proc/${pid}/task`).find(named)
    return found !== undefined
  })
  return found === undefined ? undefined : cpusOf(pid, Number(found))
}

/** A leader that commits one instance and is then gone; the pid of the worker it leaves. */
async function predecessor(t: Test, options: DataPlaneOptions): Promise<number> {
  const first = await openDataPlane(options)
  await commit(first, [instance('eth1')])
  const pid = pidOf(first)
  t.teardown(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    rmSync(`/dev/shm/lwaftr-${options.name}`, { recursive: true, force: true })
  })
  await first.detach()
  return pid
}

const socketOf = (options: DataPlaneOptions) => `/dev/shm/lwaftr-${options.name}/worker-eth1`

t.test('with another state directory the workers of the name are adopted', async (t) => {
  const options = freshOptions(t)
  const pid = await predecessor(t, options)
  const second = await open(t, { ...options, stateDir: freshOptions(t).stateDir })
  await commit(second, [instance('eth1')])
  t.equal(pidOf(second), pid)
})

t.test('the next leader moves the threads of adopted workers to the CPUs that it was given', async (t) => {
  const options = freshOptions(t)
  const all = availableParallelism()
  const pid = await predecessor(t, { ...options, cpus: [0] })
  t.equal(await cpusOfQueue(pid), '0')
  for (const [cpus, expected] of [
    [[all - 1], String(all - 1)],
    [[], cpusOf(pid, pid)],
    [[0], '0'],
  ] as const) {
    const next = await openDataPlane({ ...options, cpus })
    await commit(next, [instance('eth1')])
    t.equal(pidOf(next), pid)
    t.equal(await cpusOfQueue(pid), expected)
    await next.detach()
  }
})

t.test('under another name those of the state directory are ended, with all they had', async (t) => {
  const options = freshOptions(t)
  const said: string[] = []
  const pid = await predecessor(t, options)
  const second = await open(t, { ...freshOptions(t, { said }), stateDir: options.stateDir })
  await commit(second, [instance('eth1')])
  t.not(pidOf(second), pid)
  t.notOk(isAlive(pid))
  t.notOk(existsSync(`/dev/shm/lwaftr-${options.name}`), 'no shared memory of the old name')
  t.match(said, [/another relay's: its workers, of .* are ended/])
})

t.test('a name that has moved on keeps its workers', async (t) => {
  const old = freshOptions(t)
  await predecessor(t, old)
  const moved = await open(t, { ...old, stateDir: freshOptions(t).stateDir })
  await commit(moved, [instance('eth1')])
  const other = await open(t, { ...freshOptions(t), stateDir: old.stateDir })
  await commit(other, [instance('eth1')])
  t.ok(isAlive(pidOf(moved)))
  t.not(pidOf(other), pidOf(moved))
})

t.test('a start that fails leaves the workers as they were', async (t) => {
  const options = freshOptions(t)
  const pid = await predecessor(t, options)
  const early = await openDataPlane(options)
  await early.close()
  t.ok(isAlive(pid), 'it failed before it had a configuration')

  const late = await openDataPlane(options)
  const wrong = instance('eth2', queue({ external: { ...queue().external, mtu: -1 } }))
  rmSync(options.stateDir, { recursive: true }) // no worker can be started
  await t.rejects(commit(late, [instance('eth1'), wrong]))
  await late.close()
  t.ok(isAlive(pid), 'it failed at its configuration')

  const third = await open(t, { ...options, stateDir: freshOptions(t).stateDir })
  await commit(third, [instance('eth1')])
  t.equal(pidOf(third), pid)
})

t.test('a worker that nobody can talk to is ended, not left beside its successor', async (t) => {
  const options = freshOptions(t)
  const unreachable = await predecessor(t, options)
  rmSync(socketOf(options))
  const second = await openDataPlane(options)
  await commit(second, [instance('eth1')])
  t.notOk(isAlive(unreachable), 'its socket was gone')

  const strange = pidOf(second)
  await second.detach()
  rmSync(socketOf(options))
  const stranger = createServer((socket) => socket.end('{"kind":"hello","id":"one"}\n')).listen(
    socketOf(options),
  )
  t.teardown(() => stranger.close())
  const third = await open(t, options)
  await commit(third, [instance('eth1')])
  t.notOk(isAlive(strange), 'its answer was none')
  t.not(pidOf(third), strange)
})

t.test('a worker takes no line that is not a message', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1')])
  for (const line of [
    'nonsense',
    '{}',
    'null',
    '{"method":"prepare","id":1,"order":{}}',
    '{"method":"__proto__","id":1}',
  ]) {
    const socket = connect(socketOf(options))
    let ended = false
    socket.on('error', () => {})
    socket.on('close', () => {
      ended = true
    })
    socket.write(`${line}\n`)
    t.ok(await eventually(() => ended), `${line} ends the connection`)
  }
  await sleep(10)
  t.match(dataplane.state().instances, [{ worker: { status: 'running', restarts: 0 } }], 'and nothing else')
  await commit(dataplane, [instance('eth1', queue({ flowLabel: 3 }))])
})

t.test('messages are known by their shape', async (t) => {
  t.ok(isRequest({ method: 'hello', id: 1, since: 'another version' }))
  t.ok(isReply({ kind: 'hello', id: 1, version: 99, pid: 4, revision: null, more: true }))
  t.notOk(isRequest({ method: 'stop' }))
  t.notOk(isRequest({ method: 'stop', id: '1' }))
  t.notOk(isReply({ kind: 'failure', id: 1, message: 5 }))
})

t.test(
  'a directory that somebody else made in the name of a relay is not used',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const options = freshOptions(t)
    const directory = `/dev/shm/lwaftr-${options.name}`
    mkdirSync(directory)
    chownSync(directory, 65534, 65534)
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    await t.rejects(openDataPlane(options), { code: 'data-plane' })
  },
)
