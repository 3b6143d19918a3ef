// Following a relay that runs, over its socket and its port, across a restart.
import { once } from 'node:events'
import t from 'tap'
import { Replica } from '../config-server/feeds/replica.js'
import { EventClient } from '../config-server/sse/client.js'
import { Client } from '../config-server/websocket/client.js'
import { entry, LIST, text, World } from './relay.js'

const TABLE = '/snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,'

t.test('who follows a relay goes on where it was when the relay has been away', async (t) => {
  const world = new World(t)
  const state = `${world.directory}/state`
  const done = async (...words: string[]) => t.match(await world.lwaftr(words), { code: 0 })
  const first = await world.run('--state-dir', state)

  const table = new Replica()
  const client = await Client.open(`ws+unix://${state}/control.sock:/ws`)
  const { epoch } = await client.subscribe({ stream: 'binding-table' })
  const events = await EventClient.open(`${first.url}/streams/binding-table/json`)
  await done('add-config', LIST, text(2))
  await client.until((updates) => updates.length === 2)
  for (const update of client.updates) table.take(update)
  await events.until((one) => one.events.length === 1)
  t.same([...table.entries.keys()], [`${TABLE}1`, `${TABLE}2`])

  const closed = once(client.socket, 'close')
  t.match(await first.stop(), { code: 0 })
  t.equal((await closed)[0], 1001, 'a relay that stops says so')
  await events.until(({ ended }) => ended)

  const second = await world.run('--state-dir', state)
  await done('remove-config', entry(1))
  await done('add-config', LIST, text(3))
  const again = await Client.open(`${second.url.replace('http', 'ws')}/ws`)
  await again.subscribe({ stream: 'binding-table', since: table.revision, epoch })
  await again.until((updates) => updates.at(-1)?.revision === '4')
  for (const update of again.updates) table.take(update)
  t.equal(table.resyncs, 1, 'nothing is told again')
  t.same([...table.entries.keys()], [`${TABLE}2`, `${TABLE}3`])

  const goOn = { 'last-event-id': events.lastEventId ?? '' }
  const more = await EventClient.open(`${second.url}/streams/binding-table/json`, goOn)
  await more.until(({ lastEventId }) => lastEventId === `${epoch}-4`)
  const edits = more.events.flatMap(
    ({ data }) => JSON.parse(data)['ietf-restconf:notification']['lwaftr:update'].edits,
  )
  t.same(edits.map(({ operation, target }) => `${operation} ${target}`).sort(), [
    `create ${TABLE}3`,
    `delete ${TABLE}1`,
  ])

  t.match(await second.stop(), { code: 0 })
  const third = await world.run('--state-dir', state, '--reset')
  const anew = await Client.open(`${third.url.replace('http', 'ws')}/ws`)
  await anew.subscribe({ stream: 'binding-table', since: '1', epoch })
  await anew.until((updates) => updates.length === 1)
  t.match(anew.updates, [{ resync: true, synced: true, edits: [{ target: `${TABLE}1` }] }], 'another store')
  t.match(await third.stop(), { code: 0 })
})
