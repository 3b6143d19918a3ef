// Workers and what outlives them, on in-memory devices: no privileges needed.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DataPlane, QueueState } from '../../src/dataplane/dataplane.js'
import { native } from '../../src/dataplane/native.js'
import { openDataPlane } from '../../src/dataplane/open.js'
import { isAlive, isStopped, processesOn } from '../../src/dataplane/processes.js'
import { RELAY, ROUTE_REFLECTOR, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import { MemoryNetwork, SWITCH_STATION } from '../../src/lab/memory/network.js'
import {
  commit,
  eventually,
  freshOptions,
  instance,
  onlyQueue,
  open,
  passthru,
  queue,
  softwireOf,
} from './helper.js'

const { whole } = SUBSCRIBERS
/** Next hops are known at once: the network connects a moment after the relay has asked for them. */
const nextHops = {
  externalInterface: { ip: RELAY.ipv4, mac: RELAY.mac, nextHopMac: SWITCH_STATION.mac },
  internalInterface: { ip: RELAY.ipv6, mac: RELAY.mac, nextHopMac: SWITCH_STATION.mac },
}
const passthruInterface = passthru('int0', ROUTE_REFLECTOR.mac)
const withPassthru = queue({ ...nextHops, passthruInterface })

/** The lab's network at the far ends of eth1 and int0. */
async function network(t: Test, stateDir: string): Promise<MemoryNetwork> {
  const links = [
    await FrameLink.open(join(stateDir, 'link-eth1.sock')),
    await FrameLink.open(join(stateDir, 'link-int0.sock')),
  ] as const
  t.teardown(() => {
    for (const link of links) link.close()
  })
  return new MemoryNetwork(...links)
}

function workerOf(dataplane: DataPlane) {
  const found = dataplane.state().instances[0]?.worker
  if (found === undefined) throw new Error('there is no instance')
  return found
}

async function kill(dataplane: DataPlane): Promise<void> {
  const { pid } = workerOf(dataplane)
  if (pid === null) throw new Error('there is no worker')
  process.kill(pid, 'SIGKILL')
  t.ok(await eventually(() => workerOf(dataplane).status === 'down'), 'its death is noticed')
}

/** Milliseconds in which this process does nothing else. */
function wait(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time)
}

/** Writes whether a queue's links are up as its thread would: native/core/queue_state.h. */
function writeLinks(memory: string, up: bigint): void {
  const state = native.queueMemory(memory)?.state ?? Number.NaN
  const file = openSync(memory, 'r+')
  writeSync(file, BigUint64Array.of(up), 0, 8, (state + 5) * 8)
  closeSync(file)
}

t.test('frames cross in memory: softwire, passthru, and the relay itself', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', withPassthru)], softwireOf(whole))
  const net = await network(t, options.stateDir)
  t.ok(
    await eventually(() => onlyQueue(dataplane).carries.ipv4 && onlyQueue(dataplane).carries.ipv6),
    'resolved',
  )
  t.type(await net.fromSubscriber(whole, 7), 'number', 'subscriber to internet')
  t.type(await net.fromInternet(whole), 'number', 'internet to subscriber')
  t.type(await net.fromReflector({ mac: RELAY.mac, ipv4: RELAY.ipv4 }), 'number', 'router to relay')
})

t.test('purged next hops are asked for again, and packets wait for the answer', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', queue({ passthruInterface }))], softwireOf(whole))
  const net = await network(t, options.stateDir)
  const resolved = () => onlyQueue(dataplane).carries.ipv4 && onlyQueue(dataplane).carries.ipv6
  const asked = () => onlyQueue(dataplane).counters.get('out-arp-request-packets') ?? 0n
  t.ok(await eventually(resolved), 'known by answers')
  const before = asked()
  for (const queue of [null, 0, 0, null]) await dataplane.purgeNeighbors('eth1', queue)
  t.type(await net.fromSubscriber(whole, 7), 'number')
  t.ok(await eventually(resolved))
  t.ok(await eventually(() => asked() > before), 'asked at once, not after three seconds')
  const all = asked()
  await dataplane.purgeNeighbors('eth1', 9)
  await dataplane.purgeNeighbors('eth9', null)
  t.equal(asked(), all, 'what is not there has nothing to forget')
})

