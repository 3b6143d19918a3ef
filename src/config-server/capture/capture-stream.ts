// A capture as a pcapng file that grows: read from the queues' rings at the client's speed. A client that is too slow
// costs packets, which are counted, and nothing else.
import { Readable } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Capture, CapturedQueue } from '../../dataplane/capture.js'
import { type CapturedFrame, capturedFrames, PORTS, type PortName } from '../../dataplane/capture-records.js'
import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from './pcapng.js'

export interface Limits {
  /** Packets; 0: no limit. */
  readonly count: number
  /** Milliseconds; 0: no limit. */
  readonly duration: number
}

export interface Described {
  readonly filter: string
  readonly snapLength: number
}

/** Milliseconds between looks at empty rings: the smallest holds half a second of 10,000 full frames a second. */
const INTERVAL = 20
/** Bytes taken of a ring before other work has its turn. */
const PIECE = 1 << 17
/** Bytes that wait for the client. */
const AHEAD = 1 << 20

/** Ends the capture when it closes, for whatever reason. */
export function captureStream(capture: Capture, described: Described, limits: Limits): Readable {
  const pieces = new Pieces(capture.queues, described, limits)
  // It is not told of its end while it waits for packets: it has to look.
  const all = pieces.all(() => stream.destroyed)
  const stream: Readable = Readable.from(all, { objectMode: false, highWaterMark: AHEAD })
  stream.once('close', () => void capture.close())
  return stream
}

class Pieces {
  readonly #received: number[]
  #left: number

  constructor(
    readonly queues: readonly CapturedQueue[],
    readonly described: Described,
    readonly limits: Limits,
  ) {
    this.#received = queues.map(() => 0)
    this.#left = limits.count || Number.POSITIVE_INFINITY
  }

  async *all(ended: () => boolean): AsyncGenerator<Buffer> {
    yield Buffer.concat([sectionHeader('lwaftr'), ...this.#interfaces()])
    const deadline = this.limits.duration
      ? performance.now() + this.limits.duration
      : Number.POSITIVE_INFINITY
    let told = 0
    while (!ended() && this.#left > 0 && performance.now() < deadline) {
      const blocks = this.queues.flatMap((queue, i) => this.#packets(queue, i))
      const lost = this.queues.reduce((sum, queue) => sum + queue.lost(), 0)
      if (lost !== told) blocks.push(...this.#statistics())
      told = lost
      if (blocks.length > 0) yield Buffer.concat(blocks)
      await (blocks.length > 0 ? nextTurn() : sleep(INTERVAL))
    }
    yield Buffer.concat(this.#statistics())
  }

  /** Three for each queue, in the order of the ports: their numbers are then easy to tell. */
  #interfaces(): Buffer[] {
    return this.queues.flatMap(({ id, device, ports }) =>
      PORTS.map((port) =>
        interfaceDescription({
          ...this.described,
          name: ports[port] ?? 'none',
          description: `${port}, queue ${id} of ${device}`,
        }),
      ),
    )
  }

  #packets(queue: CapturedQueue, index: number): Buffer[] {
    const blocks: Buffer[] = []
    const now = process.hrtime.bigint()
    const clock = BigInt(Date.now()) * 1_000_000n - now
    for (const frame of capturedFrames(queue.read(PIECE))) {
      if (this.#left === 0) break
      this.#left--
      this.#received[index] = (this.#received[index] ?? 0) + 1
      let { time } = frame
      if (time > now) time = now // whatever a worker says
      blocks.push(
        enhancedPacket({
          ...frame,
          interface: index * PORTS.length + PORTS.indexOf(frame.port),
          time: time + clock,
          comment: verdict(frame, queue.ports),
        }),
      )
    }
    return blocks
  }

  /** A queue's ring is one: what is lost there is said of its first interface. */
  #statistics(): Buffer[] {
    const now = BigInt(Date.now()) * 1_000_000n
    return this.queues.map((queue, i) =>
      interfaceStatistics(i * PORTS.length, now, this.#received[i] ?? 0, queue.lost()),
    )
  }
}

const FATES = {
  held: 'held: its next hop is not known yet',
  own: 'taken by the relay itself',
  merged: 'fragment: put together with others',
  fragmented: 'sent in fragments',
} as const

/** What became of it, and of whose traffic it is: `dropped: drop-no-port-ipv4-packets (core); softwire 192.0.2.1,7`. */
export function verdict(
  { direction, fate, outPort, reason, softwire }: Omit<CapturedFrame, 'bytes' | 'length' | 'time' | 'port'>,
  ports: Readonly<Record<PortName, string | undefined>>,
): string {
  const what =
    fate === 'dropped'
      ? `dropped: ${reason === null ? 'for no reason that there is' : `${reason.name} (${reason.stage})`}`
      : fate !== 'sent'
        ? FATES[fate]
        : direction === 'sent'
          ? 'sent'
          : `sent to ${ports[outPort]}`
  return softwire === null ? what : `${what}; softwire ${softwire.ipv4},${softwire.psid}`
}
