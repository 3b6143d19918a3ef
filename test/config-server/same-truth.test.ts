// However somebody follows, he ends up with what GET shows: by WebSocket, by server-sent events, by polling with
// entity-tags; with connections that break at any time, through a thousand random edits of every kind.
import t from 'tap'
import type { JsonObject } from '../../src/schema/json-types.js'
import { instance, queue } from './announce/queues.js'
import { Replica, type WireUpdate } from './feeds/replica.js'
import { build, CONFIG, softwire, TABLE } from './helper.js'
import { EventClient } from './sse/client.js'
import { type Client, listening } from './websocket/client.js'

// Takes its time on a busy machine.
t.setTimeout(120_000)

const EDITS = 1000
const JSON_TYPE = { 'content-type': 'application/yang-data+json' }
const PATCH_TYPE = { 'content-type': 'application/yang-patch+json' }

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Relay = Awaited<ReturnType<typeof listening>>
const list = (softwires: readonly JsonObject[]) => ({
  'snabb-softwire-v3:binding-table': { softwire: softwires },
})
const address = (i: number) => `198.51.${i >> 8}.${i & 255}`

/** One edit, by whatever method. */
async function edit({ send }: Relay, random: (below: number) => number, step: number): Promise<void> {
  const ipv4 = address(random(40))
  const psid = random(8)
  const entry = softwire(ipv4, psid, { padding: random(65536) })
  const at = `${TABLE}/softwire=${ipv4},${psid}`
  const value = { 'snabb-softwire-v3:softwire': [entry] }
  if (step === 300 || step === 700) {
    // So much that it is another table, and not told one by one.
    const all = Array.from({ length: 1500 }, (_, i) => softwire(address(i + step), 1))
    await send('PUT', TABLE, list(all), JSON_TYPE)
    return
  }
  switch (random(8)) {
    case 0:
    case 1:
    case 2:
      await send('PUT', at, value)
      break
    case 3:
      await send('DELETE', at)
      break
    case 4:
      await send('PATCH', at, value)
      break
    case 5: {
      const edits = Array.from({ length: 5 }, (_, i) => {
        const other = softwire(ipv4, (psid + i) % 8, { padding: random(65536) })
        const target = `/softwire=${ipv4},${other.psid}`
        const operation = ['replace', 'remove', 'merge'][random(3)]
        const given = operation === 'remove' ? {} : { value: { 'snabb-softwire-v3:softwire': [other] } }
        return { 'edit-id': String(i), operation, target, ...given }
      })
      await send(
        'PATCH',
        TABLE,
        { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit: edits } },
        PATCH_TYPE,
      )
      break
    }
    case 6:
      await send('PUT', `${CONFIG}/external-interface/mtu`, { 'snabb-softwire-v3:mtu': 1300 + random(200) })
      break
    case 7: {
      // Most of it stays.
      if (random(10) > 0) return
      const body = (await send('GET', `${TABLE}/softwire`)).json() as {
        'snabb-softwire-v3:softwire'?: JsonObject[]
      }
      const kept = (body['snabb-softwire-v3:softwire'] ?? []).filter(() => random(20) > 0)
      await send('PUT', TABLE, list([...kept, softwire(address(50 + random(9)), 3)]), JSON_TYPE)
    }
  }
}

/** Follows by WebSocket; hangs up now and then and comes again with the revision it has. */
class Socket {
  #client: Client | undefined
  #taken = 0

  constructor(
    readonly relay: Relay,
    readonly stream: string,
    readonly take: (update: WireUpdate) => Promise<void> | void,
    readonly place: { revision?: string; epoch?: string; synced?: boolean } = {},
  ) {}

  async connect(): Promise<void> {
    const { stream, place } = this
    const since = place.synced ? { since: place.revision, epoch: place.epoch } : {}
    this.#client = await this.relay.connect()
    this.#taken = 0
    const { epoch } = await this.#client.subscribe({ stream, ...since })
    place.epoch = String(epoch)
  }

