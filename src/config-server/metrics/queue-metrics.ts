// What queues, links and workers count and are, as metrics: every counter of the data plane once, by its name in the
// model, with the model's description.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { DataPlaneState, NextHopState, QueueState } from '../../dataplane/dataplane.js'
import { native } from '../../dataplane/native.js'
import type { Schema } from '../../schema/schema.js'

/** Of a queue. `instance` would meet the label that Prometheus itself gives to what it scrapes. */
const LABELS = ['device', 'queue'] as const

type QueueLabel = (typeof LABELS)[number]
type QueueMetric = Counter<QueueLabel> | Gauge<QueueLabel>

interface Reading {
  readonly metric: QueueMetric
  /** Undefined where the queue has no such thing. */
  readonly read: (queue: QueueState) => number | undefined
}

/** Registers the metrics; the answer brings them up to date. */
export function queueMetrics(registry: Registry, schema: Schema): (state: DataPlaneState) => void {
  const readings = [...counters(registry, schema), ...gauges(registry)]
  const labelNames = ['device'] as const
  const worker = {
    up: new Gauge({
      name: 'lwaftr_worker_up',
      help: '1 while the process that forwards for the instance runs.',
      labelNames,
      registers: [registry],
    }),
    restarts: new Counter({
      name: 'lwaftr_worker_restarts_total',
      help: 'Times that the process was started again after it died.',
      labelNames,
      registers: [registry],
    }),
  }
  return ({ instances }) => {
    // What is not configured any more has no samples.
    for (const { metric } of readings) metric.reset()
    worker.up.reset()
    worker.restarts.reset()
    for (const { device, worker: state, queues } of instances) {
      worker.up.set({ device }, Number(state.status === 'running'))
      worker.restarts.inc({ device }, state.restarts)
      for (const queue of queues)
        for (const { metric, read } of readings) {
          const value = read(queue)
          if (value !== undefined) metric.inc({ device, queue: String(queue.id) }, value)
        }
    }
  }
}

function counters(registry: Registry, schema: Schema): Reading[] {
  const instance = schema.roots.get('snabb-softwire-v3:softwire-config')?.children.get('instance')
  const places = [
    instance?.children.get('softwire-state'),
    instance?.children.get('queue')?.children.get('lwaftr:passthru-state'),
  ]
  const leaves = places.flatMap((place) => [...(place?.children.values() ?? [])])
  return native.counters().flatMap(({ name }): Reading[] => {
    const leaf = leaves.find((child) => child.name === name)
    if (!leaf) return []
    const isPassthru = leaf.parent === places[1]
    const options = {
      help: (leaf.description ?? name).replaceAll(/\s+/g, ' '),
      labelNames: LABELS,
      registers: [registry],
    }
    const bare = metricName(name)
    return [
      {
        // Memory in use goes both ways.
        metric: name.startsWith('memuse-')
          ? new Gauge({ ...options, name: `${bare}_bytes` })
          : new Counter({ ...options, name: `${bare}_total` }),
        read: ({ counters, passthruLinkUp }) =>
          isPassthru && passthruLinkUp === null ? undefined : Number(counters.get(name) ?? 0n),
      },
    ]
  })
}

/** A counter's name without its unit. Words that Prometheus takes for units are written out. */
export function metricName(counter: string): string {
  return ['lwaftr', ...counter.split('-').map((word) => WRITTEN_OUT[word] ?? word)].join('_')
}

const WRITTEN_OUT: Readonly<Record<string, string>> = {
  ns: 'solicitation',
  na: 'advertisement',
  us: 'this_relay',
}

function gauges(registry: Registry): Reading[] {
  const gauge = (name: string, help: string, read: Reading['read']): Reading => ({
    metric: new Gauge({ name: `lwaftr_${name}`, help, labelNames: LABELS, registers: [registry] }),
    read,
  })
  const cpu = new Counter({
    name: 'lwaftr_queue_cpu_seconds_total',
    help: "CPU time that the queue's thread has taken since it began.",
    labelNames: LABELS,
    registers: [registry],
  })
  const known = ({ status }: NextHopState) => Number(status !== 'unresolved')
  return [
    { metric: cpu, read: ({ cpuTime }) => cpuTime / 1000 },
    gauge('external_link_up', '1 while the link of the IPv4 side is up.', (q) => Number(q.externalLinkUp)),
    gauge('internal_link_up', '1 while the link of the IPv6 side is up.', (q) => Number(q.internalLinkUp)),
    gauge('external_next_hop_resolved', '1 while the MAC of the IPv4 next hop is known.', (q) =>
      known(q.externalNextHop),
    ),
    gauge('internal_next_hop_resolved', '1 while the MAC of the IPv6 next hop is known.', (q) =>
      known(q.internalNextHop),
    ),
    gauge('passthru_link_up', '1 while the passthru device is up.', (q) =>
      q.passthruLinkUp === null ? undefined : Number(q.passthruLinkUp),
    ),
    gauge(
      'counting_since_timestamp_seconds',
      "When the queue's counters began.",
      (q) => q.discontinuityTime.getTime() / 1000,
    ),
  ]
}
