// A follower's copy of the routes, by prefix.
import { keyOfRoute } from '../../config-server/announce/changes.js'
import type { Route } from '../../config-server/announce/route.js'

export interface RouteChanges {
  readonly announced: readonly Route[]
  readonly withdrawn: readonly Route[]
}

export class RouteTable {
  readonly #prefixes = new Map<string, Map<string, Route>>()

  /** In a fixed order of queues: who takes the first takes the same as long as it is there. */
  routesTo(prefix: string): readonly Route[] {
    const routes = [...(this.#prefixes.get(prefix)?.values() ?? [])]
    return routes.sort((a, b) => (keyOfRoute(a) < keyOfRoute(b) ? -1 : 1))
  }

  prefixes(): Iterable<string> {
    return this.#prefixes.keys()
  }

  /** Of all queues, those of the same prefix together. */
  *[Symbol.iterator](): Iterator<Route> {
    for (const routes of this.#prefixes.values()) yield* routes.values()
  }

  /** What leads from here to a list that is complete. */
  changesTo(routes: readonly Route[]): RouteChanges {
    const keys = new Set(routes.map(keyOfRoute))
    return {
      announced: routes.filter((route) => {
        const known = this.#prefixes.get(route.prefix)?.get(keyOfRoute(route))
        return known?.['next-hop'] !== route['next-hop']
      }),
      withdrawn: [...this].filter((route) => !keys.has(keyOfRoute(route))),
    }
  }

  apply({ announced, withdrawn }: RouteChanges): void {
    for (const route of announced) {
      const routes = this.#prefixes.get(route.prefix) ?? new Map<string, Route>()
      routes.set(keyOfRoute(route), route)
      this.#prefixes.set(route.prefix, routes)
    }
    for (const route of withdrawn) {
      const routes = this.#prefixes.get(route.prefix)
      routes?.delete(keyOfRoute(route))
      if (routes?.size === 0) this.#prefixes.delete(route.prefix)
    }
  }
}
