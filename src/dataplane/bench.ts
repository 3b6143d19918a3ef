/** One queue's pipeline measured in memory: two pcap files round and round through one thread. */
import { error, LwaftrError } from '../errors.js'
import { type NativeBindingTable, native } from './native.js'
import type { QueueSettings } from './settings.js'

/** How long something took, and what it was done to. */
export interface Run {
  /** Seconds. */
  readonly duration: number
  /** Of these, those for which the thread had a CPU: less where the machine had other things to do. */
  readonly cpuSeconds: number
  /** Packets that came in, of both files. */
  readonly received: number
}

export interface Throughput {
  readonly packets: number
  /** Of Ethernet frames without FCS. */
  readonly bytes: number
}

export interface BenchResult extends Run {
  /** What was sent towards the B4s and towards the internet. */
  readonly encap: Throughput
  readonly decap: Throughput
  /** In the order of the path, CPU time; none at all unless they were asked for. */
  readonly stages: readonly { readonly name: string; readonly meaning: string; readonly seconds: number }[]
}

export interface LiveResult extends Run {
  readonly edits: number
  readonly reloads: number
  /** Seconds for building and swapping, all reloads together. */
  readonly reloadSeconds: number
  /** Packets that left by no tunnel legal at that time, or that should have left and did not, or the reverse. */
  readonly wrong: number
  /** Packets that met a softwire in an edited state. */
  readonly marked: number
}

/** What the addon takes to measure by. */
export interface BenchOptions {
  readonly settings: QueueSettings
  readonly v4In: string
  readonly v6In: string
  readonly seconds: number
  /** Null: not pinned. */
  readonly cpu: number | null
}

export interface LiveEdits {
  readonly edits: number
  readonly reloads: number
  /** Every packet is held against the tunnels that are legal for it, which takes its time. */
  readonly check: boolean
}

export interface NativeBench {
  bench(options: BenchOptions & { readonly table: NativeBindingTable; readonly stages: boolean }): BenchResult
  benchCopy(options: BenchOptions): Run
  benchLive(options: BenchOptions & LiveEdits & { readonly records: Uint8Array }): LiveResult
}

/** As many packets of each file through the pipeline, for some seconds. */
export function bench(table: NativeBindingTable, options: BenchOptions, stages = false): BenchResult {
  return operatorErrors(() => native.bench({ ...resolved(options), table, stages }))
}

/** The same packets only copied into fresh buffers: what the machine gives at best. */
export function benchCopy(options: BenchOptions): Run {
  return operatorErrors(() => native.benchCopy(resolved(options)))
}

/** The same while another thread edits and replaces the softwires, in equal steps over the time. */
export function benchLive(table: NativeBindingTable, options: BenchOptions, live: LiveEdits): LiveResult {
  const records = table.scan(0, 0, table.size)
  return operatorErrors(() => native.benchLive({ ...resolved(options), ...live, records }))
}

/** Nobody answers ARP and NDP here: next hops are taken as known. */
function resolved(options: BenchOptions): BenchOptions {
  const known = ({ nextHopIp: _, ...link }: QueueSettings['externalInterface']) => ({
    ...link,
    nextHopMac: link.nextHopMac ?? '02:00:00:00:00:01',
  })
  const { settings } = options
  const externalInterface = known(settings.externalInterface)
  const internalInterface = known(settings.internalInterface)
  return { ...options, settings: { ...settings, externalInterface, internalInterface, onAStick: false } }
}

/** EPCAP: a file could not be read, written or used, which the message says. Other codes are the system's. */
export function operatorErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    if (cause.code === 'EPCAP') throw new LwaftrError('file', cause.message, { cause })
    throw error('data-plane', { problem: cause.message }, { cause })
  }
}
