// The machine's clock is set while the relay runs, or between two of its lives: times that are told are the clock's,
// and nothing else goes by it.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Counts } from '../../src/config-server/access/counts.js'
import type { Pending } from '../../src/config-server/pending-commit.js'
import type { Saved } from '../../src/config-server/store.js'
import { timeLeft, type Waiting, waitingFor } from '../../src/config-server/time-left.js'
import { settableClock } from '../clock.js'
import { instance, queue } from './announce/queues.js'
import { build, FakeDataPlane, services, softwire, TABLE } from './helper.js'

const HOUR = 3_600_000
const YEARS = 10 * 365 * 24 * HOUR

const URL = `${TABLE}/softwire=193.5.1.100,3`
const put = (padding: number) => ({ 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 3, { padding })] })
const confirmed = (timeout: number) => ({
  'lwaftr:input': {
    confirmed: { timeout },
    edit: [
      { 'edit-id': '1', operation: 'create', target: URL.slice('/restconf/data'.length), value: put(1) },
    ],
  },
})
const COMMIT = '/restconf/operations/lwaftr:commit'

for (const by of [-YEARS, HOUR]) {
  t.test(
    `a commit waits to be confirmed for as long as it should, the clock set by ${by / HOUR} h`,
    async (t) => {
      const clock = settableClock(t)
      const { send, dataplane, transactions, store, confirmation } = await build(t)
      await send('POST', COMMIT, confirmed(1))
      clock.jump(by)
      while (transactions.pending) await sleep(20)
      t.equal(dataplane.table.size, 2, 'taken back')

      await send('POST', COMMIT, confirmed(60))
      confirmation.close()
      clock.jump(by)
      const parts = services(new FakeDataPlane(), store)
      await parts.transactions.restore(store.load() as Saved)
      await parts.confirmation.resume()
      t.teardown(() => parts.confirmation.close())
      t.ok(parts.transactions.pending, 'by the next leader it is not taken back too early')
      t.ok(timeLeft(store.pending as Pending) > 50_000)
      t.ok(timeLeft(store.pending as Pending) <= 60_000, 'and not too late')
    },
  )
}

t.test(
  'where the machine was started again there is only its clock, and no wait is longer than it was',
  async (t) => {
    const other = (more: Partial<Waiting>): Waiting => ({
      ...waitingFor(60_000),
      boot: { id: 'another', until: 0 },
      ...more,
    })
    t.ok(timeLeft(other({})) > 59_000)
    t.equal(timeLeft(other({ deadline: new Date(Date.now() + YEARS) })), 60_000)
    t.equal(timeLeft(other({ deadline: new Date(Date.now() - 1) })), 0)
  },
)

t.test('a copy from before the clock was set back does not pass for a fresh one', async (t) => {
  const clock = settableClock(t)
  const { send, store } = await build(t)
  const padding = async (headers = {}) => {
    const { statusCode, headers: got, body } = await send('GET', URL, undefined, headers)
    return { statusCode, modified: got['last-modified'], etag: got.etag, body }
  }
  await send('PUT', URL, put(1))
  const first = await padding()
  t.equal((await padding({ 'if-modified-since': first.modified })).statusCode, 304)
  clock.jump(-HOUR)
  t.equal((await padding({ 'if-modified-since': first.modified })).statusCode, 304, 'nothing changed')

  for (const value of [2, 3]) {
    t.equal((await send('PUT', URL, put(value))).statusCode, 204)
    const now = await padding({ 'if-modified-since': first.modified })
    t.match(now, { statusCode: 200, modified: undefined, body: `"padding":${value}` })
    t.not(now.etag, first.etag)
    t.match(await send('DELETE', URL, undefined, { 'if-unmodified-since': first.modified }), {
      statusCode: 412,
    })
    t.equal((await padding({ 'if-none-match': now.etag })).statusCode, 304, 'entity-tags know no time')
  }
  const [newest] = store.history()
  t.ok(Date.now() - (newest?.time.getTime() ?? 0) < 60_000, 'the history tells the time that it was')

  const next = services(new FakeDataPlane(), store)
  await next.transactions.restore(store.load() as Saved)
  t.same(next.datastore.running.modified, newest?.modified, 'the next leader knows')

  clock.jump(HOUR + 5_000)
  const later = await padding()
  t.ok(Date.parse(later.modified ?? '') > Date.parse(first.modified ?? ''))
  t.equal((await padding({ 'if-modified-since': later.modified })).statusCode, 304)
})

t.test('a revision of the routes from an earlier life is not known, whatever the clock', async (t) => {
  const clock = settableClock(t)
  const ask = async () => {
    const { send, dataplane } = await build(t)
    dataplane.current = { instances: [instance('eth0', [queue(0)])] }
    return async (query = '') =>
      (await send('GET', `/restconf/data/lwaftr:routes${query}`)).json()['lwaftr:routes']
  }
  const begin = Date.now()
  const { revision } = await (await ask())()
  clock.jump(begin - Date.now())
  t.match(await (await ask())(`?since=${revision}`), { resync: true })
})

t.test('who was counted is counted for as long as it should be', async (t) => {
  const clock = settableClock(t)
  const counts = new Counts(200, 10)
  t.same([counts.add('a').count, counts.add('a').count, counts.add('b').count], [1, 2, 1])
  for (const by of [-YEARS, -HOUR, HOUR, YEARS]) {
    clock.jump(by)
    t.equal(counts.get('a').count, 2)
    t.ok(counts.get('a').left <= 200)
  }
  while (counts.get('a').count > 0) await sleep(10)
  t.equal(counts.add('a').count, 1)
  for (let i = 0; i < 10; i++) counts.add(String(i))
  t.equal(counts.get('a').count, 0, 'the oldest is forgotten')
})
