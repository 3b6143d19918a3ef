// What changed after a revision, as one step: of each route only what it came to.
import type { RouteChange } from './route.js'
import type { RouteUpdate } from './routes.js'

export interface NetChanges {
  readonly announced: readonly RouteChange['route'][]
  readonly withdrawn: readonly RouteChange['route'][]
}

/** Null where an update among them is not told one by one. */
export function netChanges(updates: readonly RouteUpdate[]): NetChanges | null {
  const net = new Map<string, { readonly first: RouteChange; last: RouteChange }>()
  for (const { changes } of updates) {
    if (changes === null) return null
    for (const change of changes) {
      const key = keyOfRoute(change.route)
      const seen = net.get(key)
      if (seen) seen.last = change
      else net.set(key, { first: change, last: change })
    }
  }
  const all = [...net.values()]
  return {
    announced: all.filter(({ last }) => last.operation !== 'delete').map(({ last }) => last.route),
    withdrawn: all
      .filter(({ first, last }) => last.operation === 'delete' && first.operation !== 'create')
      .map(({ last }) => last.route),
  }
}

export function keyOfRoute({ prefix, instance, queue }: RouteChange['route']): string {
  return `${prefix} ${instance} ${queue}`
}
