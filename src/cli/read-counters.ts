// The counters of a running relay at one moment, chosen by name.
import { hint } from '../schema/suggest.js'
import type { Client } from './client.js'
import { Refused } from './failure.js'
import { type Counters, type RelayState, readState, sum } from './watch/relay-state.js'

/** Summed over the instances, or those of the one named; passthru's are beside them. */
export async function readCounters(client: Client, instance?: string): Promise<Counters> {
  return countersOf(await readState(client), instance)
}

export function countersOf({ instances }: RelayState, instance?: string): Counters {
  const wanted = instances.filter(({ device }) => instance === undefined || device === instance)
  if (instance !== undefined && wanted.length === 0) {
    const devices = instances.map(({ device }) => device)
    throw new Refused(`the relay has no instance ${instance}${hint(instance, devices)}`)
  }
  return sum(wanted.map(({ counters }) => counters))
}

/** Whether a name contains `pattern`, where `*` is anything. */
export function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(parts.join('.*'))
  return (name) => expression.test(name)
}

/** Those that `matcher` finds; throws when there is none. */
export function matching(counters: Counters, pattern: string): Counters {
  const matches = matcher(pattern)
  const found = new Map([...counters].filter(([name]) => matches(name)))
  if (found.size === 0)
    throw new Refused(`no counter is named like ${pattern}${hint(pattern, counters.keys())}`)
  return found
}
