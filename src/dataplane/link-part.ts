// What a queue has of its links: native/io/link_part.h.
import type { QueueSettings } from './settings.js'

export interface LinkPart {
  readonly share: FrameShare
  readonly hardware: HardwareShare
}

/** Which frames of those that come to the kernel: native/io/frame_share.h. */
interface FrameShare {
  readonly stations: readonly {
    readonly mac: string
    readonly position: number
    readonly of: number
    readonly passthru: boolean
  }[]
  readonly rest: boolean
  readonly others: readonly string[]
  readonly promiscuous: boolean
  readonly tagged: boolean
}

function relayMacs({ externalInterface, internalInterface }: QueueSettings): Set<string> {
  return new Set([externalInterface.mac, internalInterface.mac])
}

function macsOf(queue: QueueSettings): Set<string> {
  const router = queue.passthruInterface?.mac
  return router === undefined ? relayMacs(queue) : relayMacs(queue).add(router)
}

function frameShare(queues: readonly QueueSettings[], queue: QueueSettings): FrameShare {
  const relay = relayMacs(queue)
  const own = macsOf(queue)
  const stations = [...own].map((mac) => {
    const sharing = queues.filter((other) => macsOf(other).has(mac))
    return { mac, position: sharing.indexOf(queue), of: sharing.length, passthru: !relay.has(mac) }
  })
  const others = new Set(queues.flatMap((other) => [...macsOf(other)]).filter((mac) => !own.has(mac)))
  const promiscuous = queues.find((other) => other.passthruInterface?.promiscuous) === queue
  const { internalInterface, externalInterface, passthruInterface } = queue
  const tagged = [internalInterface, externalInterface, passthruInterface].some(
    (at) => at?.vlanTag !== undefined,
  )
  // The only queue counts what is for nobody.
  return { stations, rest: promiscuous || queues.length === 1, others: [...others], promiscuous, tagged }
}

/** With AF_XDP the card deals the frames, by hash, to its receive queues: native/io/xdp_interface.h. */
interface HardwareShare {
  /** Its hardware receive queue, and those of all queues of the instance. */
  readonly queue: number
  readonly queues: readonly number[]
  /** The relay's MACs on their VLANs. */
  readonly stations: readonly { readonly mac: string; readonly vlanTag: number | null }[]
  /** The queues' MACs differ: a hash does not find the right one. */
  readonly ownMacs: boolean
}

function hardwareShare(queues: readonly QueueSettings[], queue: QueueSettings): HardwareShare {
  const own = relayMacs(queue)
  const isOwn = (mac: string) => own.has(mac)
  return {
    queue: queue.id,
    queues: queues.map(({ id }) => id),
    stations: [queue.internalInterface, queue.externalInterface].map(({ mac, vlanTag }) => ({
      mac,
      vlanTag: vlanTag ?? null,
    })),
    ownMacs: !queues.every((other) => [...relayMacs(other)].every(isOwn)),
  }
}

export function linkPart(queues: readonly QueueSettings[], queue: QueueSettings): LinkPart {
  return { share: frameShare(queues, queue), hardware: hardwareShare(queues, queue) }
}

/** Of a queue that goes: nothing. */
export function noPart(queue: number, queues: readonly QueueSettings[]): LinkPart {
  return {
    share: { stations: [], rest: false, others: [], promiscuous: false, tagged: false },
    hardware: { queue, queues: queues.map(({ id }) => id), stations: [], ownMacs: false },
  }
}
