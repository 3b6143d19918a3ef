// Which prefixes an operator wants announced: `lwaftr:announce` of the configuration.
import type { JsonObject } from '../../schema/json-types.js'
import { isObject } from '../tree.js'
import { type Family, IPV4, IPV6 } from './family.js'

export interface FamilyPolicy<A> {
  /** No prefix is longer. */
  readonly longest: number
  /** These and no others, each while something in it is active. */
  readonly listed: readonly A[] | undefined
}

export interface AnnouncePolicy {
  readonly ipv4: FamilyPolicy<number>
  readonly ipv6: FamilyPolicy<bigint>
}

export function announcePolicy(tree: JsonObject): AnnouncePolicy {
  const announce = announceOf(tree)
  return { ipv4: familyPolicy(IPV4, announce), ipv6: familyPolicy(IPV6, announce) }
}

export function samePolicy(a: AnnouncePolicy, b: AnnouncePolicy): boolean {
  return sameFamily(a.ipv4, b.ipv4) && sameFamily(a.ipv6, b.ipv6)
}

function sameFamily<A>(a: FamilyPolicy<A>, b: FamilyPolicy<A>): boolean {
  return a.longest === b.longest && a.listed?.join() === b.listed?.join()
}

function announceOf(tree: JsonObject): JsonObject {
  const config = tree['snabb-softwire-v3:softwire-config']
  const announce = isObject(config) ? config['lwaftr:announce'] : undefined
  return isObject(announce) ? announce : {}
}

function familyPolicy<A>(family: Family<A>, announce: JsonObject): FamilyPolicy<A> {
  const longest = announce[`longest-${family.name}-prefix`]
  const given = Array.isArray(announce.prefix) ? announce.prefix : []
  const listed = given.flatMap((text) => family.parse(String(text)) ?? [])
  return {
    longest: typeof longest === 'number' ? longest : family.bits,
    listed: given.length > 0 ? listed : undefined,
  }
}
