// Who has which address in the lab. The switch routes: it is the relay's next hop for both
// families, and the neighbour of the route reflector behind the passthru.
//
//   subscriber ──IPv6── switch ── relay's link ── relay ── passthru ── route reflector
//      (B4)               │
//                      internet

export const SWITCH = { ipv4: '172.20.0.1', ipv6: '2001:db8::1' } as const

/** The relay's own addresses, as in examples/lab.conf. */
export const RELAY = {
  ipv4: '172.20.0.100',
  ipv6: '2001:db8::100',
  mac: '02:22:22:22:22:00',
} as const

export const ROUTE_REFLECTOR = {
  ipv4: '172.20.0.2',
  ipv6: '2001:db8::2',
  mac: '6a:e3:09:2c:06:10',
} as const

export const INTERNET = { ipv4: '198.51.100.2', gateway: '198.51.100.1' } as const

/** The relay's tunnel endpoint, and the prefix of the subscribers' public addresses. */
export const BR_ADDRESS = '2001:db8:ffff::100'
export const SUBSCRIBER_PREFIX = '193.5.1.0/24'

/** Bytes of an IP packet: what subscribers and the internet use, and what holds it inside a tunnel. */
export const MTU = { ipv4: 1500, tunnel: 1540, link: 9000 } as const

/** A subscriber's place in the port set of its IPv4 address; psid-length 0 owns all of it. */
export interface Subscriber {
  readonly number: number
  readonly ipv4: string
  readonly psid: number
  readonly psidLength: number
}

export const SUBSCRIBERS = {
  /** Has an address of its own: reachable from the internet, whatever the port. */
  whole: { number: 1, ipv4: '193.5.1.100', psid: 0, psidLength: 0 },
  /** Shares one with up to 62 others. */
  sharing: { number: 2, ipv4: '193.5.1.101', psid: 7, psidLength: 6 },
  /** Not in the configuration: for a live edit to add. */
  newcomer: { number: 3, ipv4: '193.5.1.102', psid: 0, psidLength: 0 },
} as const satisfies Record<string, Subscriber>

/** IPv6 address of a subscriber's B4, and its router's. */
export function b4Of(subscriber: Subscriber): { ipv6: string; gateway: string } {
  const prefix = `2001:db8:b4:${subscriber.number}::`
  return { ipv6: `${prefix}2`, gateway: `${prefix}1` }
}

/** First port of a subscriber's port set (RFC 7597 s5.1 with offset 0); a whole address begins where users' ports do. */
export function firstPortOf(subscriber: Subscriber): number {
  return subscriber.psidLength === 0 ? 1024 : subscriber.psid << (16 - subscriber.psidLength)
}
