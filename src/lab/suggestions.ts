// What the lab tells its user to try.
import { BR_ADDRESS, b4Of, INTERNET, SUBSCRIBERS } from './addresses.js'
import { namespaceOf } from './owner.js'
import type { Relay } from './relay.js'
import type { Sandbox } from './sandbox.js'

/** The RESTCONF resource of the newcomer's softwire, and the body that creates it. */
export function newcomerRequest(url: string): { url: string; body: string } {
  const { ipv4, psid, psidLength } = SUBSCRIBERS.newcomer
  const ends = { 'b4-ipv6': b4Of(SUBSCRIBERS.newcomer).ipv6, 'br-address': BR_ADDRESS }
  const softwire = { ipv4, psid, ...ends, 'port-set': { 'psid-length': psidLength } }
  return {
    url: `${url}/restconf/data/snabb-softwire-v3:softwire-config/binding-table/softwire=${ipv4},${psid}`,
    body: JSON.stringify({ 'snabb-softwire-v3:softwire': [softwire] }),
  }
}

/** Lines for the terminal: the URL and three commands; without namespaces there is nobody to ping as. */
export function suggestions(sandbox: Sandbox, relay: Relay, namespaces: boolean): string[] {
  const request = newcomerRequest(relay.url)
  const { newcomer } = SUBSCRIBERS
  const host = namespaceOf(sandbox.id, `subscriber${newcomer.number}`)
  const ping = `ip netns exec ${host} ping -c 3 ${INTERNET.ipv4}`
  const config = `bin/lwaftr get-config --name ${relay.name} /softwire-config/binding-table`
  return [
    '',
    `RESTCONF: ${relay.url}/restconf`,
    '',
    'Try, in another terminal:',
    '',
    '# a softwire for a third subscriber, forwarding as soon as it is answered',
    `curl -X PUT -H 'Content-Type: application/yang-data+json' -d '${request.body}' '${request.url}'`,
    '',
    ...(namespaces ? ['# its ping', ping] : ['# the softwires there are now', config]),
    '',
    '# the relay’s counters',
    `bin/lwaftr get-state --name ${relay.name} /softwire-state`,
    '',
    'Ctrl-C ends the lab and removes all of it.',
  ]
}
