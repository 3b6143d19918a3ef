// Filters are compiled by libpcap before a commit is accepted: what a queue cannot compile is refused here, by name.
import { type ErrorPlace, error } from '../errors.js'
import { native } from './native.js'
import type { QueueSettings, SidePolicy } from './settings.js'

/** Throws LwaftrError with the leaf's path (and `file`, if it came from one), its value and libpcap's message. */
export function checkFilters(queue: Pick<QueueSettings, 'external' | 'internal'>, file?: string): void {
  checkSide('external-interface', queue.external, file)
  checkSide('internal-interface', queue.internal, file)
}

function checkSide(container: string, policy: SidePolicy, file: string | undefined): void {
  const { ingressFilter, egressFilter } = policy
  for (const [leaf, filter] of Object.entries({
    'ingress-filter': ingressFilter,
    'egress-filter': egressFilter,
  })) {
    const path = `/snabb-softwire-v3:softwire-config/${container}/${leaf}`
    checkFilter(filter, { path, value: filter, file })
  }
}

/** Throws LwaftrError of that place. */
export function checkFilter(filter: string, place: ErrorPlace): void {
  const problem = filter === '' ? null : native.compileFilter(filter)
  if (problem !== null) throw error('bad-filter', { filter, problem }, place)
}
