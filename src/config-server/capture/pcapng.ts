// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, times in nanoseconds since 1970. npm has readers of
// this format and no writer that is kept up.

/** Option codes, of any block and of each. */
const COMMENT = 1
const SECTION = { userApplication: 4 }
const INTERFACE = { name: 2, description: 3, timeResolution: 9, filter: 11 }
const PACKET = { flags: 2 }
const STATISTICS = { received: 4, osDrop: 7 }

const ETHERNET = 1
const NANOSECONDS = 9

export interface Interface {
  readonly name: string
  readonly description: string
  readonly filter: string
  readonly snapLength: number
}

export interface CapturedPacket {
  /** Which of the interfaces, in the order of their blocks. */
  readonly interface: number
  readonly time: bigint
  readonly direction: 'received' | 'sent' | 'inside'
  /** Bytes that it had. */
  readonly length: number
  readonly bytes: Buffer
  readonly comment: string
}

export function sectionHeader(application: string): Buffer {
  const fixed = Buffer.alloc(16)
  fixed.writeUInt32LE(0x1a2b3c4d, 0)
  fixed.writeUInt16LE(1, 4)
  fixed.writeBigInt64LE(-1n, 8) // the section's length: not known
  return block(0x0a0d0d0a, fixed, options([SECTION.userApplication, application]))
}

export function interfaceDescription({ name, description, filter, snapLength }: Interface): Buffer {
  const fixed = Buffer.alloc(8)
  fixed.writeUInt16LE(ETHERNET, 0)
  fixed.writeUInt32LE(snapLength, 4)
  return block(
    1,
    fixed,
    options(
      [INTERFACE.name, name],
      [INTERFACE.description, description],
      [INTERFACE.timeResolution, Buffer.of(NANOSECONDS)],
      ...(filter === '' ? [] : [[INTERFACE.filter, `\0${filter}`] as const]),
    ),
  )
}

export function enhancedPacket(packet: CapturedPacket): Buffer {
  const fixed = Buffer.alloc(20)
  fixed.writeUInt32LE(packet.interface, 0)
  writeTime(fixed, packet.time, 4)
  fixed.writeUInt32LE(packet.bytes.length, 12)
  fixed.writeUInt32LE(packet.length, 16)
  const flags = Buffer.alloc(4)
  flags.writeUInt32LE({ inside: 0, received: 1, sent: 2 }[packet.direction])
  return block(6, fixed, padded(packet.bytes), options([COMMENT, packet.comment], [PACKET.flags, flags]))
}

/** So far: how many packets were captured there, and how many were lost. */
export function interfaceStatistics(index: number, time: bigint, received: number, lost: number): Buffer {
  const fixed = Buffer.alloc(12)
  fixed.writeUInt32LE(index, 0)
  writeTime(fixed, time, 4)
  return block(
    5,
    fixed,
    options([STATISTICS.received, count(received + lost)], [STATISTICS.osDrop, count(lost)]),
  )
}

function block(type: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 12)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(type, 0)
  head.writeUInt32LE(length, 4)
  return Buffer.concat([head, ...parts, head.subarray(4)])
}

function options(...all: readonly (readonly [code: number, value: string | Buffer])[]): Buffer {
  const pieces = all.flatMap(([code, value]) => {
    const bytes = Buffer.from(value)
    const head = Buffer.alloc(4)
    head.writeUInt16LE(code, 0)
    head.writeUInt16LE(bytes.length, 2)
    return [head, padded(bytes)]
  })
  return Buffer.concat([...pieces, Buffer.alloc(4)])
}

/** To 32 bits. */
function padded(bytes: Buffer): Buffer {
  const rest = -bytes.length & 3
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(rest)])
}

function writeTime(into: Buffer, time: bigint, at: number): void {
  into.writeUInt32LE(Number(time >> 32n), at)
  into.writeUInt32LE(Number(time & 0xffff_ffffn), at + 4)
}

function count(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
