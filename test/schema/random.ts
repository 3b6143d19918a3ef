/** Random configurations, valid unless asked otherwise; the same seed gives the same ones. */
import type { JsonObject, JsonValue } from '../../src/schema/json-types.js'

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 up to and without `end` (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  chance(of: number): boolean {
    return this.below(100) < of
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  maybe(name: string, value: () => JsonValue): JsonObject {
    return this.chance(50) ? { [name]: value() } : {}
  }
}

export const hostIpv4 = (r: Random) => `${1 + r.below(126)}.${r.below(256)}.${r.below(256)}.${r.below(256)}`

const group = (r: Random) => r.below(r.pick([16, 256, 65536])).toString(16)

/** Canonical or not, as people write them. */
export function hostIpv6(r: Random): string {
  const start = (0x2000 + r.below(0x1000)).toString(16)
  switch (r.below(5)) {
    case 0:
      return `${start}::${group(r)}`
    case 1:
      return `${start}:${group(r)}::${group(r)}:${group(r)}`.toUpperCase()
    case 2:
      return `${start}:0:0:${group(r)}:0:0:0:${group(r)}`
    case 3:
      return `${start}::192.0.2.${r.below(256)}`
    default:
      return [start, ...Array.from({ length: 7 }, () => group(r))].join(':')
  }
}

const mac = (r: Random) =>
  ['02', ...Array.from({ length: 5 }, () => r.below(256).toString(16).padStart(2, '0'))].join(':')

/** A valid softwire. */
export function softwire(r: Random): JsonObject {
  const psidLength = r.below(17)
  return {
    ipv4: hostIpv4(r),
    psid: r.below(2 ** psidLength),
    ...r.maybe('padding', () => r.below(65536)),
    'br-address': hostIpv6(r),
    'b4-ipv6': hostIpv6(r),
    'port-set': {
      'psid-length': psidLength,
      ...r.maybe('reserved-ports-bit-count', () => r.below(17 - psidLength)),
    },
  }
}

/** Strings that have to be quoted, escaped, or left alone. */
export const strings = [
  'plain',
  'ip and tcp',
  'len < 0',
  'quote " and \\ backslash',
  "apostrophe's",
  'line\nbreak\tand tab',
  '// no comment',
  'a/*b*/c',
  '+',
  '',
  'ünïcödé ✓',
  '{;}',
]

function side(r: Random, smallest: number): JsonObject {
  return {
    ...r.maybe('mtu', () => smallest + r.below(65536 - smallest)),
    ...r.maybe('mru', () => r.below(65536)),
    ...r.maybe('ingress-filter', () => r.pick(strings)),
    ...r.maybe('allow-incoming-icmp', () => r.chance(50)),
    ...r.maybe('error-rate-limiting', () => ({
      ...r.maybe('packets', () => r.below(2 ** 32)),
      ...r.maybe('period', () => 1 + r.below(100)),
    })),
    ...r.maybe('lwaftr:tcp-mss-clamp', () => 1 + r.below(9000)),
  }
}

const nextHop = (r: Random, ip: (r: Random) => string) => (r.chance(50) ? { ip: ip(r) } : { mac: mac(r) })

/** `attached`: a number that no other queue has, for no two have the same passthru device. */
function queue(r: Random, id: number, attached: number): JsonObject {
  return {
    id,
    'external-interface': { ip: hostIpv4(r), mac: mac(r), 'next-hop': nextHop(r, hostIpv4) },
    'internal-interface': {
      ip: hostIpv6(r),
      mac: mac(r),
      ...r.maybe('vlan-tag', () => r.below(4096)),
      'next-hop': nextHop(r, hostIpv6),
    },
    ...r.maybe('passthru-interface', () => ({
      device: `${r.pick(['xe', 'int', 'eth0.'])}${attached}`,
      mac: `46${mac(r).slice(2)}`,
      ...r.maybe('sample-rate', () => r.below(2 ** 32)),
      ...r.maybe('lwaftr:next-hop-resolution', () => r.maybe('refresh-interval', () => 1 + r.below(3600))),
    })),
  }
}

/** A valid tree, with softwires in it. */
export function configuration(r: Random): JsonObject {
  const instances = Array.from({ length: r.below(3) }, (_, i) => ({
    device: `${i}${r.pick(['', ' [odd] "name"', "'s", '/é'])}`,
    ...r.maybe('external-device', () => r.pick(strings)),
    ...r.maybe('queue', () => Array.from({ length: 1 + r.below(3) }, (_, id) => queue(r, id, 3 * i + id))),
  }))
  const softwires = new Map(
    Array.from({ length: r.below(4) }, () => softwire(r)).map((s) => [`${s.ipv4} ${s.psid}`, s]),
  )
  return {
    'snabb-softwire-v3:softwire-config': {
      ...r.maybe('name', () => r.pick(strings)),
      ...(instances.length > 0 ? { instance: instances } : {}),
      'external-interface': side(r, 68),
      'internal-interface': side(r, 1280),
      'binding-table': {
        softwire: [...softwires.values()],
        ...r.maybe('version', () => ({
          number: (BigInt(r.below(2 ** 32)) << 32n).toString(),
          date: '2026-01-31T12:00:00Z',
        })),
      },
    },
  }
}
