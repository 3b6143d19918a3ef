// The formats by name.
import type { FamilyName } from '../../config-server/announce/family.js'
import type { Route } from '../../config-server/announce/route.js'
import {
  type FormatOptions,
  nextHops,
  type RouteFormat,
  type Sayings,
  SayingsFormat,
  text,
} from './format.js'
import type { RouteTable } from './route-table.js'

export const FORMATS = ['json', 'exabgp', 'bird', 'frr'] as const
export type FormatName = (typeof FORMATS)[number]

export function formatOf(name: FormatName, options: FormatOptions): RouteFormat {
  if (name === 'exabgp') return new SayingsFormat(exabgp(options))
  if (name === 'frr') return new SayingsFormat(frr(options), configured)
  return name === 'bird' ? bird(options) : json
}

/** The answers of the relay; one a line when following. */
const json: RouteFormat = {
  document: (table, revision) =>
    `${JSON.stringify({ 'lwaftr:routes': { revision, ...list('route', table) } })}\n`,
  follow: (table, { announced, withdrawn }, revision, whole) =>
    whole
      ? json.document(table, revision)
      : `${JSON.stringify({
          'lwaftr:routes': { revision, ...list('announced', announced), ...list('withdrawn', withdrawn) },
        })}\n`,
}

function list(name: string, routes: Iterable<Route>): Record<string, Route[]> {
  const all = [...routes]
  return all.length === 0 ? {} : { [name]: all }
}

/** Lines of ExaBGP's text API. Without ADD-PATH a peer has one path to a prefix: the first queue's. */
function exabgp({ addPath = false }: FormatOptions): Sayings {
  const said = (route: Route, id: string) => `route ${route.prefix} next-hop ${route['next-hop']}${id}`
  return {
    of: (routes) => {
      if (!addPath) return routes.slice(0, 1).map((route) => said(route, ''))
      const hops = nextHops(routes)
      return hops.flatMap((hop) => {
        const route = routes.find((candidate) => candidate['next-hop'] === hop)
        return route ? [said(route, ` path-information ${pathId(hop)}`)] : []
      })
    },
    add: (saying) => `announce ${saying}`,
    remove: (saying) => `withdraw ${saying}`,
    replaces: !addPath,
  }
}

/** A path identifier (RFC 7911) that a next hop keeps, whatever other paths there are: 32 bits, as ExaBGP writes them. */
function pathId(nextHop: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(nextHop)) hash = Math.imul(hash ^ byte, 0x01000193)
  return [24, 16, 8, 0].map((shift) => (hash >>> shift) & 255).join('.')
}

/** Static routes as commands of vtysh, marked by a tag. */
function frr({ table }: FormatOptions): Sayings {
  const vrf = table === undefined ? '' : ` vrf ${table}`
  return {
    of: (routes) =>
      nextHops(routes).map((hop) => {
        const [route] = routes
        const command = route?.['address-family'] === 'ipv6' ? 'ipv6 route' : 'ip route'
        return `${command} ${route?.prefix} ${hop} tag ${FRR_TAG}${vrf}`
      }),
    add: (saying) => saying,
    remove: (saying) => `no ${saying}`,
    replaces: false,
  }
}

/** Tells our static routes from others: RFC 7596. */
const FRR_TAG = 7596

function configured(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['configure terminal', ...lines, 'end']
}

/** A file to include: one static protocol for each family. */
function bird({ table: birdTable, label }: FormatOptions): RouteFormat {
  const name = ['lwaftr', ...(label ? [label.replaceAll(/\W/g, '_')] : [])].join('_')
  const protocol = (family: FamilyName, table: RouteTable) => {
    const suffix = family === 'ipv4' ? '4' : '6'
    const channel = birdTable === undefined ? `${family};` : `${family} { table ${birdTable}${suffix}; };`
    const lines: string[] = []
    for (const prefix of table.prefixes()) {
      const routes = table.routesTo(prefix)
      if (routes[0]?.['address-family'] !== family) continue
      lines.push(
        `  route ${prefix}${nextHops(routes)
          .map((hop) => ` via ${hop}`)
          .join('')};`,
      )
    }
    return [`protocol static ${name}_${family} {`, `  ${channel}`, ...lines.sort(), '}']
  }
  const document = (table: RouteTable, revision: string) =>
    text([`# lwaftr routes, revision ${revision}`, ...protocol('ipv4', table), ...protocol('ipv6', table)])
  return {
    document,
    follow: (table, { announced, withdrawn }, revision, whole) =>
      whole || announced.length + withdrawn.length > 0 ? document(table, revision) : '',
  }
}
