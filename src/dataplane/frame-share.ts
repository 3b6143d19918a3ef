// Which frames of a link that several queues share are a queue's: native/io/frame_share.h.
import type { QueueSettings } from './settings.js'

export interface FrameShare {
  readonly stations: readonly { readonly mac: string; readonly position: number; readonly of: number }[]
  readonly rest: boolean
  readonly others: readonly string[]
}

function macsOf({ externalInterface, internalInterface, passthruInterface }: QueueSettings): Set<string> {
  const macs = [externalInterface.mac, internalInterface.mac, passthruInterface?.mac]
  return new Set(macs.filter((mac) => mac !== undefined))
}

/** Null: the queue is alone and takes every frame. */
export function frameShare(queues: readonly QueueSettings[], queue: QueueSettings): FrameShare | null {
  if (queues.length === 1) return null
  const own = macsOf(queue)
  const stations = [...own].map((mac) => {
    const sharing = queues.filter((other) => macsOf(other).has(mac))
    return { mac, position: sharing.indexOf(queue), of: sharing.length }
  })
  const others = new Set(queues.flatMap((other) => [...macsOf(other)]).filter((mac) => !own.has(mac)))
  const promiscuous = queues.find((other) => other.passthruInterface?.promiscuous)
  return { stations, rest: promiscuous === queue, others: [...others] }
}
