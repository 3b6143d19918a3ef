// Captures of live traffic, one at a time: a ring in shared memory for each queue there is when it begins, which its
// thread fills and the leader reads.
import { rmSync } from 'node:fs'
import { error } from '../errors.js'
import { type Capture, type CapturedQueue, type CaptureOptions, reasonIndex, type Where } from './capture.js'
import { checkFilter } from './filters.js'
import { native } from './native.js'
import type { NativeCaptureRing } from './native-capture.js'
import type { Places } from './places.js'
import type { Supervisor } from './supervisor.js'

/** As in native/core/capture.h. */
const BITS: Readonly<Record<Where, number>> = { in: 1, out: 2, drop: 4, passthru: 8 }

/** Bytes of shared memory: for all queues, and for one at least and at most. */
const MEMORY = { all: 1 << 25, least: 1 << 20, most: 1 << 23 }

const INPUT = '/lwaftr:capture/input'

export class Captures {
  #running: { readonly who: string } | null = null

  constructor(readonly places: Places) {}

  async begin(supervisors: readonly Supervisor[], options: CaptureOptions): Promise<Capture> {
    const { filter, where, snapLength, reason } = options
    const index =
      reason === undefined ? null : reasonIndex(reason, { path: `${INPUT}/reason`, value: reason })
    checkFilter(filter, { path: `${INPUT}/filter`, value: filter })
    if (this.#running !== null) throw error('capture-running', { who: this.#running.who })
    const running = { who: options.who }
    this.#running = running
    const rings: Ring[] = []
    const close = async () => {
      await Promise.allSettled(supervisors.map((supervisor) => supervisor.capture(null)))
      for (const { ring, path } of rings) {
        ring.close()
        rmSync(path, { force: true })
      }
      this.#running = null
    }
    try {
      for (const supervisor of supervisors) rings.push(...this.#open(supervisor, supervisors))
      const order = { filter, where: bits(where), reason: index, snapLength }
      for (const supervisor of supervisors) {
        const its = rings.filter(({ queue }) => queue.device === supervisor.options.device)
        const paths = its.map(({ queue, path }) => ({ queue: queue.id, path }))
        await supervisor.capture({ ...order, rings: paths })
      }
    } catch (problem) {
      await close()
      const why = problem instanceof Error ? problem.message : String(problem)
      throw error('no-memory', { what: 'a capture', problem: why }, { cause: problem })
    }
    let closing: Promise<void> | undefined
    return {
      queues: rings.map(({ queue }) => queue),
      close: () => {
        closing ??= close()
        return closing
      },
    }
  }

  #open({ order }: Supervisor, all: readonly Supervisor[]): Ring[] {
    const count = all.reduce((sum, { order }) => sum + (order?.settings.queues.length ?? 0), 0)
    const { device, externalDevice, queues } = order?.settings ?? { device: '', queues: [] }
    return queues.map(({ id, passthruInterface }) => {
      const path = this.places.captureRing(device, id)
      const ring = native.captureRing(path, ringSize(count))
      this.places.users?.share(path, device)
      const queue = {
        device,
        id,
        ports: { internal: device, external: externalDevice ?? device, passthru: passthruInterface?.device },
        read: (most: number) => ring.read(most),
        lost: () => ring.lost(),
      }
      return { ring, path, queue }
    })
  }
}

interface Ring {
  readonly ring: NativeCaptureRing
  readonly path: string
  readonly queue: CapturedQueue
}

/** A power of two. */
function ringSize(queues: number): number {
  const share = 2 ** Math.floor(Math.log2(MEMORY.all / Math.max(1, queues)))
  return Math.min(MEMORY.most, Math.max(MEMORY.least, share))
}

function bits(where: readonly Where[]): number {
  const wanted = where.length > 0 ? where : (Object.keys(BITS) as Where[])
  return wanted.reduce((sum, one) => sum | BITS[one], 0)
}
