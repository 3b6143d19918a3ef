// What this RESTCONF server can do, as it says of itself (RFC 8040 s9).
import type { JsonObject } from '../schema/json-types.js'
import type { StateProvider } from './state-provider.js'

/** An entry of `restconf-state/streams/stream`; `base` is what URLs begin with. */
export type DescribeStreams = (base: string) => JsonObject[]

/** Each capability is declared beside the code that has it. */
export function restconfState(capabilities: readonly string[], streams: DescribeStreams): StateProvider {
  return {
    roots: ['ietf-restconf-monitoring:restconf-state'],
    state: ({ base }) => {
      const stream = streams(base)
      return {
        'ietf-restconf-monitoring:restconf-state': {
          capabilities: { capability: [...capabilities] },
          ...(stream.length > 0 ? { streams: { stream } } : {}),
        },
      }
    },
  }
}
