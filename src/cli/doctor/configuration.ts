// The configuration beside itself, and beside the addresses of the machine.
import type { InstanceSettings, QueueSettings } from '../../dataplane/settings.js'
import { parseIpv6 } from '../../schema/addresses.js'
import { about, type Finding } from './finding.js'
import type { System } from './system.js'

/** Bytes of the IPv6 header of a tunnel. */
const TUNNEL = 40

export function configurationFindings(system: System, instances: readonly InstanceSettings[]): Finding[] {
  const queues = instances.flatMap(({ queues }) => queues)
  const first = queues[0]
  if (first === undefined) return [about('configuration').problem('it has no instance with a queue')]
  return [...tunnels(first), ...addresses(system, queues), ...passthru(system, queues)]
}

/** What is the same for all queues. */
function tunnels({ external, internal }: QueueSettings): Finding[] {
  const { ok, advice } = about('configuration')
  const needed = external.mtu + TUNNEL
  if (internal.mtu >= needed) return [ok('whole packets of the internet fit into tunnels')]
  if (internal.tcpMss > 0)
    return [ok(`TCP keeps to segments of ${internal.tcpMss} bytes; other large packets are fragmented`)]
  return [
    advice(
      `packets over ${internal.mtu - TUNNEL} bytes from the internet are fragmented for their tunnels`,
      `internal-interface/mtu ${needed}, where the network carries it; else internal-interface/tcp-mss-clamp`,
    ),
  ]
}

/** The relay's addresses are its own: where the kernel has one too, both answer for it. */
function addresses(system: System, queues: readonly QueueSettings[]): Finding[] {
  const { problem } = about('addresses')
  const four = localIpv4(system.read('/proc/net/fib_trie') ?? '')
  const six = (system.read('/proc/net/if_inet6') ?? '').split('\n').map((line) => line.split(/\s+/))
  const findings: Finding[] = []
  for (const ip of new Set(queues.map(({ externalInterface }) => externalInterface.ip)))
    if (four.has(ip))
      findings.push(
        problem(`the kernel has the relay's ${ip} too: both answer for it`, `ip address del ${ip} dev …`),
      )
  for (const ip of new Set(queues.map(({ internalInterface }) => internalInterface.ip))) {
    const device = six.find(([address]) => address === hex(ip))?.at(-1)
    if (device !== undefined)
      findings.push(
        problem(
          `the kernel has the relay's ${ip} too: both answer for it`,
          `ip address del ${ip} dev ${device}`,
        ),
      )
  }
  for (const { externalInterface, internalInterface } of queues)
    for (const { ip, nextHopIp } of [externalInterface, internalInterface])
      if (ip === nextHopIp) findings.push(problem(`next hop ${ip} is the relay itself`))
  return findings
}

function hex(ip: string): string {
  return Buffer.from(parseIpv6(ip) ?? []).toString('hex')
}

/** Addresses that fib_trie has as `/32 host LOCAL` below them. */
function localIpv4(trie: string): Set<string> {
  const found = new Set<string>()
  let address = ''
  for (const line of trie.split('\n')) {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address
    if (/\/32 host LOCAL/.test(line)) found.add(address)
  }
  return found
}

function passthru(system: System, queues: readonly QueueSettings[]): Finding[] {
  const findings: Finding[] = []
  for (const { passthruInterface } of queues) {
    if (passthruInterface === undefined) continue
    const { device, mtu } = passthruInterface
    const { ok, problem } = about(device)
    const theirs = system.read(`/sys/class/net/${device}/mtu`)
    if (theirs === null && system.read('/sys/class/misc/tun/dev') === null)
      findings.push(problem('it is to be made as a TAP, and the kernel has none', 'modprobe tun'))
    else if (theirs === null) findings.push(ok('passthru: made as a TAP when the relay starts'))
    else if (Number(theirs) < mtu)
      findings.push(
        problem(
          `passthru: its MTU is ${theirs}, the configuration has ${mtu}`,
          `ip link set ${device} mtu ${mtu}`,
        ),
      )
    else findings.push(ok('passthru: it is there'))
  }
  return findings
}
