// A subscriber behind its B4: a namespace with IPv6 access to the switch and a TUN device that
// holds the subscriber's public IPv4 address, whose packets `lwaftr b4` carries in the softwire.
import type { ChildProcess } from 'node:child_process'
import { BR_ADDRESS, b4Of, firstPortOf, MTU, type Subscriber } from './addresses.js'
import { cable, type Namespace } from './sandbox.js'
import type { Topology } from './topology.js'

const TUN = 'softwire'

export interface SubscriberHost {
  readonly subscriber: Subscriber
  readonly host: Namespace
  readonly b4: ChildProcess
  /** Source address and identifier of its pings: inside its port set. */
  readonly ping: { readonly from: string; readonly identifier: number }
}

export async function addSubscriber(lab: Topology, subscriber: Subscriber): Promise<SubscriberHost> {
  const { ipv6, gateway } = b4Of(subscriber)
  const host = await lab.sandbox.namespace(`subscriber${subscriber.number}`)
  const port = `subscriber${subscriber.number}`
  await cable({ namespace: host, device: 'eth0' }, { namespace: lab.switch, device: port }, MTU.link)
  await lab.switch.ip(`addr add ${gateway}/64 dev ${port} nodad`)
  await host.ip(`addr add ${ipv6}/64 dev eth0 nodad`)
  await host.ip(`-6 route add default via ${gateway}`)
  const b4 = await startB4(host, subscriber)
  await host.ip(`route add default dev ${TUN} src ${subscriber.ipv4} mtu ${MTU.ipv4}`)
  return { subscriber, host, b4, ping: { from: subscriber.ipv4, identifier: firstPortOf(subscriber) } }
}

async function startB4(host: Namespace, subscriber: Subscriber): Promise<ChildProcess> {
  await host.ip(`tuntap add dev ${TUN} mode tun`)
  await host.ip(`addr add ${subscriber.ipv4}/32 dev ${TUN}`)
  await host.ip(`link set ${TUN} mtu ${MTU.ipv4} up`)
  const { ipv6 } = b4Of(subscriber)
  return host.lwaftr(['b4', '--tun', TUN, '--local', ipv6, '--br', BR_ADDRESS], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
