/** The data plane offline: frames from pcap files through one queue's pipeline, without devices or threads. */
import { error, LwaftrError } from '../errors.js'
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

export interface BenchResult {
  /** Seconds. */
  readonly duration: number
  /** What was sent towards the B4s and towards the internet. */
  readonly encap: Throughput
  readonly decap: Throughput
}

export interface Throughput {
  readonly packets: number
  /** Of Ethernet frames without FCS. */
  readonly bytes: number
}

/** Loops two pcap files through one thread, as many packets of each, for some seconds. */
export function bench(
  queue: QueueSettings,
  table: NativeBindingTable,
  files: Pick<ReplayFiles, 'v4In' | 'v6In'>,
  options: { readonly seconds: number; readonly cpu: number | null },
): BenchResult {
  return operatorErrors(() =>
    native.bench({ ...files, ...options, settings: { ...resolved(queue), onAStick: false }, table }),
  )
}

/** Nobody answers ARP and NDP here: next hops are taken as known. */
function resolved(queue: QueueSettings): QueueSettings {
  const known = ({ nextHopIp: _, ...link }: QueueSettings['externalInterface']) => ({
    ...link,
    nextHopMac: link.nextHopMac ?? '02:00:00:00:00:01',
  })
  return {
    ...queue,
    externalInterface: known(queue.externalInterface),
    internalInterface: known(queue.internalInterface),
  }
}

/** EPCAP: a file could not be read or written, which the message names. Other codes are the system's. */
function operatorErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    if (cause.code === 'EPCAP') throw new LwaftrError('file', cause.message, { cause })
    throw error('data-plane', { problem: cause.message }, { cause })
  }
}
