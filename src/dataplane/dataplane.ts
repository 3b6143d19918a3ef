// What the rest of the relay sees of the data plane: changes are prepared (may fail, leaves no trace), then applied
// (cannot fail) or aborted; state is read from shared memory without asking anyone.
//
//   prepare(change) ──► Prepared.apply()   every live worker forwards by it when the promise resolves
//        │         └──► Prepared.abort()   as if nothing had been asked
//        └─ LwaftrError: what cannot work, named
//
// open.ts constructs it.
import type { Capture, CaptureOptions } from './capture.js'
import type { NativeBindingTable } from './native.js'
import type { InstanceSettings } from './settings.js'

export const DRIVERS = ['auto', 'af-xdp', 'af-packet', 'memory'] as const
export type Driver = (typeof DRIVERS)[number]

export interface DataPlaneOptions {
  /** Name of the relay: names its shared memory and what else outlives a leader. */
  readonly name: string
  /** Directory of the workers' logs (and, with driver `memory`, of the links' sockets). */
  readonly stateDir: string
  /**
   * `auto` is AF_XDP where it is the better choice, else AF_PACKET; the log says which and why. `memory`: every link and passthru device NAME is a Unix stream socket
   * `<stateDir>/link-NAME.sock` that carries frames, each after its length as a 32-bit big-endian number (the framing
   * of QEMU's stream netdev and of passt), so that programs without privileges can be the network.
   */
  readonly driver?: Driver
  /** CPU ids to pin queue threads to, in order of instance and queue; fewer than queues are dealt again. */
  readonly cpus?: readonly number[]
  /** Told what an operator should know: a worker died, a device vanished. */
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void
}

export interface Change {
  /** The whole new list, when settings changed. */
  readonly instances?: readonly InstanceSettings[]
  /** SoftwireRecords: an ordered edit list, or the whole new table. */
  readonly softwires?: { readonly edits: Uint8Array } | { readonly replace: Uint8Array }
  /**
   * It was in force before, and a machine may have lost something since: a link that is gone is waited for, and an
   * instance that cannot be opened keeps no other down.
   */
  readonly restored?: true
}

export interface Prepared {
  /** Cannot fail. Resolves when every live worker forwards by the change; one that is down catches up on its return. */
  apply(): Promise<void>
  /** Frees what was prepared. */
  abort(): Promise<void>
}

export interface DataPlane {
  /** The datastore's view of the softwires: the current generation. Ask anew after each apply(). */
  readonly table: NativeBindingTable
  /** Rejects with LwaftrError. One change at a time: the caller serialises. */
  prepare(change: Change): Promise<Prepared>
  state(): DataPlaneState
  /**
   * Forgets the MACs that next hops of the device's queue (null: of all its queues) were found to have; they are asked
   * for at once, and packets wait meanwhile. Configured ones stay. Rejects with LwaftrError when a worker does not answer.
   */
  purgeNeighbors(device: string, queue: number | null): Promise<void>
  /** Calls back soon after a worker, a link or a next hop changed its state. Returns the unsubscriber. */
  onChange(listener: () => void): () => void
  /** One at a time; others are refused. Rejects with LwaftrError. */
  capture(options: CaptureOptions): Promise<Capture>
  /** Stops the workers and removes the shared memory. */
  close(): Promise<void>
  /** Lets go of workers and shared memory and leaves both running, for the next leader to adopt. */
  detach(): Promise<void>
}

export interface DataPlaneState {
  readonly instances: readonly InstanceState[]
}

export interface InstanceState {
  readonly device: string
  readonly externalDevice?: string
  readonly worker: WorkerState
  readonly queues: readonly QueueState[]
}

export interface WorkerState {
  readonly status: 'running' | 'down'
  /** Process id; null while down. */
  readonly pid: number | null
  /** Times it was started again after it died. */
  readonly restarts: number
  /** Why it is down, in one line. */
  readonly problem: string | null
}

export type NextHopStatus = 'unresolved' | 'static' | 'resolved' | 'probing'

export interface NextHopState {
  readonly status: NextHopStatus
  /** Null while unresolved. */
  readonly mac: string | null
}

export interface QueueState {
  readonly id: number
  /** By the names of counters.def; every counter, also zero. They survive a worker's crash. */
  readonly counters: ReadonlyMap<string, bigint>
  /** When its counters began. */
  readonly discontinuityTime: Date
  /** Passes through the thread's loop. */
  readonly batches: bigint
  /** CPU time of the thread in milliseconds, since it began. */
  readonly cpuTime: number
  readonly tableGeneration: number
  readonly settingsRevision: number
  readonly externalNextHop: NextHopState
  readonly internalNextHop: NextHopState
  readonly externalLinkUp: boolean
  readonly internalLinkUp: boolean
  /** Null without passthru-interface. */
  readonly passthruLinkUp: boolean | null
  /** Worker runs, link is up and the next hop is known: what its routes promise. */
  readonly carries: { readonly ipv4: boolean; readonly ipv6: boolean }
}
