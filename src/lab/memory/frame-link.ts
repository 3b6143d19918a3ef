// The far end of a link of a relay that runs on in-memory devices: a Unix stream socket that
// carries frames, each after its length as a 32-bit big-endian number.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const LENGTH = 4

export class FrameLink {
  #pending = Buffer.alloc(0)
  readonly #listeners = new Set<(frame: Buffer) => void>()

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => this.#take(bytes))
    // The relay's end is closed when it stops; whoever waits for a frame has a timeout.
    socket.on('error', () => {})
  }

  /** Connects as soon as the relay listens, within `patience` milliseconds. */
  static async open(path: string, patience = 10_000): Promise<FrameLink> {
    for (const deadline = performance.now() + patience; ; await sleep(20)) {
      try {
        return new FrameLink(await connected(path))
      } catch (problem) {
        if (performance.now() > deadline) throw problem
      }
    }
  }

  onFrame(listener: (frame: Buffer) => void): void {
    this.#listeners.add(listener)
  }

  send(frame: Buffer): void {
    const length = Buffer.alloc(LENGTH)
    length.writeUInt32BE(frame.length)
    this.socket.write(Buffer.concat([length, frame]))
  }

  close(): void {
    this.socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes])
    while (this.#pending.length >= LENGTH) {
      const end = LENGTH + this.#pending.readUInt32BE()
      if (this.#pending.length < end) return
      const frame = this.#pending.subarray(LENGTH, end)
      this.#pending = this.#pending.subarray(end)
      for (const listener of this.#listeners) listener(frame)
    }
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.on('error', reject)
  })
}