t.test('a killed worker is started again, with the counters and softwires of before', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', withPassthru)], softwireOf(whole))
  const before = await network(t, options.stateDir)
  await eventually(() => onlyQueue(dataplane).carries.ipv6)
  t.type(await before.fromSubscriber(whole, 7), 'number')
  const { pid } = workerOf(dataplane)
  const counted = onlyQueue(dataplane).counters.get('in-ipv6-packets') ?? 0n
  await kill(dataplane)
  t.match(onlyQueue(dataplane).carries, { ipv4: false, ipv6: false }, 'it promises nothing while it is down')
  t.ok(await eventually(() => workerOf(dataplane).status === 'running'), 'it runs again')
  t.not(workerOf(dataplane).pid, pid)
  t.equal(workerOf(dataplane).restarts, 1)
  const after = await network(t, options.stateDir)
  await eventually(() => onlyQueue(dataplane).carries.ipv6)
  t.type(await after.fromSubscriber(whole, 7), 'number')
  t.ok((onlyQueue(dataplane).counters.get('in-ipv6-packets') ?? 0n) > counted, 'counting goes on')
})

t.test('a link that is down only while its worker comes back is looked at again', async (t) => {
  const options = freshOptions(t)
  let stopped: number | null = null
  // The moment before the leader tells that the worker is back: its thread has seen no carrier, and sees nothing more.
  const log = (_level: string, message: string) => {
    if (!/runs again/.test(message)) return
    stopped = workerOf(dataplane).pid ?? Number.NaN
    process.kill(stopped, 'SIGSTOP')
    while (!isStopped(stopped)) wait(1)
    writeLinks(`/dev/shm/lwaftr-${options.name}/counters-eth1-0`, 0n)
  }
  const dataplane = await open(t, { ...options, log })
  await commit(dataplane, [instance('eth1', queue(nextHops))])
  const carries = () => onlyQueue(dataplane).carries
  t.ok(await eventually(() => carries().ipv4 && carries().ipv6))
  let told: QueueState['carries'] | null = null
  let back: QueueState['carries'] | null = null
  dataplane.onChange(() => {
    told = carries()
    if (stopped === null) return
    back = told
    // The link has its carrier again before the leader looks at anything else.
    process.kill(stopped, 'SIGCONT')
    stopped = null
    while (!carries().ipv6) wait(1)
  })
  await kill(dataplane)
  t.ok(await eventually(() => back !== null))
  t.same(back, { ipv4: false, ipv6: false }, 'back without a carrier')
  t.ok(await eventually(() => told?.ipv4 === true && told.ipv6 === true), 'told of the carrier')
})

t.test('the last words of workers that die again and again do not fill the disk', async (t) => {
  const options = freshOptions(t)
  const log = join(options.stateDir, 'worker-eth1.log')
  writeFileSync(log, 'x'.repeat((1 << 20) + 1))
  await commit(await open(t, options), [instance('eth1', queue(nextHops))])
  t.equal(statSync(log).size, 0)
  t.equal(statSync(`${log}.old`).size, (1 << 20) + 1, 'the former ones are there until the next')
})

t.test('a commit while the worker is down is not held up, and counts when it is back', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', withPassthru)])
  const away = `${options.stateDir}-away` // without it, no worker can be started
  renameSync(options.stateDir, away)
  await kill(dataplane)
  await commit(dataplane, [instance('eth1', { ...withPassthru, flowLabel: 77 })], softwireOf(whole))
  t.equal(workerOf(dataplane).status, 'down', 'the worker is not back yet')
  renameSync(away, options.stateDir)
  t.ok(await eventually(() => workerOf(dataplane).status === 'running'))
  const net = await network(t, options.stateDir)
  await eventually(() => onlyQueue(dataplane).carries.ipv6)
  t.type(await net.fromSubscriber(whole, 7), 'number', 'by the new softwires')
})

t.test('a worker that dies before what it was started for is in force is started again', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  const prepared = await dataplane.prepare({ instances: [instance('eth1', withPassthru)] })
  const pids = processesOn(`/dev/shm/lwaftr-${options.name}/worker-eth1`)
  t.equal(pids.length, 1)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  // Longer than it takes to be started again for nothing.
  await sleep(400)
  await prepared.apply()
  t.ok(await eventually(() => workerOf(dataplane).status === 'running'))
  t.ok(await eventually(() => onlyQueue(dataplane).carries.ipv4))
})