  /** Takes what has come; with `hangUp`, loses the connection wherever it is. */
  async read(hangUp: boolean): Promise<void> {
    const client = this.#client as Client
    for (; this.#taken < client.updates.length; this.#taken++) {
      const update = client.updates[this.#taken] as WireUpdate
      await this.take(update)
      this.place.revision = update.revision
      if (update.resync) this.place.synced = false
      if (update.synced) this.place.synced = true
    }
    if (!hangUp) return
    client.socket.terminate()
    await this.connect()
  }
}

const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
const sorted = (all: Iterable<unknown>) => [...all].sort(byJson)

t.test('WebSocket, server-sent events and polling tell the same', async (t) => {
  const relay = await listening(t)
  const random = numbers(7)
  relay.dataplane.current = { instances: [instance('eth0', [queue(0)])] }
  // By WebSocket: the table, the routes, and the whole configuration as YANG patches of another relay.
  const table = new Replica()
  const routes = new Replica()
  const other = await build(t, null)
  const sockets = [
    new Socket(relay, 'binding-table', (update) => table.take(update)),
    new Socket(relay, 'routes', (update) => routes.take(update)),
    new Socket(relay, 'config', async ({ edits, resync }) => {
      if (resync) await other.send('PUT', '/restconf/data', { 'ietf-restconf:data': {} })
      const named = edits.map((edit, i) => ({ 'edit-id': String(i), ...edit }))
      const patch = { 'ietf-yang-patch:yang-patch': { 'patch-id': 'p', edit: named } }
      const answer = await other.send('PATCH', '/restconf/data', patch, PATCH_TYPE)
      if (answer.statusCode !== 200) throw new Error(answer.body)
    }),
  ]
  for (const socket of sockets) await socket.connect()
  // By events.
  const told = new Replica()
  let lastEventId = 'none'
  const open = () =>
    EventClient.open(`${relay.url}/streams/binding-table/json`, { 'last-event-id': lastEventId })
  let events = await open()
  let seen = 0
  const readEvents = async (hangUp: boolean) => {
    for (; seen < events.events.length; seen++) {
      const { id, data } = events.events[seen] as { id: string | undefined; data: string }
      told.take(JSON.parse(data)['ietf-restconf:notification']['lwaftr:update'])
      if (id !== undefined) lastEventId = id
    }
    if (!hangUp) return
    events.close()
    events = await open()
    seen = 0
  }
  // By polling.
  let etag = ''
  let polled: unknown[] = []
  let unchanged = 0
  const poll = async () => {
    const answer = await relay.send(
      'GET',
      `${TABLE}/softwire`,
      undefined,
      etag ? { 'if-none-match': etag } : {},
    )
    etag = String(answer.headers.etag)
    if (answer.statusCode === 304) unchanged++
    else polled = answer.json()['snabb-softwire-v3:softwire'] ?? []
  }

  for (let step = 0; step < EDITS; step++) {
    await edit(relay, random, step)
    for (const socket of sockets) if (random(10) === 0) await socket.read(random(4) === 0)
    if (random(10) === 0) await readEvents(random(4) === 0)
    if (random(10) === 0) await poll()
  }
  await relay.send('PUT', `${TABLE}/softwire=192.0.2.1,0`, {
    'snabb-softwire-v3:softwire': [softwire('192.0.2.1', 0)],
  })
  const { revision } = relay.datastore.running
  const routesRevision = relay.routes.revision
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const socket of sockets) await socket.read(false)
    await readEvents(false)
    const at = [sockets[0]?.place.revision, sockets[2]?.place.revision, told.revision]
    if (at.every((one) => one === String(revision)) && routes.revision === routesRevision) break
  }
  await poll()
  await poll()

  t.ok(revision > EDITS / 2, `${revision} commits`)
  const truth = (await relay.send('GET', `${TABLE}/softwire`)).json()['snabb-softwire-v3:softwire']
  t.equal(truth.length, relay.dataplane.table.size)
  t.same(sorted(table.entries.values()), sorted(truth), 'by WebSocket')
  t.same(sorted(told.entries.values()), sorted(truth), 'by events')
  t.same(sorted(polled), sorted(truth), 'by polling')
  t.ok(unchanged > 0, 'polling is told when nothing changed')
  t.ok(table.resyncs <= 3, `a whole table is told only when it is another: ${table.resyncs} times`)
  const whole = '/restconf/data/snabb-softwire-v3:softwire-config?content=config'
  t.same((await other.send('GET', whole)).json(), (await relay.send('GET', whole)).json(), 'as YANG patches')
  const announced = (await relay.send('GET', '/restconf/data/lwaftr:routes')).json()['lwaftr:routes'].route
  t.ok(announced.length > 10)
  t.same(sorted(routes.entries.values()), sorted(announced), 'routes')
  events.close()
})
