// Where faults are injected: the lab's hosts around a relay on real interfaces, whose state directory and /dev/shm are
// small file systems of its own, in a mount namespace of its own.
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { QueueView } from '../../src/dataplane/counters.js'
import { RELAY, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { ip } from '../../src/lab/exec.js'
import { nameOfRelay } from '../../src/lab/owner.js'
import { exampleConfiguration, type Relay, startRelay } from '../../src/lab/relay.js'
import { Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber, type SubscriberHost } from '../../src/lab/subscriber.js'
import { processesOf } from '../../src/lab/sweep.js'
import { buildTopology, type Topology } from '../../src/lab/topology.js'
import { root } from '../../src/root.js'
import { Clock } from './clock.js'
import { Disk } from './disk.js'
import { layLink } from './links.js'

/** Bytes of the file systems; nothing of them is used until it is. */
const STATE_SIZE = '128m'
const SHM_SIZE = '64m'

export class Ground {
  #relay: Relay | null = null
  /** The end of what the leaders said on stderr. */
  said = ''

  private constructor(
    readonly topology: Topology,
    readonly subscriber: SubscriberHost,
    readonly holder: ChildProcess,
    readonly probe: ChildProcess,
    readonly driver: 'af-xdp' | 'af-packet',
    readonly clock: Clock,
    readonly disk: Disk,
  ) {}

  static async open(t: Test, driver: 'af-xdp' | 'af-packet'): Promise<Ground> {
    const sandbox = await Sandbox.open()
    t.teardown(() => sandbox.close())
    const topology = await buildTopology(sandbox)
    await ip(`link del ${topology.device}`)
    await layLink(topology)
    const state = join(sandbox.folder, 'state')
    const mounts = `mkdir -p ${state} && mount -t tmpfs -o size=${STATE_SIZE} faults ${state} &&
      mount -t tmpfs -o size=${SHM_SIZE} faults /dev/shm && echo ready && exec sleep infinity`
    const holder = sandbox.spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', mounts], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout as NodeJS.ReadableStream, 'data')
    const script = join(root, 'test/faults/probe.py')
    const probe = topology.switch.spawn('python3', [script, 'relay', RELAY.mac], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const subscriber = await addSubscriber(topology, SUBSCRIBERS.whole)
    const clock = new Clock(sandbox.folder)
    const disk = new Disk(sandbox.folder)
    t.teardown(() => {
      clock.close()
      disk.close()
    })
    return new Ground(topology, subscriber, holder, probe, driver, clock, disk)
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
  /** In the relay's mount namespace. */
  get stateDirectory(): string {
    return join(this.sandbox.folder, 'state')
  }
  /** As seen from here. */
  get sharedMemory(): string {
    return join(`/proc/${this.holder.pid}/root/dev/shm`, `lwaftr-${nameOfRelay(this.sandbox.id)}`)
  }

  /** Starts a leader, the first or the next. */
  async start(): Promise<void> {
    const { device, passthruDevice } = this.topology
    const devices = new Map([
      ['eth1', device],
      ['int0', passthruDevice],
    ])
    const conf = `${exampleConfiguration('lab.conf', devices)}config-server { history { depth 100000; } }\n`
    this.#relay = await startRelay(this.sandbox, conf, {
      arguments: ['--driver', this.driver, '--state-dir', this.stateDirectory],
      within: ['nsenter', '-t', String(this.holder.pid), '-m', 'env', ...this.#environment()],
    })
    this.#relay.process.stderr?.on('data', (text: string) => {
      this.said = (this.said + text).slice(-8192)
    })
  }

  /** What puts the clock and the disk of the test between a relay and the machine's. */
  #environment(): string[] {
    const { clock, disk } = this
    const both = { ...clock.environment, ...disk.environment }
    const preloaded = `${clock.environment.LD_PRELOAD}:${disk.environment.LD_PRELOAD}`
    return Object.entries({ ...both, LD_PRELOAD: preloaded }).map(([name, value]) => `${name}=${value}`)
  }

  /** After a start that was meant to fail. */
  forget(): void {
    this.#relay = null
  }
  get hasLeader(): boolean {
    return (
      this.#relay !== null && this.#relay.process.exitCode === null && this.#relay.process.signalCode === null
    )
  }

  leaders(): number[] {
    return processesOf(this.sandbox.id, 'bin/lwaftr\0run\0')
  }
  workers(): number[] {
    return processesOf(this.sandbox.id, 'worker-process')
  }

  /** Runs a program where the relay's file systems are. */
  inside(program: string, ...words: string[]): void {
    execFileSync('nsenter', ['-t', String(this.holder.pid), '-m', program, ...words], { stdio: 'pipe' })
  }

  /** The B4 that packets to each softwire leave for, in hex; nothing for those that lead nowhere. */
  async scan(keys: readonly string[]): Promise<Map<string, string>> {
    const asked = keys.map((key) => {
      const [ipv4, psid] = key.split(',')
      return { key, ipv4, port: (Number(psid) << 10) + 5 }
    })
    const lines = createInterface({ input: this.probe.stdout as NodeJS.ReadableStream })
    this.probe.stdin?.write(`${JSON.stringify(asked.map(({ ipv4, port }) => [ipv4, port]))}\n`)
    const [line] = (await once(lines, 'line')) as [string]
    lines.close()
    const found = JSON.parse(line) as Record<string, string>
    return new Map(
      asked.flatMap(({ key, ipv4, port }) => {
        const b4 = found[`${ipv4} ${port}`]
        return b4 === undefined ? [] : [[key, b4] as const]
      }),
    )
  }

  /** Counters of the only queue, by name, as they are in shared memory now. */
  counters(): Map<string, bigint> {
    const file = readdirSync(this.sharedMemory).find((name) => name.startsWith('counters-'))
    const view = file === undefined ? null : QueueView.open(join(this.sharedMemory, file))
    if (view === null) throw new Error('the queue has no counters')
    return view.counters()
  }
}

/** How many files and sockets a process holds open. */
export function descriptors(pid: number): { readonly files: number; readonly sockets: number } {
  const targets = targetsOf(pid)
  const sockets = targets.filter((target) => target.startsWith('socket:')).length
  return { files: targets.length - sockets, sockets }
}

/** What its descriptors lead to. */
export function targetsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).flatMap((fd) => {
    try {
      return [readlinkSync(join(directory, fd))]
    } catch {
      return [] // closed meanwhile
    }
  })
}
