// A config server around a data plane that records what it is asked, with a real binding table and a real store.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { Access } from '../../src/config-server/access/access.js'
import { Alarms } from '../../src/config-server/alarms/alarms.js'
import { alarmsState } from '../../src/config-server/alarms/state.js'
import type { Surroundings } from '../../src/config-server/alarms/surroundings.js'
import { Routes } from '../../src/config-server/announce/routes.js'
import { announcementState, routesState } from '../../src/config-server/announce/state.js'
import { buildApp } from '../../src/config-server/app.js'
import { Confirmation } from '../../src/config-server/confirmation.js'
import { Datastore } from '../../src/config-server/datastore.js'
import { datastores } from '../../src/config-server/datastores.js'
import { AlarmNotifications, AlarmsFeed } from '../../src/config-server/feeds/alarms-feed.js'
import { configurationFeeds } from '../../src/config-server/feeds/configuration-feed.js'
import { RoutesFeed } from '../../src/config-server/feeds/routes-feed.js'
import { Streams } from '../../src/config-server/feeds/streams.js'
import { History } from '../../src/config-server/history.js'
import { historyState } from '../../src/config-server/history-state.js'
import { Metrics } from '../../src/config-server/metrics/metrics.js'
import { Publisher } from '../../src/config-server/publisher.js'
import { CAPABILITIES } from '../../src/config-server/query.js'
import { restconfState } from '../../src/config-server/restconf-monitoring.js'
import { describeStreams, STREAM_CAPABILITIES } from '../../src/config-server/routes/streams.js'
import { dataPlaneState } from '../../src/config-server/state.js'
import { openStore, type Store } from '../../src/config-server/store.js'
import { systemCapabilities } from '../../src/config-server/system-capabilities.js'
import { Transactions } from '../../src/config-server/transaction.js'
import { yangLibrary } from '../../src/config-server/yang-library.js'
import type { Capture } from '../../src/dataplane/capture.js'
import type { Change, DataPlane, DataPlaneState, Prepared } from '../../src/dataplane/dataplane.js'
import { native } from '../../src/dataplane/native.js'
import { error } from '../../src/errors.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { loadSchema } from '../../src/schema/schema.js'

export const createTable = () => native.BindingTable.create(null)

/** What the data plane was asked, in order: `prepare` with the parts that changed, then `apply` or `abort`. */
export type Call = { prepare: string[] } | 'apply' | 'abort'

export class FakeDataPlane implements DataPlane {
  table = createTable()
  readonly calls: Call[] = []
  readonly changes: Change[] = []
  /** Makes the next prepare fail. */
  failure: Error | undefined
  current: DataPlaneState = { instances: [] }

  async prepare(change: Change): Promise<Prepared> {
    this.calls.push({ prepare: Object.keys(change) })
    this.changes.push(change)
    const failure = this.failure
    this.failure = undefined
    if (failure) throw failure
    const { softwires } = change
    if (softwires && 'replace' in softwires) {
      const next = createTable()
      if (next.build(softwires.replace)) throw error('data-plane', { problem: 'a rule was broken' })
      return this.#prepared(() => {
        this.table.close()
        this.table = next
      })
    }
    if (softwires) this.table.prepare(softwires.edits)
    return this.#prepared(() => softwires && this.table.apply(softwires.edits))
  }

  #prepared(effect: () => void): Prepared {
    return {
      apply: async () => {
        this.calls.push('apply')
        effect()
      },
      abort: async () => {
        this.calls.push('abort')
      },
    }
  }

  state(): DataPlaneState {
    return this.current
  }

  readonly #listeners = new Set<() => void>()

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Queues whose neighbours were purged. */
  readonly purged: string[] = []

  async purgeNeighbors(device: string, queue: number | null): Promise<void> {
    this.purged.push(`${device} ${queue}`)
  }

  /** Has another state from now on, and says so. */
  become(state: DataPlaneState): void {
    this.current = state
    for (const listener of this.#listeners) listener()
  }

  async capture(): Promise<Capture> {
    throw new Error('there is nothing to capture')
  }

  async close(): Promise<void> {}
  async detach(): Promise<void> {}
}

export const schema = loadSchema()

/** Two instances would be one too many for most tests: this is the smallest configuration that forwards. */
export const minimal: JsonObject = {
  'snabb-softwire-v3:softwire-config': {
    instance: [
      {
        device: 'eth0',
        queue: [
          {
            id: 0,
            'external-interface': {
              ip: '172.20.0.100',
              mac: '02:22:22:22:22:00',
              'next-hop': { ip: '172.20.0.1' },
            },
            'internal-interface': {
              ip: '2001:db8::100',
              mac: '02:22:22:22:22:00',
              'next-hop': { mac: '02:22:22:22:22:99' },
            },
          },
        ],
      },
    ],
    'external-interface': { mtu: 1500 },
    'binding-table': { softwire: [softwire('193.5.1.100', 1), softwire('193.5.1.100', 2)] },
  },
}

