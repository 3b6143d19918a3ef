/** The addon `dataplane` (native/addon) as TypeScript sees it; the only place that loads it. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../root.js'
import type { NativeBench } from './bench.js'
import type { NativeLoads } from './load.js'
import type { NativeB4s } from './native-b4.js'
import type { NativeCaptures } from './native-capture.js'
import type { NativeGuard } from './native-guard.js'
import type { NativeQueues } from './native-queue.js'
import { copiesFor, readCpuinfo } from './processor.js'
import type { QueueSettings } from './settings.js'

export interface CounterInfo {
  /** As in YANG: "in-ipv4-packets". */
  readonly name: string
  /** The YANG container it is shown in. */
  readonly group: 'softwire-state' | 'lwaftr' | 'passthru'
  readonly stage: string
  readonly meaning: string
}

/** A rule across softwires that a list of records breaks. */
export interface RuleBreach {
  readonly rule: 'duplicate' | 'port-set' | 'psid-range' | 'psid-length' | 'br-address'
  /** The record that breaks it. */
  readonly index: number
  /** The record it contradicts, or null when that is a softwire of the table (or the record is wrong by itself). */
  readonly other: number | null
}

export interface PortSet {
  readonly psidLength: number
  readonly reservedPortsBitCount: number
}

/**
 * The writer's side of a binding table; one process. Records are those of schema/softwire-record.ts, addresses unsigned
 * 32-bit numbers. A wrong type throws TypeError or RangeError, a closed table Error.
 */
export interface NativeBindingTable {
  /** Softwires. */
  readonly size: number
  /** Bytes really allocated. */
  readonly memory: number
  /** Bytes of these that only a new table, built beside, would get back. */
  readonly wasted: number
  /** Loads an empty table; nothing is kept on a breach. Throws an Error with code ENOSPC or ENOMEM. */
  build(records: Uint8Array): RuleBreach | null
  /** The rules across softwires, for an ordered list of edits taken as a whole. */
  check(edits: Uint8Array): RuleBreach | null
  /** Gets the memory that apply will need. Throws an Error with code ENOSPC or ENOMEM. */
  prepare(edits: Uint8Array): void
  /** Cannot fail after check and prepare of the same edits; readers see them at once. */
  apply(edits: Uint8Array): void
  get(ipv4: number, psid: number): Uint8Array | null
  /** At most `limit` records in order of (ipv4, psid) from that key on, inclusive. */
  scan(fromIpv4: number, fromPsid: number, limit: number): Uint8Array
  /** How many softwires come before that key in that order. Costs a look at every address before it. */
  rank(ipv4: number, psid: number): number
  /** The softwire that `n` others come before, null when there is none. Costs as rank. */
  nth(n: number): Uint8Array | null
  /** How an address is shared, and by how many; null when it has no softwires. */
  portSet(ipv4: number): (PortSet & { readonly softwires: number }) | null
  /** Unmaps it. The file stays: whoever named it removes it. */
  close(): void
}

/** Pcap files and what to do with them. One that cannot be read or written throws an Error with code EPCAP. */
export interface ReplayOptions {
  readonly settings: QueueSettings
  readonly table: NativeBindingTable
  readonly v4In: string
  readonly v6In: string
  readonly v4Out: string
  readonly v6Out: string
}

export interface Native
  extends NativeQueues,
    NativeB4s,
    NativeBench,
    NativeCaptures,
    NativeGuard,
    NativeLoads {
  /** Every counter, in the order of the counters block. */
  counters(): CounterInfo[]
  /** Equal in builds whose leader and worker can share memory. */
  memoryLayout(): string
  /** libpcap's message, or null when it compiles the filter. */
  compileFilter(pflang: string): string | null
  /** The counters, in the order of counters(). */
  replay(options: ReplayOptions): BigUint64Array
  readonly BindingTable: {
    /** An empty table in a new file of that path (one that is there is unlinked), or in private memory. */
    create(path: string | null): NativeBindingTable
    /** The records in order of (ipv4, psid), those of one key as they were; the same bytes where they are already. */
    inOrder(records: Uint8Array): Uint8Array
  }
}

/** The best copy that this processor runs and that was built for it. */
function load(): Native {
  const path = (name: string) => join(root, `build/Release/${name}.node`)
  const copy = copiesFor(readCpuinfo()).find((name) => existsSync(path(name))) ?? 'dataplane'
  return createRequire(import.meta.url)(path(copy)) as Native
}

export const native = load()
