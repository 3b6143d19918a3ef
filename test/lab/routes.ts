// What the labs of routes share: followers, softwires that come and go, and what a host's kernel routes by.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Relay } from '../../src/lab/relay.js'
import type { Namespace } from '../../src/lab/sandbox.js'

export interface LabSoftwire {
  readonly ipv4: string
  readonly psid: number
  readonly psidLength: number
  readonly br: string
  readonly b4: string
}

const TABLE = 'snabb-softwire-v3:softwire-config/binding-table'

function entry({ ipv4, psid, psidLength, br, b4 }: LabSoftwire) {
  return { ipv4, psid, 'br-address': br, 'b4-ipv6': b4, 'port-set': { 'psid-length': psidLength } }
}

async function send(relay: Relay, method: string, path: string, body?: unknown): Promise<void> {
  const answer = await fetch(`${relay.url}/restconf/data/${path}`, {
    method,
    headers: { 'Content-Type': 'application/yang-data+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
}

/** Adds the softwire; with `replace` it is the only one then. */
export function putSoftwire(
  relay: Relay,
  softwire: LabSoftwire,
  how: 'add' | 'replace' = 'add',
): Promise<void> {
  const softwires = [entry(softwire)]
  if (how === 'replace')
    return send(relay, 'PUT', TABLE, { 'snabb-softwire-v3:binding-table': { softwire: softwires } })
  const path = `${TABLE}/softwire=${softwire.ipv4},${softwire.psid}`
  return send(relay, 'PUT', path, { 'snabb-softwire-v3:softwire': softwires })
}

export function removeSoftwire(relay: Relay, { ipv4, psid }: LabSoftwire): Promise<void> {
  return send(relay, 'DELETE', `${TABLE}/softwire=${ipv4},${psid}`)
}

/** Adds so many in one request. */
export function patchTable(
  relay: Relay,
  count: number,
  softwireAt: (n: number) => LabSoftwire,
): Promise<void> {
  const softwire = Array.from({ length: count }, (_, n) => entry(softwireAt(n)))
  return send(relay, 'PATCH', TABLE, { 'snabb-softwire-v3:binding-table': { softwire } })
}

/** `lwaftr routes --follow` until the test ends. */
export function follow(t: Test, relay: Relay, words: readonly string[], sandbox: Namespace['sandbox']) {
  const child = sandbox.lwaftr(['routes', '--follow', '--name', relay.name, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill())
  return child
}

/** Next hops of the kernel's route to an address, in order; none without a route. */
export async function nextHopsTo(host: Namespace, address: string): Promise<string[]> {
  const family = address.includes(':') ? '-6' : '-4'
  const { stdout } = await host.ip(`${family} -o route show to match ${address}`)
  const longest = stdout.split('\n').find((line) => line.startsWith(address)) ?? ''
  return [...longest.matchAll(/ via (\S+)/g)].map(([, hop = '']) => hop).sort()
}

/** Asks until the answer is as expected, for so many milliseconds at most: the last answer. */
export async function until<T>(ask: () => Promise<T>, expected: T, patience: number): Promise<T> {
  for (const end = Date.now() + patience; ; await sleep(20)) {
    const answer = await ask()
    if (JSON.stringify(answer) === JSON.stringify(expected) || Date.now() > end) return answer
  }
}
