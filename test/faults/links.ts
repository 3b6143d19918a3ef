// Interfaces that come and go, change, or lead nowhere.
import { setTimeout as sleep } from 'node:timers/promises'
import { MTU, ROUTE_REFLECTOR } from '../../src/lab/addresses.js'
import { exec, ip } from '../../src/lab/exec.js'
import { cable } from '../../src/lab/sandbox.js'
import type { Topology } from '../../src/lab/topology.js'
import type { Random } from '../crash/storm.js'
import type { Fault } from './fault.js'
import type { Ground } from './ground.js'

/** Hardware queues of the relay's link, at most. */
const QUEUES = 4

/** Lays the link between the relay and the switch. It has one queue each way. */
export async function layLink({ device, switch: far }: Topology): Promise<void> {
  const end = `numrxqueues ${QUEUES} numtxqueues ${QUEUES} mtu ${MTU.link}`
  await ip(`link add ${device} ${end} type veth peer name relay ${end} netns ${far.name}`)
  // The peer first: the relay may have found its link already.
  await far.exec('ethtool', queueWords('relay', 1))
  await setQueues(device, 1)
  // This machine must not speak on the relay's link.
  await exec('sysctl', ['-q', '-w', `net.ipv6.conf.${device}.disable_ipv6=1`])
  await ip(`link set ${device} up`)
  await far.ip('link set relay master br0 up')
}

function queueWords(device: string, count: number): string[] {
  return ['-L', device, 'rx', String(count), 'tx', String(count)]
}

async function setQueues(device: string, count: number): Promise<void> {
  await exec('ethtool', queueWords(device, count))
}

/** Done, and undone some time after. */
function forAWhile(
  name: string,
  words: (ground: Ground) => {
    readonly change: () => Promise<unknown>
    readonly back: () => Promise<unknown>
  },
): Fault {
  return {
    name,
    hitless: false,
    worker: 'lives',
    leader: 'lives',
    async inject(ground, random: Random) {
      const { change, back } = words(ground)
      await change()
      await sleep(100 + random(1500))
      await back()
    },
  }
}

export const LINK_FAULTS: readonly Fault[] = [
  forAWhile('link down', ({ topology: { device } }) => ({
    change: () => ip(`link set ${device} down`),
    back: () => ip(`link set ${device} up`),
  })),
  forAWhile('link deleted', ({ topology }) => ({
    change: () => ip(`link del ${topology.device}`),
    back: () => layLink(topology),
  })),
  forAWhile('link renamed', ({ topology: { device }, sandbox }) => ({
    async change() {
      await ip(`link set ${device} down`)
      await ip(`link set ${device} name ${sandbox.link('other')}`)
      await ip(`link set ${sandbox.link('other')} up`)
    },
    async back() {
      await ip(`link set ${sandbox.link('other')} down`)
      await ip(`link set ${sandbox.link('other')} name ${device}`)
      await ip(`link set ${device} up`)
    },
  })),
  forAWhile('MTU of the link too small', ({ topology: { device } }) => ({
    change: () => ip(`link set ${device} mtu 1000`),
    back: () => ip(`link set ${device} mtu ${MTU.link}`),
  })),
  forAWhile('peer down', ({ topology }) => ({
    change: () => topology.switch.ip('link set relay down'),
    back: () => topology.switch.ip('link set relay up'),
  })),
  forAWhile('peer silent', ({ topology }) => ({
    change: () => topology.switch.ip('link set relay nomaster'),
    back: () => topology.switch.ip('link set relay master br0'),
  })),
  {
    // And it stays so: the invariants are held with packets by the hundred, to every queue.
    name: 'number of hardware queues changed',
    hitless: false,
    worker: 'lives',
    leader: 'lives',
    async inject({ topology: { device, switch: far } }, random) {
      for (let i = 0; i < 2; i++) {
        const count = 1 + random(QUEUES)
        const peer = () => far.exec('ethtool', queueWords('relay', count))
        // veth wants as many queues to receive by as the peer has to transmit by, where there is an XDP program.
        await peer().catch(() => {})
        await setQueues(device, count)
        await peer()
        await sleep(random(1000))
      }
    },
  },
  {
    ...forAWhile('passthru device deleted', ({ topology }) => ({
      change: () => ip(`link del ${topology.passthruDevice}`),
      async back() {
        const far = { namespace: topology.routeReflector, device: 'eth0', mac: ROUTE_REFLECTOR.mac }
        await cable({ namespace: null, device: topology.passthruDevice }, far, MTU.link)
      },
    })),
    hitless: true,
  },
]
