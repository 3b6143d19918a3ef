// Builds the lab's hosts and the links between them. The relay itself runs where the lab was
// started, so that its RESTCONF URL is at hand; only its links lead into the lab.
import * as at from './addresses.js'
import { cable, type Namespace, type Sandbox } from './sandbox.js'

const FORWARDING = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  // Answers to the relay's tunnels come back another way than they went.
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
]

export interface Topology {
  readonly sandbox: Sandbox
  readonly switch: Namespace
  readonly internet: Namespace
  readonly routeReflector: Namespace
  /** Names of the relay's interfaces, where the lab was started. */
  readonly device: string
  readonly passthruDevice: string
}

/** The switch, the internet and the route reflector, and the relay's two links. */
export async function buildTopology(sandbox: Sandbox): Promise<Topology> {
  const device = sandbox.link('link')
  const passthruDevice = sandbox.link('rr')
  const switchHost = await buildSwitch(sandbox, device)
  const internet = await buildInternet(sandbox, switchHost)
  const routeReflector = await buildRouteReflector(sandbox, passthruDevice)
  return { sandbox, switch: switchHost, internet, routeReflector, device, passthruDevice }
}

async function buildSwitch(sandbox: Sandbox, relayDevice: string): Promise<Namespace> {
  const host = await sandbox.namespace('switch')
  await host.sysctl(...FORWARDING)
  await host.ip('link add br0 type bridge')
  await cable({ namespace: null, device: relayDevice }, { namespace: host, device: 'relay' }, at.MTU.link)
  await host.ip('link set relay master br0')
  await host.ip(`link set br0 up mtu ${at.MTU.link}`)
  await host.ip(`addr add ${at.SWITCH.ipv4}/24 dev br0`)
  await host.ip(`addr add ${at.SWITCH.ipv6}/64 dev br0 nodad`)
  await host.ip(`route add ${at.SUBSCRIBER_PREFIX} via ${at.RELAY.ipv4} mtu ${at.MTU.ipv4}`)
  await host.ip(`-6 route add ${at.BR_ADDRESS}/128 via ${at.RELAY.ipv6}`)
  return host
}

async function buildInternet(sandbox: Sandbox, switchHost: Namespace): Promise<Namespace> {
  const host = await sandbox.namespace('internet')
  const ends = [
    { namespace: host, device: 'eth0' },
    { namespace: switchHost, device: 'internet' },
  ] as const
  await cable(ends[0], ends[1], at.MTU.ipv4)
  await switchHost.ip(`addr add ${at.INTERNET.gateway}/24 dev internet`)
  await host.ip(`addr add ${at.INTERNET.ipv4}/24 dev eth0`)
  await host.ip(`route add default via ${at.INTERNET.gateway}`)
  return host
}

async function buildRouteReflector(sandbox: Sandbox, relayDevice: string): Promise<Namespace> {
  const host = await sandbox.namespace('reflector')
  const mac = at.ROUTE_REFLECTOR.mac
  await cable({ namespace: null, device: relayDevice }, { namespace: host, device: 'eth0', mac }, at.MTU.link)
  await host.ip(`addr add ${at.ROUTE_REFLECTOR.ipv4}/24 dev eth0`)
  await host.ip(`addr add ${at.ROUTE_REFLECTOR.ipv6}/64 dev eth0 nodad`)
  return host
}
