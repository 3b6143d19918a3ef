// Which frames of a link are a queue's: native/io/frame_share.h.
import type { QueueSettings } from './settings.js'

export interface FrameShare {
  readonly stations: readonly {
    readonly mac: string
    readonly position: number
    readonly of: number
    readonly passthru: boolean
  }[]
  readonly rest: boolean
  readonly others: readonly string[]
}

function relayMacs({ externalInterface, internalInterface }: QueueSettings): Set<string> {
  return new Set([externalInterface.mac, internalInterface.mac])
}

function macsOf(queue: QueueSettings): Set<string> {
  const router = queue.passthruInterface?.mac
  return router === undefined ? relayMacs(queue) : relayMacs(queue).add(router)
}

export function frameShare(queues: readonly QueueSettings[], queue: QueueSettings): FrameShare {
  const relay = relayMacs(queue)
  // The only queue takes everything but its own bulk as urgent: passthru may come and go without a new filter.
  const own = queues.length === 1 ? relay : macsOf(queue)
  const stations = [...own].map((mac) => {
    const sharing = queues.filter((other) => macsOf(other).has(mac))
    return { mac, position: sharing.indexOf(queue), of: sharing.length, passthru: !relay.has(mac) }
  })
  if (queues.length === 1) return { stations, rest: true, others: [] }
  const others = new Set(queues.flatMap((other) => [...macsOf(other)]).filter((mac) => !own.has(mac)))
  const promiscuous = queues.find((other) => other.passthruInterface?.promiscuous)
  return { stations, rest: promiscuous === queue, others: [...others] }
}
