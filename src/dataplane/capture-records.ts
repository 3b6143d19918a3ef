// What the packet path writes into a capture's ring, record by record: native/core/capture_ring.h says the same.
import { formatIpv4 } from '../schema/addresses.js'
import { native } from './native.js'

/** In the order of native/core/packet.h. */
export const PORTS = ['external', 'internal', 'passthru'] as const
export type PortName = (typeof PORTS)[number]

const DIRECTIONS = ['received', 'sent', 'inside'] as const
const FATES = ['held', 'sent', 'dropped', 'own', 'merged', 'fragmented'] as const

export interface CapturedFrame {
  /** Where it came in or left. */
  readonly port: PortName
  /** `inside`: dropped where it waited, or one of the relay's own. */
  readonly direction: (typeof DIRECTIONS)[number]
  readonly fate: (typeof FATES)[number]
  /** Where it left, if sent. */
  readonly outPort: PortName
  /** Nanoseconds of the machine's monotonic clock. */
  readonly time: bigint
  readonly softwire: { readonly ipv4: string; readonly psid: number } | null
  /** Counter and stage, if dropped. */
  readonly reason: { readonly name: string; readonly stage: string } | null
  /** Bytes that it had. */
  readonly length: number
  /** Those that were kept. */
  readonly bytes: Buffer
}

const RECORD = 40
const NO_PSID = 0xffff_ffff
const COUNTERS = native.counters()

export function* capturedFrames(records: Buffer): Generator<CapturedFrame> {
  for (let at = 0; at < records.length; ) {
    const psid = records.readUInt32LE(at + 28)
    const captured = records.readUInt32LE(at + 4)
    yield {
      port: nth(PORTS, records.readUInt8(at + 12)),
      direction: nth(DIRECTIONS, records.readUInt8(at + 13)),
      fate: nth(FATES, records.readUInt8(at + 14)),
      outPort: nth(PORTS, records.readUInt8(at + 15)),
      time: records.readBigUInt64LE(at + 16),
      softwire: psid === NO_PSID ? null : { ipv4: formatIpv4(records, at + 24), psid },
      reason: COUNTERS[records.readUInt16LE(at + 32)] ?? null,
      length: records.readUInt32LE(at + 8),
      bytes: records.subarray(at + RECORD, at + RECORD + captured),
    }
    at += records.readUInt32LE(at)
  }
}

function nth<T>(names: readonly T[], index: number): T {
  const name = names[index]
  if (name === undefined) throw new Error(`a capture record has no ${index}th of ${names.join()}`)
  return name
}
