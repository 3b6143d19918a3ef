// Checksums of what is stored: lmdb has none, and a disk may return something else than it was given.
import { crc32 } from 'node:zlib'

/** What was read is not what was written. */
export class Damaged extends Error {
  override readonly name = 'Damaged'

  constructor(what: string) {
    super(`${what} are not as they were written`)
  }
}

const LENGTH = 4

/** The bytes with their checksum behind them. */
export function sealed(bytes: Uint8Array): Buffer {
  const seal = Buffer.alloc(LENGTH)
  seal.writeUInt32LE(crc32(bytes))
  return Buffer.concat([bytes, seal])
}

/** The bytes without their checksum, which must be theirs: else throws Damaged, naming `what`. */
export function checked(what: string, bytes: Buffer): Buffer {
  const end = bytes.length - LENGTH
  if (end < 0) throw new Damaged(what)
  const content = bytes.subarray(0, end)
  if (crc32(content) !== bytes.readUInt32LE(end)) throw new Damaged(what)
  return content
}
