// The relay as a whole as metrics: configuration, alarms, followers, requests.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Access } from '../access/access.js'
import { SEVERITIES } from '../alarms/alarm.js'
import type { Alarms } from '../alarms/alarms.js'
import type { Datastore } from '../datastore.js'
import type { Streams } from '../feeds/streams.js'
import type { Publisher } from '../publisher.js'
import { isKnownMethod } from '../resource.js'

export interface RelayParts {
  readonly datastore: Datastore
  readonly publisher: Publisher
  readonly alarms: Alarms
  readonly access: Access
  readonly streams: Streams
}

export interface RequestCounter {
  /** Counts a request that was answered with the status. */
  count(method: string, status: number): void
}

/** Registers the metrics; they read the parts when they are scraped. */
export function relayMetrics(registry: Registry, parts: RelayParts): RequestCounter {
  const { datastore, publisher, alarms, access, streams } = parts
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `lwaftr_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `lwaftr_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })

  gauge('softwires', 'Softwires in the binding table.', () => datastore.table.size)
  gauge('revision', 'Revision of the running configuration.', () => datastore.running.revision)
  gauge(
    'last_commit_timestamp_seconds',
    'When the running configuration was committed.',
    () => datastore.running.time.getTime() / 1000,
  )
  gauge('followers', 'Connections that follow a stream, and WebSockets.', () => streams.followers)
  counter('denied_operations', 'Operations that access control refused.', () => access.denied.operations)
  counter('denied_data_writes', 'Changes that access control refused.', () => access.denied.dataWrites)
  counter(
    'denied_notifications',
    'Notifications that access control kept back.',
    () => access.denied.notifications,
  )
  new Gauge({
    name: 'lwaftr_alarms',
    help: 'Alarms that are raised and not cleared, by severity.',
    labelNames: ['severity'],
    registers,
    collect() {
      for (const severity of SEVERITIES) this.set({ severity }, 0)
      for (const { cleared, severity } of alarms.all) if (!cleared) this.inc({ severity })
    },
  })
  const commits = new Counter({
    name: 'lwaftr_commits_total',
    help: 'Commits since the relay started.',
    registers,
  })
  publisher.subscribe(() => commits.inc())
  const requests = new Counter({
    name: 'lwaftr_http_requests_total',
    help: 'Requests that were answered, by method and class of the status code.',
    labelNames: ['method', 'code'],
    registers,
  })
  return {
    count(method, status) {
      // Whatever clients think of, the number of series is bounded.
      const known = isKnownMethod(method) ? method : 'other'
      requests.inc({ method: known, code: `${Math.floor(status / 100)}xx` })
    },
  }
}
