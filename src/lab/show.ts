// What the lab shows: pings through softwires and through the passthru, each one line.
import { INTERNET, RELAY, SUBSCRIBERS, SWITCH } from './addresses.js'
import { continuousPing, ping } from './ping.js'
import type { Namespace } from './sandbox.js'
import type { SubscriberHost } from './subscriber.js'
import type { Topology } from './topology.js'

/** One thing shown to work, or not. */
export interface Shown {
  readonly title: string
  readonly ok: boolean
  readonly detail: string
}

/** How long next hops may take to resolve after the start, in milliseconds. */
const PATIENCE = 10_000

/** Waits for the first answer, then pings three times. */
async function show(title: string, host: Namespace, target: string): Promise<Shown> {
  const first = continuousPing(host, target, { interval: 0.1 })
  const answered = await first.firstAnswer(PATIENCE)
  await first.stop()
  if (!answered) return { title, ok: false, detail: `no answer within ${PATIENCE / 1000} s` }
  const { sent, received, average } = await ping(host, target)
  const detail = `${received} of ${sent} answered, ${average ?? '-'} ms`
  return { title, ok: received === sent, detail }
}

/** All of them, one after another, told to `tell` as they come. */
export async function showAll(
  lab: Topology,
  whole: SubscriberHost,
  sharing: SubscriberHost,
  tell: (shown: Shown) => void,
): Promise<boolean> {
  const router = lab.routeReflector
  const shows = [
    () => show('softwire: subscriber → internet', whole.host, INTERNET.ipv4),
    () => show('softwire: internet → subscriber', lab.internet, SUBSCRIBERS.whole.ipv4),
    () => show('softwire: sharing subscriber → internet', sharing.host, INTERNET.ipv4),
    () => show('softwire: sharing subscriber → subscriber', sharing.host, SUBSCRIBERS.whole.ipv4),
    () => show('passthru: route reflector → switch, IPv4', router, SWITCH.ipv4),
    () => show('passthru: route reflector → switch, IPv6', router, SWITCH.ipv6),
    () => show('passthru: route reflector → relay, IPv4', router, RELAY.ipv4),
    () => show('passthru: route reflector → relay, IPv6', router, RELAY.ipv6),
  ]
  let ok = true
  for (const next of shows) {
    const shown = await next()
    tell(shown)
    ok &&= shown.ok
  }
  return ok
}
