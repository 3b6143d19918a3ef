// Workers that hang: alive, connected, and forwarding nothing.
import t from 'tap'
import type { DataPlane } from '../../src/dataplane/dataplane.js'
import { Heartbeat } from '../../src/dataplane/heartbeat.js'
import { openDataPlane } from '../../src/dataplane/open.js'
import { commit, eventually, freshOptions, instance, onlyQueue, open, queue } from './helper.js'

const stateOf = (dataplane: DataPlane) => dataplane.state().instances[0]?.worker
/** Milliseconds: a look each half second, ten of them, and a slow machine. */
const PATIENCE = 40_000

t.test('a worker that is stopped is replaced, and a commit meanwhile is in force after', async (t) => {
  const said: string[] = []
  const dataplane = await open(t, { said })
  await commit(dataplane, [instance('eth1')])
  const stopped = stateOf(dataplane)?.pid ?? 0
  const { batches } = onlyQueue(dataplane)
  process.kill(stopped, 'SIGSTOP')
  await commit(dataplane, [instance('eth1', queue({ flowLabel: 7 }))])
  t.ok(
    await eventually(
      () => stateOf(dataplane)?.pid !== stopped && stateOf(dataplane)?.status === 'running',
      PATIENCE,
    ),
  )
  t.match(stateOf(dataplane), { restarts: 1 })
  t.ok(await eventually(() => onlyQueue(dataplane).batches > batches))
  t.match(said, [/the thread of its queue 0 hung; starting it again/], 'the log says what was wrong')
})

t.test('a worker that is stopped does not hold up the next leader', async (t) => {
  const options = freshOptions(t)
  const first = await openDataPlane(options)
  await commit(first, [instance('eth1')])
  const stopped = stateOf(first)?.pid ?? 0
  process.kill(stopped, 'SIGSTOP')
  await first.detach()
  const second = await open(t, options)
  const begin = performance.now()
  await commit(second, [instance('eth1')])
  t.ok(performance.now() - begin < 20_000, 'far less than it would wait for an answer')
  t.not(stateOf(second)?.pid, stopped)
  t.ok(await eventually(() => onlyQueue(second).internalLinkUp))
  t.throws(() => process.kill(stopped, 0), { code: 'ESRCH' }, 'the old one is gone')
})

t.test('a thread hangs that made no pass in ten looks', async (t) => {
  const looks = (passes: (i: number) => [number, bigint][], count = 30) => {
    const heartbeat = new Heartbeat()
    const hung = Array.from({ length: count }, (_, i) => heartbeat.look(new Map(passes(i))))
    return hung.findIndex((id) => id !== null)
  }
  t.equal(
    looks(() => [[0, 5n]]),
    10,
    'the first look and ten more',
  )
  t.equal(
    looks((i) => [[0, BigInt(i)]]),
    -1,
    'one that turns',
  )
  t.equal(
    looks((i) => [[0, BigInt(Math.floor(i / 9))]]),
    -1,
    'one that turns slowly',
  )
  t.equal(
    looks((i) => [
      [0, BigInt(i)],
      [1, 5n],
    ]),
    10,
    'one of two',
  )
  t.equal(
    looks((i) => (i % 8 === 7 ? [] : [[0, 5n]])),
    -1,
    'a queue that is gone and comes again begins anew',
  )
  t.equal(
    looks(() => []),
    -1,
    'no queue yet',
  )
})
