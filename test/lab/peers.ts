// What the Linux hosts of the lab do and say: pings word for word, datagrams, their route caches, and
// the relay's settings and counters meanwhile.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { CommandError } from '../../src/lab/exec.js'
import type { Relay } from '../../src/lab/relay.js'
import type { Namespace } from '../../src/lab/sandbox.js'

/** What a program says, also when it ends badly: a ping that is told an error does. */
export async function saidBy(host: Namespace, program: string, words: string): Promise<string> {
  try {
    return (await host.exec(program, words.split(' '))).stdout
  } catch (problem) {
    if (problem instanceof CommandError) return problem.stdout + problem.stderr
    throw problem
  }
}

/**
 * Pings until two are answered, one is answered with an error, or three seconds are over: without a
 * deadline, ping gives the last request no more than twice the time of those before. `words` are further
 * options of ping.
 */
export function pingSays(host: Namespace, target: string, words: string): Promise<string> {
  return saidBy(host, 'ping', `-n -c 2 -i 0.02 -w 3 ${words} ${target}`)
}

/** For counted packets: time enough for an answer before the next request, whatever else the machine does. */
export const UNHURRIED = '-i 0.5'

/** The first two requests are answered, with the payload they had: ping compares it. */
export async function answeredIntact(t: Test, host: Namespace, target: string, words: string): Promise<void> {
  const said = await pingSays(host, target, words)
  t.match(said, /bytes from .* icmp_seq=1 .*\n.*bytes from .* icmp_seq=2 /, words)
  t.notMatch(said, /wrong data/, `${words}: the payload comes back as it was`)
}

const UDP_PEER = fileURLToPath(new URL('udp-peer.js', import.meta.url))

/** Answers UDP datagrams at a port until the test ends. */
export async function echoUdp(t: Test, host: Namespace, address: string, port: number): Promise<void> {
  const server = host.spawn(process.execPath, [UDP_PEER, 'echo', address, String(port)])
  t.teardown(() => server.kill())
  await once(server.stdout ?? server, 'data')
}

export interface UdpEnd {
  readonly address: string
  readonly port: number
}

/** Sends datagrams of these sizes, one after another; resolves with what became of each (see udp-peer.ts). */
export async function askByUdp(
  host: Namespace,
  from: UdpEnd,
  to: UdpEnd,
  sizes: readonly number[],
): Promise<string[]> {
  const ends = [to.address, String(to.port), from.address, String(from.port)]
  const { stdout } = await host.exec(process.execPath, [UDP_PEER, 'ask', ...ends, ...sizes.map(String)])
  return JSON.parse(stdout) as string[]
}

/** The MTU that the host's kernel has learned for a destination, or null. */
export async function learnedMtu(host: Namespace, destination: string): Promise<number | null> {
  const { stdout } = await host.ip(`route get ${destination}`)
  const mtu = / mtu (\d+)/.exec(stdout)?.[1]
  return mtu === undefined ? null : Number(mtu)
}

export async function forgetMtus(...hosts: readonly Namespace[]): Promise<void> {
  for (const host of hosts) {
    await host.ip('route flush cache')
    await host.ip('-6 route flush cache')
  }
}

/** Sets the largest packet of one side, in bytes; every worker forwards by it when this resolves. */
export async function setMtu(relay: Relay, side: 'external' | 'internal', mtu: number): Promise<void> {
  const path = `snabb-softwire-v3:softwire-config/${side}-interface/mtu`
  const answer = await fetch(`${relay.url}/restconf/data/${path}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/yang-data+json' },
    body: JSON.stringify({ 'snabb-softwire-v3:mtu': mtu }),
  })
  if (!answer.ok) throw new Error(`mtu ${mtu}: ${await answer.text()}`)
}

/** All counters of the relay, by name; those of module lwaftr without their prefix. */
export async function counters(relay: Relay): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${relay.url}/restconf/data/snabb-softwire-v3:softwire-state`)
  const body = (await answer.json()) as Record<string, Record<string, unknown>>
  const leaves = Object.entries(body['snabb-softwire-v3:softwire-state'] ?? {})
  return new Map(
    leaves
      .filter(([, value]) => typeof value === 'string' && /^\d+$/.test(value))
      .map(([name, value]) => [name.replace(/^.*:/, ''), Number(value)]),
  )
}

/** How much the named counters grow meanwhile. */
export async function growth(
  relay: Relay,
  names: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<Record<string, number>> {
  const before = await counters(relay)
  await meanwhile()
  const after = await counters(relay)
  return Object.fromEntries(names.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]))
}