t.test('a link that cannot be opened keeps no other down that was in force with it', async (t) => {
  const said: string[] = []
  const options = freshOptions(t, { said })
  const dataplane = await open(t, options)
  const obstacle = join(options.stateDir, 'link-broken.sock')
  mkdirSync(obstacle)
  const broken = instance('broken')
  const instances = [instance('eth1', withPassthru), broken]
  await t.rejects(dataplane.prepare({ instances }), { code: 'device' }, 'anew it is refused')
  await t.rejects(dataplane.prepare({ instances: [broken], restored: true }), { code: 'device' })
  await (await dataplane.prepare({ instances, restored: true })).apply()
  const workers = () => dataplane.state().instances.map(({ worker }) => worker)
  t.match(workers(), [{ status: 'running' }, { status: 'down', problem: /broken/ }])
  t.ok(await eventually(() => onlyQueue(dataplane).carries.ipv4))
  t.ok(said.some((line) => /^error: worker of broken: .*; trying again$/.test(line)))
  rmdirSync(obstacle)
  t.ok(await eventually(() => workers()[1]?.status === 'running'), 'tried again')
})

t.test('the next leader adopts the workers, and no packet is lost', async (t) => {
  const options = freshOptions(t)
  const first = await openDataPlane(options)
  await commit(first, [instance('eth1', withPassthru)], softwireOf(whole))
  const net = await network(t, options.stateDir)
  await eventually(() => onlyQueue(first).carries.ipv6)
  const { pid } = workerOf(first)
  let lost = 0
  let done = false
  const traffic = (async () => {
    for (; !done; await sleep(1)) if ((await net.fromSubscriber(whole, 7)) === null) lost++
  })()
  await sleep(50)
  await first.detach()
  await sleep(100)
  const second = await openDataPlane(options)
  await commit(second, [instance('eth1', withPassthru)], softwireOf(whole))
  t.teardown(() => second.close())
  await sleep(50)
  done = true
  await traffic
  t.equal(workerOf(second).pid, pid, 'the same process')
  t.equal(lost, 0, 'every echo was answered')
  t.equal(workerOf(second).restarts, 0)
})

t.test('a worker of an instance that the next leader does not have is ended', async (t) => {
  const options = freshOptions(t)
  const first = await openDataPlane(options)
  await commit(first, [instance('eth1'), instance('eth2')])
  const pids = first.state().instances.map(({ worker }) => worker.pid ?? 0)
  await first.detach()
  const second = await openDataPlane(options)
  await commit(second, [instance('eth2')])
  t.teardown(() => second.close())
  t.equal(workerOf(second).pid, pids[1])
  t.ok(await eventually(() => !isAlive(pids[0] ?? 0)), 'the worker of eth1 is gone')
})

t.test('changing one instance touches no other', async (t) => {
  const dataplane = await open(t)
  await commit(dataplane, [instance('eth1'), instance('eth2')])
  const revisions = () => dataplane.state().instances.map(({ queues }) => queues[0]?.settingsRevision)
  const before = revisions()
  await commit(dataplane, [instance('eth1'), instance('eth2', queue({ flowLabel: 1 }))])
  t.equal(revisions()[0], before[0], 'eth1 has its settings of before')
  t.not(revisions()[1], before[1], 'eth2 has new ones')
  await commit(dataplane, [instance('eth2', queue({ flowLabel: 1 })), instance('eth3')])
  t.strictSame(
    dataplane.state().instances.map(({ device }) => device),
    ['eth2', 'eth3'],
  )
})

t.test('queues that come, change and go cost those that stay no packet', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', withPassthru)], softwireOf(whole))
  const net = await network(t, options.stateDir)
  t.type(await net.fromSubscriber(whole, 7), 'number')
  let [sent, lost, done] = [0, 0, false]
  const traffic = (async () => {
    for (; !done; sent++) if ((await net.fromSubscriber(whole, 7)) === null) lost++
  })()
  const another = (id: number, mac: string) =>
    queue({
      id,
      externalInterface: { ...nextHops.externalInterface, mac },
      internalInterface: { ...nextHops.internalInterface, mac },
    })
  const [first, second] = [another(1, '02:22:22:22:22:01'), another(2, '02:22:22:22:22:02')]
  for (const queues of [[first], [first, second], [another(1, '02:22:22:22:22:03'), second], [second], []]) {
    await commit(dataplane, [instance('eth1', withPassthru, ...queues)])
    await sleep(20)
  }
  done = true
  await traffic
  t.equal(lost, 0, `${sent} echoes were answered`)
})

