// The counters of a running relay at one moment, chosen by name.
import { contentType } from '../config-server/media-types.js'
import { hint } from '../schema/suggest.js'
import { type Client, text } from './client.js'
import { Refused } from './failure.js'

/** Counters by their names without module, in the model's order. */
export type Counters = ReadonlyMap<string, bigint>

type Leaves = Readonly<Record<string, unknown>>

interface State {
  readonly 'snabb-softwire-v3:softwire-config'?: {
    readonly instance?: readonly {
      readonly device: string
      readonly 'softwire-state'?: Leaves
      readonly queue?: readonly { readonly 'lwaftr:passthru-state'?: Leaves }[]
    }[]
  }
}

/** Summed over the instances, or those of the one named; passthru's are beside them. */
export async function readCounters(client: Client, instance?: string): Promise<Counters> {
  const response = await client.request('GET', {
    path: '/restconf/data/snabb-softwire-v3:softwire-config?content=nonconfig',
    headers: { accept: contentType('json') },
  })
  const state = JSON.parse(await text(response)) as State
  const all = state['snabb-softwire-v3:softwire-config']?.instance ?? []
  const wanted = all.filter(({ device }) => instance === undefined || device === instance)
  if (instance !== undefined && wanted.length === 0) {
    const devices = all.map(({ device }) => device)
    throw new Refused(`the relay has no instance ${instance}${hint(instance, devices)}`)
  }
  const counters = new Map<string, bigint>()
  for (const { 'softwire-state': softwire, queue = [] } of wanted)
    for (const leaves of [softwire, ...queue.map((one) => one['lwaftr:passthru-state'])])
      for (const [member, value] of Object.entries(leaves ?? {})) {
        // Other state, such as a time or oper-status, is no number.
        if (typeof value !== 'string' || !/^\d+$/.test(value)) continue
        const name = member.slice(member.indexOf(':') + 1)
        counters.set(name, (counters.get(name) ?? 0n) + BigInt(value))
      }
  return counters
}

/** Those whose names contain `pattern`, where `*` is anything; throws when none does. */
export function matching(counters: Counters, pattern: string): Counters {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(parts.join('.*'))
  const found = new Map([...counters].filter(([name]) => expression.test(name)))
  if (found.size === 0)
    throw new Refused(`no counter is named like ${pattern}${hint(pattern, counters.keys())}`)
  return found
}
