// A next hop in the seventeen characters of a MAC address.
import type { NextHopView } from '../watch/relay-state.js'

/** Its MAC while the relay forwards to it; else why it does not, or why nobody is to send here. */
export function nextHop({ ip, mac, standing }: NextHopView): string {
  const why = SHORT[standing]
  if (why !== undefined) return why
  return mac ?? ip ?? '?'
}

/** Of the standings of lwaftr-routes.yang. */
const SHORT: Readonly<Record<string, string>> = {
  drained: 'drained',
  'worker-down': 'worker down',
  'link-down': 'link down',
  'next-hop-unresolved': 'unresolved',
}