t.test('single edits and whole tables are forwarded by at once', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1', withPassthru)])
  const net = await network(t, options.stateDir)
  await eventually(() => onlyQueue(dataplane).carries.ipv6)
  t.equal(await net.fromInternet(whole), null, 'no softwire yet')
  await (await dataplane.prepare({ softwires: { edits: softwireOf(whole) } })).apply()
  t.type(await net.fromInternet(whole), 'number', 'edited in')
  const { tableGeneration } = onlyQueue(dataplane)
  await (await dataplane.prepare({ softwires: { replace: new Uint8Array(0) } })).apply()
  t.equal(onlyQueue(dataplane).tableGeneration, tableGeneration + 1)
  t.equal(dataplane.table.size, 0)
  t.equal(await net.fromInternet(whole), null, 'replaced away')
  const memory = `/dev/shm/lwaftr-${options.name}`
  t.notOk(existsSync(join(memory, `table-${tableGeneration}`)), 'the old table is gone')
})

t.test('an aborted change leaves no trace', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  await commit(dataplane, [instance('eth1')])
  const before = dataplane.state()
  const prepared = await dataplane.prepare({
    instances: [instance('eth1', queue({ flowLabel: 5 })), instance('eth2')],
    softwires: { replace: softwireOf(whole) },
  })
  await prepared.abort()
  t.strictSame(
    dataplane.state().instances.map(({ device }) => device),
    ['eth1'],
  )
  t.equal(onlyQueue(dataplane).settingsRevision, before.instances[0]?.queues[0]?.settingsRevision)
  t.equal(dataplane.table.size, 0)
  t.notOk(existsSync(`/dev/shm/lwaftr-${options.name}/worker-eth2`))
})

t.test('what cannot work is refused in the words of the one who knows', async (t) => {
  const dataplane = await open(t)
  const side = { ...queue().external, ingressFilter: 'ip and (' }
  await t.rejects(dataplane.prepare({ instances: [instance('eth1', queue({ external: side }))] }), {
    code: 'bad-filter',
    message: /syntax error/,
  })
  await t.rejects(openDataPlane(freshOptions(t, { cpus: [4096] })), {
    code: 'data-plane',
    message: /no CPU 4096/,
  })
  const twice = Buffer.concat([softwireOf(whole), softwireOf(whole)])
  await t.rejects(dataplane.prepare({ softwires: { replace: twice } }), {
    code: 'softwire-duplicate',
    message: new RegExp(`${whole.ipv4}.*given twice`),
  })
})

t.test('listeners hear of a worker that dies and of next hops that are found', async (t) => {
  const options = freshOptions(t)
  const dataplane = await open(t, options)
  let heard = 0
  const stop = dataplane.onChange(() => heard++)
  await commit(dataplane, [instance('eth1', queue({ passthruInterface }))])
  await network(t, options.stateDir)
  t.ok(await eventually(() => onlyQueue(dataplane).externalNextHop.status === 'resolved'))
  t.equal(onlyQueue(dataplane).externalNextHop.mac, SWITCH_STATION.mac)
  t.ok(await eventually(() => heard > 0))
  heard = 0
  await kill(dataplane)
  t.ok(heard > 0)
  stop()
})

t.test('a clean close leaves nothing', async (t) => {
  const options = freshOptions(t)
  const dataplane = await openDataPlane(options)
  await commit(dataplane, [instance('eth1', withPassthru)])
  const { pid } = workerOf(dataplane)
  await dataplane.close()
  t.ok(await eventually(() => !isAlive(pid ?? 0)), 'no process')
  t.notOk(existsSync(`/dev/shm/lwaftr-${options.name}`), 'no shared memory')
  t.strictSame(
    readdirSync(options.stateDir).filter((file) => !file.endsWith('.log')),
    [],
    'no socket, no link',
  )
})
