// Interfaces that come and go, change, or lead nowhere.
import { setTimeout as sleep } from 'node:timers/promises'
import { MTU, ROUTE_REFLECTOR } from '../../src/lab/addresses.js'
import { ip } from '../../src/lab/exec.js'
import { cable } from '../../src/lab/sandbox.js'
import type { Random } from '../crash/storm.js'
import type { Fault } from './fault.js'
import type { Ground } from './ground.js'

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
    async back() {
      const far = { namespace: topology.switch, device: 'relay' }
      await cable({ namespace: null, device: topology.device }, far, MTU.link)
      await topology.switch.ip('link set relay master br0')
    },
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
