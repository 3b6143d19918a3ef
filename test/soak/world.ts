// Where the soak happens: a relay with two links. One is under steady load, and nothing befalls it; at the other are the
// lab's hosts, and all that may go wrong there.
//
//   tester ══ relay ══ switch ── internet, two subscribers behind their B4s
//               ╚═ passthru ══ route reflector
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashToken } from '../../src/config-server/access/password.js'
import { QueueView } from '../../src/dataplane/counters.js'
import { queueMemory } from '../../src/dataplane/places.js'
import { RELAY, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { exampleConfiguration, type Relay, startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace, Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber, type SubscriberHost } from '../../src/lab/subscriber.js'
import { processesOf } from '../../src/lab/sweep.js'
import { buildTopology, type Topology } from '../../src/lab/topology.js'
import { root } from '../../src/root.js'

/** The load's, none of which is an edit's. */
const SOFTWIRES = 200
/** The tester's end of its link. */
export const TESTER_DEVICE = 'soak'

export type User = 'operator' | 'guest'
const tokenOf = (user: User) => `soak-${user}`
export const credentials = (user: User) => ({ authorization: `Bearer ${tokenOf(user)}` })

const user = (name: User) => `user { name ${name}; token { name soak; hash "${hashToken(tokenOf(name))}"; } }`

/** An operator may do everything; a guest sees no instance and changes nothing. */
const ACCESS = `config-server { ${user('operator')} ${user('guest')} }
nacm {
  groups {
    group { name operators; user-name operator; }
    group { name guests; user-name guest; }
  }
  rule-list {
    name operators;
    group operators;
    rule { name all; module-name *; access-operations *; action permit; }
  }
  rule-list {
    name guests;
    group guests;
    rule { name instances; path /softwire-config/instance; access-operations *; action deny; }
    rule { name changes; module-name *; access-operations "create update delete"; action deny; }
  }
}\n`

const testerInstance = (device: string) => `instance {
    device ${device};
    queue {
      id 0;
      external-interface { ip 172.21.0.100; mac 02:22:22:22:22:01; next-hop { ip 172.21.0.1; } }
      internal-interface { ip 2001:db8:1::100; mac 02:22:22:22:22:02; next-hop { ip 2001:db8:1::1; } }
    }
  }`

const TESTER_SOFTWIRES = Array.from({ length: SOFTWIRES }, (_, i) => {
  const b4 = `b4-ipv6 2001:db8:10ad::${(i + 1).toString(16)}; br-address 2001:db8:10ad:ffff::1;`
  return `softwire { ipv4 10.1.${i >> 6}.1; psid ${i & 63}; ${b4} port-set { psid-length 6; } }`
}).join('\n')

/** What the load generator is told of the relay. */
const testerConfiguration = (device: string) => `softwire-config {
  ${testerInstance(device)}
  external-interface { mtu 1500; }
  internal-interface { mtu 1540; }
  binding-table { ${TESTER_SOFTWIRES} }
}`

export class World {
  #relay: Relay | null = null
  /** Resolves when there is a leader again, while there is none. */
  #succession: Promise<unknown> | null = null

  private constructor(
    readonly topology: Topology,
    readonly tester: Namespace,
    readonly whole: SubscriberHost,
    readonly sharing: SubscriberHost,
    /** The relay's ends of its links: the tester's, the lab's. */
    readonly devices: readonly [tester: string, lab: string],
    /** File of the load generator's configuration. */
    readonly load: string,
  ) {}

  static async open(): Promise<World> {
    const sandbox = await Sandbox.open()
    try {
      const tester = await sandbox.namespace('tester')
      const device = sandbox.link('soak')
      await cable({ namespace: null, device }, { namespace: tester, device: TESTER_DEVICE }, 1600)
      const topology = await buildTopology(sandbox)
      const load = join(sandbox.folder, 'load.conf')
      writeFileSync(load, testerConfiguration(device))
      const whole = await addSubscriber(topology, SUBSCRIBERS.whole)
      const sharing = await addSubscriber(topology, SUBSCRIBERS.sharing)
      const world = new World(topology, tester, whole, sharing, [device, topology.device], load)
      world.#relay = await world.#start()
      return world
    } catch (problem) {
      await sandbox.close()
      throw problem
    }
  }

  get sandbox(): Sandbox {
    return this.topology.sandbox
  }
  get relay(): Relay {
    if (this.#relay === null) throw new Error('there is no relay')
    return this.#relay
  }
  get leader(): number {
    return this.relay.process.pid ?? 0
  }
  /** Whoever asks just now may find nobody. */
  get betweenLeaders(): boolean {
    return this.#succession !== null
  }
  get stateDirectory(): string {
    return join(this.sandbox.folder, 'state')
  }
  get sharedMemory(): string {
    return `/dev/shm/lwaftr-${this.relay.name}`
  }

  /** Process of the worker at one of the links. */
  workerOf(device: string): number | undefined {
    return processesOf(this.sandbox.id, `/worker-${device}\0`)[0]
  }

  counters(device: string): ReadonlyMap<string, bigint> {
    const view = QueueView.open(queueMemory(this.sharedMemory, device, 0))
    if (view === null) throw new Error(`the queue of ${device} has no counters`)
    return view.counters()
  }

  /** Ends the leader by the signal; resolves when there is another. */
  async succeed(signal: NodeJS.Signals): Promise<void> {
    const { relay } = this
    relay.process.kill(signal)
    this.#succession = relay.ended
      .then(() => this.#start())
      .then((next) => {
        this.#relay = next
        this.#succession = null
      })
    await this.#succession
  }

  /** Resolves when there is a leader. */
  async settled(): Promise<void> {
    await this.#succession
  }

  /** Sends what no host would, from the switch, until the lab is over. */
  hostileFrames(seed: number, rate: number): ChildProcess {
    const script = join(root, 'test/soak/hostile.py')
    const words = [script, 'relay', RELAY.mac, String(seed), String(rate)]
    return this.topology.switch.spawn('/usr/bin/python3', words, { stdio: ['ignore', 'ignore', 'inherit'] })
  }

  #start(): Promise<Relay> {
    const [tester, lab] = this.devices
    const names = new Map([
      ['eth1', lab],
      ['int0', this.topology.passthruDevice],
    ])
    const conf = exampleConfiguration('lab.conf', names)
      .replace('softwire-config {', `softwire-config {\n${testerInstance(tester)}`)
      .replace('binding-table {', `binding-table {\n${TESTER_SOFTWIRES}`)
    return startRelay(this.sandbox, conf + ACCESS, { arguments: ['--state-dir', this.stateDirectory] })
  }
}
