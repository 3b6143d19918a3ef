// One entry of `lwaftr:routes`, and the difference between two moments of them.
import { type Carrier, FAMILIES, keyOfQueue } from './carriers.js'
import { type FamilyName, IPV4, IPV6 } from './family.js'
import type { PrefixDelta, PrefixSet } from './prefix-set.js'

/** As in RFC 7951. */
export type Route = {
  readonly prefix: string
  readonly 'next-hop': string
  readonly instance: string
  readonly queue: number
  readonly 'address-family': FamilyName
}

export interface RouteChange {
  readonly operation: 'create' | 'replace' | 'delete'
  readonly route: Route
}

export interface Delta {
  readonly ipv4: PrefixDelta<number>
  readonly ipv6: PrefixDelta<bigint>
}

export interface Sets {
  readonly ipv4: PrefixSet<number>
  readonly ipv6: PrefixSet<bigint>
}

/** All routes: IPv4 first, by prefix, then by queue in the configuration's order. */
export function* allRoutes(sets: Sets, carriers: readonly Carrier[]): Iterable<Route> {
  for (const family of FAMILIES) {
    const carrying = carriers.filter((carrier) => carries(carrier, family))
    if (carrying.length === 0) continue
    for (const prefix of sorted(sets, family))
      for (const carrier of carrying) yield routeOf(formatPrefix(prefix), carrier, family)
  }
}

export function countRoutes(sets: Sets, carriers: readonly Carrier[]): number {
  return FAMILIES.reduce(
    (sum, family) => sum + sets[family].size * carriers.filter((carrier) => carries(carrier, family)).length,
    0,
  )
}

/**
 * From the routes of `before` to those of `after`, the prefixes having changed by `delta` to `sets`. New routes come
 * first: where prefixes merge or split, no address is without a route on the way.
 */
export function* changedRoutes(
  sets: Sets,
  delta: Delta,
  before: readonly Carrier[],
  after: readonly Carrier[],
): Iterable<RouteChange> {
  for (const operation of ['create', 'delete'] as const)
    for (const family of FAMILIES) yield* changesOf(operation, family, sets, delta, before, after)
}

export function countChanges(
  sets: Sets,
  delta: Delta,
  before: readonly Carrier[],
  after: readonly Carrier[],
): number {
  let count = 0
  for (const family of FAMILIES) {
    const moved = pairs(before, after, family).filter(({ old, now }) => old?.nextHop !== now?.nextHop).length
    const { added, removed } = delta[family]
    count +=
      moved * sets[family].size + (added.length + removed.length) * Math.max(before.length, after.length)
  }
  return count
}

interface Pair {
  readonly carrier: Carrier
  readonly old: { readonly nextHop: string } | undefined
  readonly now: { readonly nextHop: string } | undefined
}

function* changesOf(
  operation: 'create' | 'delete',
  family: FamilyName,
  sets: Sets,
  delta: Delta,
  before: readonly Carrier[],
  after: readonly Carrier[],
): Iterable<RouteChange> {
  const { added, removed } = delta[family]
  const fresh = new Set<number | bigint>(added)
  for (const { carrier, old, now } of pairs(before, after, family)) {
    const route = (prefix: number | bigint) => routeOf(formatPrefix(prefix), carrier, family)
    if (operation === 'create' && now) {
      const moved = old?.nextHop !== now.nextHop
      for (const prefix of moved ? sorted(sets, family) : added)
        yield { operation: !old || fresh.has(prefix) ? 'create' : 'replace', route: route(prefix) }
    }
    if (operation === 'delete' && old) {
      for (const prefix of removed) yield { operation, route: route(prefix) }
      if (!now)
        for (const prefix of sorted(sets, family))
          if (!fresh.has(prefix)) yield { operation, route: route(prefix) }
    }
  }
}

/** The queues that carried the family or do now. */
function pairs(before: readonly Carrier[], after: readonly Carrier[], family: FamilyName): Pair[] {
  const all = new Map<string, Pair>()
  const standing = (carrier: Carrier) => (carries(carrier, family) ? carrier[family] : undefined)
  for (const carrier of before)
    all.set(keyOfQueue(carrier.instance, carrier.queue), { carrier, old: standing(carrier), now: undefined })
  for (const carrier of after) {
    const key = keyOfQueue(carrier.instance, carrier.queue)
    all.set(key, { carrier, old: all.get(key)?.old, now: standing(carrier) })
  }
  return [...all.values()].filter(({ old, now }) => old ?? now)
}

function carries(carrier: Carrier, family: FamilyName): boolean {
  return carrier[family].standing === 'announced'
}

function sorted(sets: Sets, family: FamilyName): readonly (number | bigint)[] {
  return sets[family].sorted()
}

function formatPrefix(prefix: number | bigint): string {
  return typeof prefix === 'number' ? IPV4.format(prefix) : IPV6.format(prefix)
}

function routeOf(prefix: string, { instance, queue, ...carrier }: Carrier, family: FamilyName): Route {
  return { prefix, 'next-hop': carrier[family].nextHop, instance, queue, 'address-family': family }
}
