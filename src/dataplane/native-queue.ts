// The queue part of the addon (native/addon/queue.cc) as TypeScript sees it. native.ts loads it.
import type { Order } from './control.js'
import type { LinkPart } from './link-part.js'
import type { CaptureOrder } from './native-capture.js'
import type { QueueSettings } from './settings.js'

export interface QueueOptions {
  /** `internal` is the instance's device; without `external` it is on a stick. */
  readonly internal: string
  readonly external: string | null
  readonly driver: Order['driver']
  readonly socketDirectory: string
  readonly absentLinks: boolean
  /** File of its counters and state. */
  readonly memory: string
  readonly part: LinkPart
  /** Other queues of the instance are open: it takes the driver that they have, so that nothing disturbs them. */
  readonly beside: boolean
  /** Where its memory comes from; null: from wherever its thread runs. */
  readonly memoryNode: number | null
}

export interface QueueUpdate {
  readonly settings?: { readonly value: QueueSettings; readonly revision: number }
  /** Forgets the MACs that its next hops were found to have, and asks for them. */
  readonly purgeNextHops?: true
  readonly table?: { readonly path: string; readonly generation: number }
  /** Captures from now on, into the ring that the leader made in this file; null: no longer. */
  readonly capture?: (CaptureOrder & { readonly ring: string }) | null
  /** Opens this passthru device instead of the one in use; null takes it away. */
  readonly passthru?: string | null
  /** Given with passthru: it is a TAP that an earlier worker created, and goes as one that this one creates. */
  readonly passthruIsOurs?: boolean
}

/** What happened to a passthru device that was asked for. */
export interface Reopened {
  readonly device: string
  /** Null: it is there now. */
  readonly problem: string | null
}

export interface NativeQueue {
  /** Which driver each of its links has, and why not a better one. */
  readonly drivers: readonly { readonly device: string; readonly driver: string }[]
  /** Starts the thread. */
  start(cpu: number | null, name: string): void
  /** Moves the started thread; null: to wherever the process may run. */
  pin(cpu: number | null): void
  /** Returns when the thread forwards by it. An absent passthru device is created as a TAP. */
  apply(update: QueueUpdate): { readonly passthruProblem: string | null }
  /** From now on it receives also what is of this part, so that no frame is missed while it passes between queues. */
  widen(part: LinkPart): void
  /** From now on it receives this part alone. */
  narrow(part: LinkPart): void
  /** Returns when it has forwarded what it had received. */
  drain(): void
  /** Tries to open again what went away. */
  reopen(): Reopened[]
  /** With `removeCreatedTap`, a TAP that was created is deleted; else the next worker attaches to it. */
  stop(removeCreatedTap: boolean): void
}

/** A reader's view of a queue's shared memory. */
export interface NativeQueueMemory {
  /** The whole file as 64-bit words. */
  readonly words: BigUint64Array
  /** Index of the first word of each part. */
  readonly counters: number
  readonly state: number
  /** Milliseconds since 1970. */
  readonly since: number
}

export interface InterfaceInfo {
  /** Linux name; of a PCI address, the one it resolves to. */
  readonly name: string
  readonly mtu: number
  readonly up: boolean
  readonly mac: string
}

export interface NativeQueues {
  /** Opening throws an Error with code and device when a link cannot be. Nothing is received before start(). */
  Queue: { open(options: QueueOptions): NativeQueue }
  /** Null when there is no such file, or one of another layout. */
  queueMemory(path: string): NativeQueueMemory | null
  /** Returns when the kernel receives every frame as was said before the call: tens of milliseconds. */
  waitForReceivers(): void
  /** Makes the file that queueMemory reads, if there is none of this layout. Throws an Error with code. */
  makeQueueMemory(path: string): void
  interfaceInfo(device: string): InterfaceInfo | null
  removeTap(name: string): void
  /** Sends a datagram of sd_notify(3) to NOTIFY_SOCKET. Why it could not, or null. */
  notify(socket: string, message: string): string | null
}
