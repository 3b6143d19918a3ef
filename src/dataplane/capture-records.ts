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

/** Records that cannot be are left out: a worker that was taken over may write anything. */
export function* capturedFrames(records: Buffer): Generator<CapturedFrame> {
  for (let at = 0; at < records.length; at += records.readUInt32LE(at)) {
    const [port, direction, fate, outPort] = [
      PORTS[records.readUInt8(at + 12)],
      DIRECTIONS[records.readUInt8(at + 13)],
      FATES[records.readUInt8(at + 14)],
      PORTS[records.readUInt8(at + 15)],
    ]
    if (!port || !direction || !fate || !outPort) continue
    const psid = records.readUInt32LE(at + 28)
    const captured = records.readUInt32LE(at + 4)
    yield {
      port,
      direction,
      fate,
      outPort,
      time: records.readBigUInt64LE(at + 16),
      softwire: psid === NO_PSID ? null : { ipv4: formatIpv4(records, at + 24), psid },
      reason: COUNTERS[records.readUInt16LE(at + 32)] ?? null,
      length: records.readUInt32LE(at + 8),
      bytes: records.subarray(at + RECORD, at + RECORD + captured),
    }
  }
}
