// A queue as the rest of the relay sees it, from its shared memory.
import type { QueueView } from './counters.js'
import type { QueueState } from './dataplane.js'
import type { QueueSettings } from './settings.js'

/** `running` is its worker's: what a dead one left of its links counts no more. */
export function queueState(settings: QueueSettings, view: QueueView, running: boolean): QueueState {
  const { externalNextHop, internalNextHop } = view
  const externalLinkUp = running && view.externalLinkUp
  const internalLinkUp = running && view.internalLinkUp
  return {
    id: settings.id,
    counters: view.counters(),
    discontinuityTime: view.since,
    batches: view.batches,
    cpuTime: view.cpuTime,
    tableGeneration: view.tableGeneration,
    settingsRevision: view.settingsRevision,
    externalNextHop,
    internalNextHop,
    externalLinkUp,
    internalLinkUp,
    passthruLinkUp: settings.passthruInterface === undefined ? null : running && view.passthruLinkUp,
    carries: {
      ipv4: externalLinkUp && externalNextHop.status !== 'unresolved',
      ipv6: internalLinkUp && internalNextHop.status !== 'unresolved',
    },
  }
}
