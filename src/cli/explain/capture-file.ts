/** Classic pcap in memory: what the command is given, and what the replay reads and writes. */
import { error } from '../../errors.js'

export interface Frame {
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** Ethernet, without FCS. */
  readonly data: Uint8Array
}

const HEADER = 24
const RECORD = 16
const ETHERNET = 1
const NANOSECONDS = 0xa1b23c4d

/** By its first four bytes: seconds' parts, and byte order. */
const FORMS: Readonly<Record<string, { readonly littleEndian: boolean; readonly unit: bigint }>> = {
  d4c3b2a1: { littleEndian: true, unit: 1000n },
  a1b2c3d4: { littleEndian: false, unit: 1000n },
  '4d3cb2a1': { littleEndian: true, unit: 1n },
  a1b23c4d: { littleEndian: false, unit: 1n },
}

export function isCapture(bytes: Buffer): boolean {
  const magic = bytes.toString('hex', 0, 4)
  return magic in FORMS || magic === '0a0d0d0a'
}

/** Throws LwaftrError that names `file`. */
export function readCapture(bytes: Buffer, file: string): Frame[] {
  const fail = (problem: string) => error('file', { file, problem })
  const form = FORMS[bytes.toString('hex', 0, 4)]
  if (form === undefined) throw fail('it is pcapng; tcpdump -r FILE -w OTHER writes it as pcap')
  if (bytes.length < HEADER) throw fail('it ends within its header')
  const word = (at: number) => (form.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  if ((word(20) & 0xffff) !== ETHERNET) throw fail(`link type ${word(20) & 0xffff} instead of Ethernet`)
  const frames: Frame[] = []
  for (let at = HEADER; at < bytes.length; ) {
    const end = at + RECORD + (at + RECORD <= bytes.length ? word(at + 8) : 0)
    if (end > bytes.length) throw fail(`packet ${frames.length + 1} is cut short`)
    const time = BigInt(word(at)) * 1_000_000_000n + BigInt(word(at + 4)) * form.unit
    frames.push({ time, data: bytes.subarray(at + RECORD, end) })
    at = end
  }
  return frames
}

/** Little-endian, nanoseconds. */
export function writeCapture(frames: readonly Frame[]): Buffer {
  const header = Buffer.alloc(HEADER)
  header.writeUInt32LE(NANOSECONDS, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(ETHERNET, 20)
  const pieces = frames.flatMap(({ time, data }) => {
    const record = Buffer.alloc(RECORD)
    record.writeUInt32LE(Number(time / 1_000_000_000n), 0)
    record.writeUInt32LE(Number(time % 1_000_000_000n), 4)
    record.writeUInt32LE(data.length, 8)
    record.writeUInt32LE(data.length, 12)
    return [record, data]
  })
  return Buffer.concat([header, ...pieces])
}
