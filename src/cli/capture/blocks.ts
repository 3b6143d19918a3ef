// A pcapng file on its way through: whole blocks only, so that it can end anywhere, and what they say of the capture.

const PACKET = 6
const STATISTICS = 5
const OS_DROP = 7

export class Blocks {
  #pending = Buffer.alloc(0)
  #packets = 0
  readonly #lost = new Map<number, number>()

  /** Packets in the blocks so far. */
  get packets(): number {
    return this.#packets
  }

  /** Packets that the relay could not hand over, as it last said. */
  get lost(): number {
    return [...this.#lost.values()].reduce((sum, lost) => sum + lost, 0)
  }

  /** The blocks that are complete now. */
  take(bytes: Uint8Array): Buffer {
    const all = Buffer.concat([this.#pending, bytes])
    let end = 0
    while (end + 8 <= all.length) {
      const length = all.readUInt32LE(end + 4)
      if (length < 12 || length % 4 !== 0) throw new Error('the relay did not send a capture file')
      if (end + length > all.length) break
      this.#look(all.subarray(end, end + length))
      end += length
    }
    this.#pending = all.subarray(end)
    return all.subarray(0, end)
  }

  #look(block: Buffer): void {
    const type = block.readUInt32LE(0)
    if (type === PACKET) this.#packets++
    if (type !== STATISTICS) return
    for (let at = 20; at + 4 <= block.length - 4; ) {
      const length = block.readUInt16LE(at + 2)
      if (block.readUInt16LE(at) === OS_DROP)
        this.#lost.set(block.readUInt32LE(8), Number(block.readBigUInt64LE(at + 4)))
      at += 4 + length + (-length & 3)
    }
  }
}
