// The lab where there is no root: the relay on in-memory devices, the hosts in this process.
import { join } from 'node:path'
import { firstPortOf, RELAY, SUBSCRIBERS } from '../addresses.js'
import { exampleConfiguration, type Relay, startRelay } from '../relay.js'
import type { Sandbox } from '../sandbox.js'
import type { Shown } from '../show.js'
import { FrameLink } from './frame-link.js'
import { type EchoTime, MemoryNetwork, SWITCH_STATION } from './network.js'

/** Next hops are resolved within moments; each show is tried that often, a second each at most. */
const ATTEMPTS = 10

export interface MemoryLab {
  readonly relay: Relay
  readonly network: MemoryNetwork
}

export async function openMemoryLab(sandbox: Sandbox, listen: string): Promise<MemoryLab> {
  const stateDir = join(sandbox.folder, 'state')
  const args = ['--driver', 'memory', '--state-dir', stateDir]
  const configuration = exampleConfiguration('lab.conf', new Map())
  const starting = startRelay(sandbox, configuration, { listen, arguments: args })
  // Both at once: the relay is ready without its peers, and the peers wait for its sockets.
  const [relay, link, passthru] = await Promise.all([
    starting,
    FrameLink.open(join(stateDir, 'link-eth1.sock')),
    FrameLink.open(join(stateDir, 'link-int0.sock')),
  ])
  return { relay, network: new MemoryNetwork(link, passthru) }
}

/** Every ping the in-memory hosts can do, told to `tell` as they come. */
export async function showAllInMemory(
  network: MemoryNetwork,
  tell: (shown: Shown) => void,
): Promise<boolean> {
  const { whole, sharing } = SUBSCRIBERS
  const shows: readonly [string, () => Promise<EchoTime>][] = [
    ['softwire: subscriber → internet', () => network.fromSubscriber(whole, firstPortOf(whole))],
    ['softwire: internet → subscriber', () => network.fromInternet(whole)],
    ['softwire: sharing subscriber → internet', () => network.fromSubscriber(sharing, firstPortOf(sharing))],
    ['passthru: route reflector → switch, IPv4', () => network.fromReflector(SWITCH_STATION)],
    ['passthru: route reflector → relay, IPv4', () => network.fromReflector(RELAY)],
  ]
  let ok = true
  for (const [title, attempt] of shows) {
    const time = await firstAnswer(attempt)
    tell({
      title,
      ok: time !== null,
      detail: time === null ? `no answer in ${ATTEMPTS} s` : `answered, ${time.toFixed(3)} ms`,
    })
    ok &&= time !== null
  }
  return ok
}

async function firstAnswer(attempt: () => Promise<EchoTime>): Promise<EchoTime> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const time = await attempt()
    if (time !== null) return time
  }
  return null
}
