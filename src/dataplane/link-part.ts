// What a queue has of its links: native/io/link_part.h.
import type { QueueSettings } from './settings.js'

export interface LinkPart {
  readonly share: FrameShare
  readonly hardware: HardwareShare
}

/** On which VLAN frames are; a number is its tag. */
type Vlan = 'any' | 'untagged' | number

/** Which frames of those that come to the kernel: native/io/frame_share.h. */
interface FrameShare {
  readonly stations: readonly {
    readonly mac: string
    readonly vlan: Vlan
    readonly position: number
    readonly of: number
    readonly passthru: boolean
  }[]
  readonly rest: boolean
  readonly others: readonly { readonly mac: string; readonly vlan: Vlan }[]
  readonly promiscuous: boolean
  readonly tagged: boolean
}

function relayMacs({ externalInterface, internalInterface }: QueueSettings): Set<string> {
  return new Set([externalInterface.mac, internalInterface.mac])
}

/** VLANs of each MAC of a queue. */
function vlans({ internalInterface, externalInterface, passthruInterface }: QueueSettings) {
  const found = new Map<string, Set<Vlan>>()
  for (const at of [internalInterface, externalInterface, passthruInterface]) {
    if (at !== undefined) found.set(at.mac, (found.get(at.mac) ?? new Set()).add(at.vlanTag ?? 'untagged'))
  }
  return found
}

function areEqual(one: ReadonlySet<Vlan>, other: ReadonlySet<Vlan> | undefined): boolean {
  return one.size === other?.size && [...one].every((vlan) => other.has(vlan))
}

function frameShare(queues: readonly QueueSettings[], queue: QueueSettings): FrameShare {
  const relay = relayMacs(queue)
  const own = vlans(queue)
  const all = queues.map((each) => ({ queue: each, at: vlans(each) }))
  const stations: FrameShare['stations'][number][] = []
  const others: FrameShare['others'][number][] = []
  for (const [mac, at] of own) {
    const sharing = all.filter((each) => each.at.has(mac))
    const add = (vlan: Vlan, having: typeof sharing) => {
      const position = having.findIndex((each) => each.queue === queue)
      if (position < 0) others.push({ mac, vlan })
      else stations.push({ mac, vlan, position, of: having.length, passthru: !relay.has(mac) })
    }
    // Where they differ in its VLANs, each VLAN is of those that have it.
    if (!sharing.every((each) => areEqual(at, each.at.get(mac))))
      for (const vlan of new Set(sharing.flatMap((each) => [...(each.at.get(mac) ?? [])])))
        add(
          vlan,
          sharing.filter((each) => each.at.get(mac)?.has(vlan)),
        )
    add('any', sharing)
  }
  for (const mac of new Set(all.flatMap(({ at }) => [...at.keys()])))
    if (!own.has(mac)) others.push({ mac, vlan: 'any' })
  const promiscuous = queues.find((other) => other.passthruInterface?.promiscuous) === queue
  const tagged = [...own.values()].some((at) => [...at].some((vlan) => vlan !== 'untagged'))
  // The only queue counts what is for nobody.
  return { stations, rest: promiscuous || queues.length === 1, others, promiscuous, tagged }
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
