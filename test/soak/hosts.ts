// The lab's hosts talk to each other by way of the relay: whole packets and fragments, both ways, hairpinned, through
// the passthru, to the relay itself, and packets whose time is over.
import { INTERNET, RELAY, SUBSCRIBERS, SWITCH } from '../../src/lab/addresses.js'
import { CommandError } from '../../src/lab/exec.js'
import { continuousPing, type PingOptions } from '../../src/lab/ping.js'
import type { Namespace } from '../../src/lab/sandbox.js'
import type { World } from './world.js'

export interface Pinged {
  readonly pings: number
  /** Without an answer although a later one was answered. */
  readonly missed: number
  /** ICMP errors asked for, and got. */
  readonly errorsDue: number
  readonly errors: number
}

/** Seconds between two requests. */
const INTERVAL = 0.5

export async function pingUntil(over: Promise<unknown>, world: World): Promise<Pinged> {
  const { whole, sharing, topology } = world
  const pairs: readonly (readonly [Namespace, string, PingOptions])[] = [
    [whole.host, INTERNET.ipv4, {}],
    [sharing.host, INTERNET.ipv4, { size: 4000 }],
    [topology.internet, SUBSCRIBERS.whole.ipv4, { size: 2000 }],
    [sharing.host, SUBSCRIBERS.whole.ipv4, {}],
    [sharing.host, SUBSCRIBERS.whole.ipv4, { size: 3000 }],
    [topology.routeReflector, SWITCH.ipv4, { size: 8000 }],
    [topology.routeReflector, RELAY.ipv4, {}],
    [topology.switch, RELAY.ipv4, { size: 1000 }],
  ]
  const pings = pairs.map(([host, target, options]) =>
    continuousPing(host, target, { interval: INTERVAL, ...options }),
  )
  const dying = expired(topology.internet)
  await over
  const results = await Promise.all(pings.map((ping) => ping.stop()))
  const errors = await dying
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    pings: sum(results.map(({ sent }) => sent)),
    missed: sum(results.map(({ missed }) => missed)),
    errorsDue: EXPIRED,
    errors,
  }
}

/** How many packets end at the relay because their time is over. */
const EXPIRED = 4

/** Sends them; answers of how many the relay said so. */
async function expired(internet: Namespace): Promise<number> {
  // The switch is one hop, the relay the next.
  const words = ['-n', '-c', String(EXPIRED), '-i', '0.3', '-W', '1', '-t', '2', SUBSCRIBERS.whole.ipv4]
  const said = await internet.exec('ping', words).then(
    ({ stdout }) => stdout,
    (problem: unknown) => {
      if (problem instanceof CommandError) return problem.stdout
      throw problem
    },
  )
  return said.match(new RegExp(`From ${RELAY.ipv4} .*Time to live exceeded`, 'g'))?.length ?? 0
}
