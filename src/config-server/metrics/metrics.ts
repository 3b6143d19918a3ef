// What Prometheus scrapes. Names follow its conventions: lwaftr_NAME_UNIT, _total for what only grows, help from the
// model. How many series there are depends on the configured queues and on nothing that traffic or clients do.
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { DataPlane } from '../../dataplane/dataplane.js'
import type { Schema } from '../../schema/schema.js'
import { queueMetrics } from './queue-metrics.js'
import { type RelayParts, type RequestCounter, relayMetrics } from './relay-metrics.js'

export interface MetricsParts extends RelayParts {
  readonly schema: Schema
  readonly dataplane: DataPlane
}

export class Metrics {
  readonly requests: RequestCounter
  readonly #registry = new Registry()
  readonly #dataplane: DataPlane
  readonly #refreshQueues: ReturnType<typeof queueMetrics>

  constructor(parts: MetricsParts) {
    this.#dataplane = parts.dataplane
    this.#refreshQueues = queueMetrics(this.#registry, parts.schema)
    this.requests = relayMetrics(this.#registry, parts)
  }

  /** Adds those of this process, once in its life: CPU, memory, file descriptors, event loop. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    this.#refreshQueues(this.#dataplane.state())
    return this.#registry.metrics()
  }
}

/** Gauges that call themselves totals, to which promtool objects. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]
