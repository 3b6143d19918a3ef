// What a capture of live traffic is, for whoever asks for one; captures.ts makes it.
import { type ErrorPlace, error, type LwaftrError } from '../errors.js'
import { hint } from '../schema/suggest.js'
import type { PortName } from './capture-records.js'
import { native } from './native.js'

export type Where = 'in' | 'out' | 'drop' | 'passthru'

export interface CaptureOptions {
  /** For who asks for another one meanwhile. */
  readonly who: string
  /** pflang, on frames without their 802.1Q tag; empty: all. */
  readonly filter: string
  /** None: all of them. */
  readonly where: readonly Where[]
  /** Counter of dropped packets: only those. */
  readonly reason?: string | undefined
  /** Bytes of each frame at most. */
  readonly snapLength: number
}

/** A queue that was there when the capture began. */
export interface CapturedQueue {
  readonly device: string
  readonly id: number
  /** Their devices. */
  readonly ports: Readonly<Record<PortName, string | undefined>>
  /** Records for capture-records.ts, of about `most` bytes in all; empty when there are none. */
  read(most: number): Buffer
  /** Packets that found no room, since nobody read in time. */
  lost(): number
}

export interface Capture {
  readonly queues: readonly CapturedQueue[]
  close(): Promise<void>
}

const COUNTERS = native.counters()

/** Of packets that were there to be captured: sums, and counts of bytes, are no reasons. */
const REASONS = COUNTERS.map(({ name }) => name).filter((name) => /^drop-(?!all-).*(?<!-bytes)$/.test(name))

/** Its place among the counters. Throws LwaftrError. */
export function reasonIndex(name: string, place: ErrorPlace): number {
  if (!REASONS.includes(name)) throw badReason(name, place)
  return COUNTERS.findIndex((counter) => counter.name === name)
}

function badReason(name: string, place: ErrorPlace): LwaftrError {
  const problem = `${name} is no counter of dropped packets${hint(name, REASONS)}`
  return error('bad-value', { name: 'reason', problem }, place)
}
