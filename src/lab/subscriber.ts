// A subscriber behind its B4: a namespace with IPv6 access to the switch and a TUN device whose IPv4
// packets `lwaftr b4` carries in the softwire. Who has a whole address uses it itself; who shares
// one has a private address, which the B4 translates into its port set.
import { once } from 'node:events'
import { BR_ADDRESS, b4Of, MTU, type Subscriber } from './addresses.js'
import { cable, type Namespace } from './sandbox.js'
import type { Topology } from './topology.js'

const TUN = 'softwire'
const PRIVATE_IPV4 = '192.168.1.2'

export interface SubscriberHost {
  readonly subscriber: Subscriber
  readonly host: Namespace
  /** The IPv4 address that its own programs have. */
  readonly ipv4: string
}

export async function addSubscriber(
  lab: Pick<Topology, 'sandbox' | 'switch'>,
  subscriber: Subscriber,
): Promise<SubscriberHost> {
  const { ipv6, gateway } = b4Of(subscriber)
  const role = `subscriber${subscriber.number}`
  const host = await lab.sandbox.namespace(role)
  await cable({ namespace: host, device: 'eth0' }, { namespace: lab.switch, device: role }, MTU.link)
  await lab.switch.ip(`addr add ${gateway}/64 dev ${role} nodad`)
  await host.ip(`addr add ${ipv6}/64 dev eth0 nodad`)
  await host.ip(`-6 route add default via ${gateway}`)
  const ipv4 = subscriber.psidLength === 0 ? subscriber.ipv4 : PRIVATE_IPV4
  await host.ip(`tuntap add dev ${TUN} mode tun`)
  await host.ip(`addr add ${ipv4}/32 dev ${TUN}`)
  await host.ip(`link set ${TUN} mtu ${MTU.ipv4} up`)
  await host.ip(`route add default dev ${TUN}`)
  await startB4(host, subscriber)
  return { subscriber, host, ipv4 }
}

async function startB4(host: Namespace, subscriber: Subscriber): Promise<void> {
  const { ipv4, psid, psidLength } = subscriber
  const softwire = ['--tun', TUN, '--local', b4Of(subscriber).ipv6, '--br', BR_ADDRESS]
  const translation = ['--public-ipv4', ipv4, '--psid', `${psid}`, '--psid-length', `${psidLength}`]
  const b4 = host.lwaftr(['b4', ...softwire, ...(psidLength === 0 ? ['--transparent'] : translation)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  b4.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const ended = once(b4, 'close').then(() => {
    throw new Error(`a B4 did not start: ${complaints.trim()}`)
  })
  await Promise.race([once(b4.stdout ?? b4, 'data'), ended])
  ended.catch(() => {
    // Later it ends with the lab.
  })
}