export function softwire(ipv4: string, psid: number, more: JsonObject = {}): JsonObject {
  const b4 = `2001:db8:b4::${(psid + 1).toString(16)}`
  return { ipv4, psid, 'br-address': '2001:db8::1', 'b4-ipv6': b4, 'port-set': { 'psid-length': 6 }, ...more }
}

export const CONFIG = '/restconf/data/snabb-softwire-v3:softwire-config'
export const TABLE = `${CONFIG}/binding-table`

export async function build(
  t: Test,
  configuration: JsonObject | null = minimal,
  directory = mkdtempSync(join(tmpdir(), 'lwaftr-store-')),
) {
  const dataplane = new FakeDataPlane()
  const store = openStore(directory)
  const parts = services(dataplane, store)
  const app = buildApp({ ...parts, isReady: () => true })
  t.teardown(async () => {
    parts.confirmation.close()
    await app.close()
    await store.close()
    rmSync(directory, { recursive: true })
  })
  if (configuration)
    await parts.transactions.commit({
      edits: [{ operation: 'replace', target: { steps: [] }, value: configuration }],
      who: 'test',
      via: 'file',
      permit: 'everything',
    })
  dataplane.calls.length = 0

  const send = (method: InjectOptions['method'], url: string, payload?: unknown, headers = {}) =>
    app.inject({
      method: method ?? 'GET',
      url,
      ...(payload === undefined
        ? {}
        : { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/yang-data+json' }),
        ...headers,
      },
    })
  /** All that a rejected edit must leave as it was. */
  const snapshot = async () => {
    const got = await send('GET', '/restconf/data?content=config')
    const { revision } = parts.datastore.running
    return {
      body: got.body,
      etag: got.headers.etag,
      revision,
      size: dataplane.table.size,
      history: store.history(9),
    }
  }
  return { ...parts, app, dataplane, store, directory, send, snapshot }
}

/** A machine that nothing is wrong with. */
export const SOUND: Surroundings = { certificateEnds: null, storage: null, memory: null }

export function services(dataplane: DataPlane, store: Store) {
  const datastore = new Datastore(store.id, dataplane)
  const publisher = new Publisher((problem) => {
    throw problem
  })
  const parts = { schema, datastore, dataplane, store, publisher, createTable }
  const routes = new Routes(parts)
  const transactions = new Transactions(parts)
  const history = new History(parts)
  const confirmation = new Confirmation({ ...parts, history, transactions }, () => {})
  const forwarding = [dataPlaneState(schema, dataplane), announcementState(dataplane)]
  // Tests say when it looks.
  const alarms = new Alarms({ ...parts, surroundings: () => SOUND })
  const feeds = [
    ...configurationFeeds({ ...parts, history }),
    new RoutesFeed(schema, routes),
    new AlarmsFeed(schema, alarms),
    new AlarmNotifications(schema, alarms, () => datastore.running.tree),
  ]
  const streams = new Streams({ ...parts, state: forwarding }, feeds)
  const present = datastores(true)
  const access = new Access(parts, { clientCertificates: false, required: false, audit: () => {} })
  const state = [
    ...forwarding,
    historyState(store, transactions),
    yangLibrary(present),
    routesState(routes),
    alarmsState(alarms),
    systemCapabilities(),
    restconfState([...CAPABILITIES, ...STREAM_CAPABILITIES], describeStreams(streams)),
    access.state,
  ]
  const metrics = new Metrics({ ...parts, alarms, access, streams })
  const doors = { access, streams, metrics, datastores: present }
  return { ...parts, ...doors, transactions, history, confirmation, routes, alarms, state }
}

/** What a data plane that forwards tells of itself, with a counter beyond what a double can count. */
export const state = {
  instances: [
    {
      device: 'eth0',
      worker: { status: 'running', pid: 1, restarts: 0, problem: null },
      queues: [
        {
          id: 0,
          counters: new Map([
            ['in-ipv4-packets', 2n ** 53n + 1n],
            ['out-ipv6-packets', 7n],
          ]),
          discontinuityTime: new Date('2026-01-02T03:04:05.000Z'),
          batches: 1n,
          cpuTime: 1234,
          tableGeneration: 1,
          settingsRevision: 1,
          externalNextHop: { status: 'resolved', mac: '02:00:00:00:00:01' },
          internalNextHop: { status: 'static', mac: '02:22:22:22:22:99' },
          externalLinkUp: true,
          internalLinkUp: true,
          passthruLinkUp: null,
          carries: { ipv4: true, ipv6: true },
        },
      ],
    },
  ],
} as const
