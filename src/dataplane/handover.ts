// Frames of a link pass from one queue to another when queues come, go or have other MACs, while they keep coming. No
// queue looks away before another one looks there, and none has new settings before it has done with what was sent to
// it by the old ones:
//
//   begin: widen all ─► the kernel is done with the old parts ─► drain all ─► settings change ─► end: narrow all
//
// Between widen and narrow, AF_PACKET may give a frame to two queues, which both forward it.
import type { Order } from './control.js'
import { type LinkPart, linkPart, noPart } from './link-part.js'
import { native } from './native.js'
import type { NativeQueue } from './native-queue.js'

function partOf({ settings }: Order, id: number): LinkPart {
  const queue = settings.queues.find((queue) => queue.id === id)
  return queue === undefined ? noPart(id, settings.queues) : linkPart(settings.queues, queue)
}

export class Handover {
  /** Whose part changes. */
  readonly #queues: readonly { readonly queue: NativeQueue; readonly next: LinkPart }[]

  /** `queues` are those that run, by id: they stay or go. */
  constructor(before: Order, after: Order, queues: ReadonlyMap<number, NativeQueue>) {
    this.#queues = [...queues]
      .map(([id, queue]) => ({ queue, last: partOf(before, id), next: partOf(after, id) }))
      .filter(({ last, next }) => JSON.stringify(last) !== JSON.stringify(next))
  }

  begin(): void {
    if (this.#queues.length === 0) return
    for (const { queue, next } of this.#queues) queue.widen(next)
    native.waitForReceivers()
    for (const { queue } of this.#queues) queue.drain()
  }

  end(): void {
    for (const { queue, next } of this.#queues) queue.narrow(next)
  }
}
