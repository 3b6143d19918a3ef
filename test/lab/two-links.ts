// A relay with two links to one switch, each with a port of the router behind its passthru, as in
// examples/passthru.conf; the internet and a subscriber on the switch, which routes by what it is told.
//
//                     ┌─ link0 ─ relay ─ int0 ─┐
//   internet ─ switch ┤                        ├ router
//   subscriber ─┘     └─ link1 ─ relay ─ int1 ─┘
import type { Test } from 'tap'
import { INTERNET, MTU, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { exampleConfiguration, type Relay, startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace, type Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber, type SubscriberHost } from '../../src/lab/subscriber.js'
import { openSandbox } from './helper.js'

/** A link of the relay: the switch's side, the router's side, and the relay's own addresses between them. */
export const LINKS = [
  {
    link: 'link0',
    passthru: 'int0',
    routerMac: '6a:e3:09:2c:06:10',
    switch: ['172.20.0.1', '2001:db8::1'],
    router: ['172.20.0.2', '2001:db8::2'],
    relay: ['172.20.0.100', '2001:db8::100'],
  },
  {
    link: 'link1',
    passthru: 'int1',
    routerMac: '12:36:28:fd:01:1f',
    switch: ['172.20.1.1', '2001:db8:1::1'],
    router: ['172.20.1.2', '2001:db8:1::2'],
    relay: ['172.20.1.101', '2001:db8:1::101'],
  },
] as const

export interface Links {
  readonly sandbox: Sandbox
  readonly switch: Namespace
  readonly router: Namespace
  /** Names in the relay's own namespace, by those of the example. */
  readonly devices: ReadonlyMap<string, string>
}

export interface TwoLinks extends Links {
  readonly relay: Relay
}

export async function openTwoLinks(t: Test): Promise<TwoLinks> {
  const links = await layTwoLinks(t)
  const relay = await startRelay(links.sandbox, exampleConfiguration('passthru.conf', links.devices))
  return { ...links, relay }
}

/** Without a relay. */
export async function layTwoLinks(t: Test): Promise<Links> {
  const sandbox = await openSandbox(t)
  const [switchHost, router] = [await sandbox.namespace('switch'), await sandbox.namespace('router')]
  const devices = new Map<string, string>()
  for (const { link, passthru, ...at } of LINKS) {
    devices.set(link, sandbox.link(link)).set(passthru, sandbox.link(passthru))
    await cable(
      { namespace: null, device: sandbox.link(link) },
      { namespace: switchHost, device: link },
      MTU.link,
    )
    const port = { namespace: router, device: passthru, mac: at.routerMac }
    await cable({ namespace: null, device: sandbox.link(passthru) }, port, MTU.link)
    await switchHost.ip(`addr add ${at.switch[0]}/24 dev ${link}`)
    await switchHost.ip(`addr add ${at.switch[1]}/64 dev ${link} nodad`)
    await router.ip(`addr add ${at.router[0]}/24 dev ${passthru}`)
    await router.ip(`addr add ${at.router[1]}/64 dev ${passthru} nodad`)
  }
  return { sandbox, switch: switchHost, router, devices }
}

export interface Ends {
  readonly internet: Namespace
  readonly subscriber: SubscriberHost
}

/** Lets a host forward, also what comes by another way than answers go. */
export async function routes(host: Namespace): Promise<void> {
  await host.sysctl(
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
  )
}

/** The internet and a subscriber with a whole address behind the switch, which then routes. */
export async function addEnds({ sandbox, switch: switchHost }: TwoLinks): Promise<Ends> {
  await routes(switchHost)
  const internet = await sandbox.namespace('internet')
  await cable(
    { namespace: internet, device: 'eth0' },
    { namespace: switchHost, device: 'internet' },
    MTU.ipv4,
  )
  await switchHost.ip(`addr add ${INTERNET.gateway}/24 dev internet`)
  await internet.ip(`addr add ${INTERNET.ipv4}/24 dev eth0`)
  await internet.ip(`route add default via ${INTERNET.gateway}`)
  return { internet, subscriber: await addSubscriber({ sandbox, switch: switchHost }, SUBSCRIBERS.whole) }
}
