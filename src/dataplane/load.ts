// The load generator of the addon (native/load, native/addon/load.cc) as TypeScript sees it. native.ts loads it.
import { error } from '../errors.js'
import type { Driver } from './dataplane.js'
import { native } from './native.js'
import type { QueueSettings } from './settings.js'

export interface LoadOptions {
  /**
   * Of the tester: its interfaces' MACs are the sources and their next hops' MACs the destinations, their ips the
   * addresses it answers ARP and neighbour discovery for; its passthru is its own.
   */
  readonly settings: QueueSettings
  /** The link to the relay's device; `external` to its external-device, null on a stick. */
  readonly internal: string
  readonly external: string | null
  readonly driver: Driver
  /** Source of the packets from the internet. */
  readonly host: string
  /** Records (schema/softwire-record.ts) of the softwires to use in turn. */
  readonly softwires: Uint8Array
  /** Bytes of the IPv4 frames, in turn, without tag and FCS; tunnelled ones are 40 longer. */
  readonly sizes: readonly number[]
  /** 0 to 65535: tells this test's packets from another's. */
  readonly run: number
  /** Null: not pinned. */
  readonly cpu: number | null
}

/** Since the start. */
export interface LoadDirection {
  /** Sequence numbers given out, and how many of these frames our own device did not take. */
  readonly sent: number
  readonly unsent: number
  /** Different ones that came back, and the bytes of their frames (no tag, no FCS). */
  readonly received: number
  readonly bytes: number
  readonly duplicates: number
  readonly reordered: number
  /** Numbers up to the highest that came back. */
  readonly expected: number
}

/** By what the relay does: encap came to it as IPv4, decap as IPv6. */
export interface Directions<T> {
  readonly encap: T
  readonly decap: T
}

export interface LoadTotals extends Directions<LoadDirection> {
  /** Packets that came for us and are none of the test's: ICMP errors. */
  readonly unexpected: number
  /** Frames that our own device had no room for. */
  readonly kernelDrops: number
}

export interface NativeLoad {
  /** How its links are driven. */
  readonly driver: string
  /** Packets a second from now on, both directions together. */
  setRate(rate: number): void
  totals(): LoadTotals
  /** How many packets took how long, by latencyBounds(). */
  latency(): Directions<Float64Array>
  stop(): void
}

export interface NativeLoads {
  /** Throws an Error with code and device when a link cannot be opened. */
  startLoad(options: LoadOptions & { readonly passthru: string | null }): NativeLoad
  /** The longest time of each bucket, in nanoseconds. */
  latencyBounds(): Float64Array
}

/** The smallest IPv4 frame that holds the stamp, and the largest whose tunnelled one fits a buffer. */
export const SMALLEST_FRAME = 60
export const LARGEST_FRAME = 10_200

export function startLoad(options: LoadOptions): NativeLoad {
  for (const [device, overhead] of links(options)) {
    const info = native.interfaceInfo(device)
    if (info === null) throw error('device', { device, problem: 'there is no such network interface' })
    const packet = Math.max(...options.sizes) - ETHERNET + overhead
    if (info.mtu < packet)
      throw error('device', {
        device,
        problem: `its MTU ${info.mtu} is below the largest packet's ${packet}`,
      })
  }
  try {
    return native.startLoad({ ...options, passthru: options.settings.passthruInterface?.device ?? null })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    if ('device' in cause)
      throw error('device', { device: String(cause.device), problem: cause.message }, { cause })
    throw error('data-plane', { problem: cause.message }, { cause })
  }
}

const ETHERNET = 14
const TUNNEL = 40

/** Each link with what it adds to an IPv4 packet. */
function links({ internal, external }: LoadOptions): [string, number][] {
  return external === null
    ? [[internal, TUNNEL]]
    : [
        [internal, TUNNEL],
        [external, 0],
      ]
}
