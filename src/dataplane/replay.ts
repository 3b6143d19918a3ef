/** The data plane offline: frames from pcap files through one queue's pipeline, without devices or threads. */
import { operatorErrors } from './bench.js'
import { type NativeBindingTable, native } from './native.js'
import type { QueueSettings } from './settings.js'

export interface ReplayFiles {
  readonly v4In: string
  readonly v6In: string
  /** Written: what left each side. */
  readonly v4Out: string
  readonly v6Out: string
}

/** Replays to the end of both inputs; what the queue counted, by name. Time is that of the records. */
export function replay(
  queue: QueueSettings,
  table: NativeBindingTable,
  files: ReplayFiles,
  onAStick: boolean,
): Map<string, bigint> {
  const counted = operatorErrors(() => native.replay({ ...files, settings: { ...queue, onAStick }, table }))
  return new Map(native.counters().map(({ name }, i) => [name, counted[i] ?? 0n]))
}
