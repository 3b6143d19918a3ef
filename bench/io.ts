// What a packet costs by each driver, on a veth pair at a fixed offered rate: half of them are encapsulated, half
// decapsulated. On virtual links the kernel tops out before the relay does, whichever driver: so CPU time is compared,
// not rate.
//
//   relay    the queue's thread: receiving, forwarding, sending, and the peer's kernel taking what was sent
//   receive  what the kernel did with a received packet before the relay saw it: the sender's CPU time, in whose
//            context a veth receives, less what the same sender needs for a link that nobody listens to
//
// A rate below what a core does leaves the thread idle between bursts: sleeping and waking is in the figures.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Driver } from '../src/dataplane/dataplane.js'
import { exec } from '../src/lab/exec.js'
import { obstacleToNamespaces } from '../src/lab/obstacle.js'
import { startRelay } from '../src/lab/relay.js'
import { cable, type Namespace, Sandbox } from '../src/lab/sandbox.js'
import { processesOf } from '../src/lab/sweep.js'
import { root } from '../src/root.js'

export interface IoTrial {
  readonly driver: Exclude<Driver, 'auto' | 'memory'>
  /** Bytes of an IPv4 packet's frame. */
  readonly size: number
  /** Packets a second, both directions together. */
  readonly rate: number
  readonly seconds: number
}

export interface IoResult extends IoTrial {
  readonly sent: number
  readonly forwarded: number
  /** CPU nanoseconds a packet. */
  readonly relay: number
  readonly receive: number
  /** Times the thread went to sleep, a packet. */
  readonly sleeps: number
}

interface Traffic {
  readonly configuration: string
  readonly captures: readonly string[]
}

interface Flood {
  readonly sent: number
  /** CPU nanoseconds of the sender, and of the kernel's helpers meanwhile. */
  readonly cpu: number
}

const FLOOD = join(root, 'build/native/flood')
const WARM_UP = 300
const PACKETS = 10_000

/** Measures one driver; rejects with the reason where this machine cannot. */
export async function measureIo(trial: IoTrial): Promise<IoResult> {
  await exec('make', ['-s', '-C', join(root, 'native/bench/flood')])
  const sandbox = await Sandbox.open()
  try {
    const sender = await sandbox.namespace('sender')
    const device = sandbox.link('bench')
    await cable({ namespace: null, device }, { namespace: sender, device: 'peer' }, 1600)
    const traffic = await generate(sandbox, trial.size, device)
    const idle = await flood(sender, trial, traffic)
    const relay = await startRelay(sandbox, traffic.configuration, { arguments: ['--driver', trial.driver] })
    await flood(sender, { ...trial, seconds: 1 }, traffic)
    await sleep(WARM_UP)
    const before = await sample(sandbox, relay.url)
    const { sent, cpu } = await flood(sender, trial, traffic)
    await sleep(WARM_UP)
    const after = await sample(sandbox, relay.url)
    return {
      ...trial,
      sent,
      forwarded: after.forwarded - before.forwarded,
      relay: (after.cpu - before.cpu) / sent,
      receive: cpu / sent - idle.cpu / idle.sent,
      sleeps: (after.sleeps - before.sleeps) / sent,
    }
  } finally {
    await sandbox.close()
  }
}

/** Softwires, and packets of them both ways, by `generate-configuration`. */
async function generate(sandbox: Sandbox, size: number, device: string): Promise<Traffic> {
  const file = (name: string) => join(sandbox.folder, name)
  const captures = [file('v4.pcap'), file('v6.pcap')]
  const softwires = ['193.5.0.0', '16', '2001:db8:ffff::100', '2001:db8:b4::', '6', '--output', file('conf')]
  const packets = ['--pcap-v4', file('v4.pcap'), '--pcap-v6', file('v6.pcap')]
  const amount = ['--packet-size', `${size}`, '--npackets', `${PACKETS}`]
  const words = ['generate-configuration', ...softwires, ...packets, ...amount]
  await exec(process.execPath, [join(root, 'bin/lwaftr'), ...words])
  const configuration = readFileSync(file('conf'), 'utf8').replace('device test;', `device ${device};`)
  return { configuration, captures }
}

async function flood(sender: Namespace, { rate, seconds }: IoTrial, { captures }: Traffic): Promise<Flood> {
  const before = helpersCpu()
  const ran = await sender.exec(FLOOD, ['peer', `${rate}`, `${seconds}`, ...captures], 60_000)
  const { sent, cpu } = JSON.parse(ran.stdout) as Flood
  return { sent, cpu: cpu + helpersCpu() - before }
}

/** CPU nanoseconds of the threads that take over when packets come too fast. */
function helpersCpu(): number {
  const helpers = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && nameOf(`/proc/${pid}`).startsWith('ksoftirqd'),
  )
  return helpers.reduce((sum, pid) => sum + cpuOf(`/proc/${pid}`), 0)
}

async function sample(
  sandbox: Sandbox,
  url: string,
): Promise<{ forwarded: number; cpu: number; sleeps: number }> {
  const answer = await fetch(`${url}/restconf/data/snabb-softwire-v3:softwire-state`)
  const state = ((await answer.json()) as Record<string, Record<string, string>>)[
    'snabb-softwire-v3:softwire-state'
  ]
  const count = (name: string) => Number(state?.[name] ?? Number.NaN)
  const worker = processesOf(sandbox.id, 'worker')[0]
  const tasks = `/proc/${worker}/task`
  const thread = readdirSync(tasks).find((task) => nameOf(join(tasks, task)).startsWith('lwaftr-queue'))
  if (thread === undefined) throw new Error('the worker has no queue thread')
  const status = readFileSync(join(tasks, thread, 'status'), 'utf8')
  return {
    forwarded: count('out-ipv4-packets') + count('out-ipv6-packets'),
    cpu: cpuOf(join(tasks, thread)),
    sleeps: Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]),
  }
}

function nameOf(task: string): string {
  try {
    return readFileSync(join(task, 'comm'), 'utf8')
  } catch {
    return ''
  }
}

function cpuOf(task: string): number {
  return Number(readFileSync(join(task, 'schedstat'), 'utf8').split(' ')[0])
}

const RATES = [20_000, 200_000]
const SIZES = [94, 1400]

/** Prints the table; its last column is the whole cost in proportion to AF_PACKET's. */
export async function benchIo(print: (line: string) => void): Promise<void> {
  const obstacle = await obstacleToNamespaces()
  if (obstacle !== null) return print(`io: skipped, ${obstacle}`)
  print('CPU ns a packet, veth pair, half encapsulated and half decapsulated')
  print('size   packets/s  driver     relay  receive    all  ratio   lost  sleeps/packet')
  for (const [size, rate] of SIZES.flatMap((size) => RATES.map((rate) => [size, rate] as const))) {
    let reference = Number.NaN
    for (const driver of ['af-packet', 'af-xdp'] as const) {
      const r = await measureIo({ driver, size, rate, seconds: 4 }).catch((problem: Error) => problem)
      if (r instanceof Error) {
        print(`${size}  ${driver}: ${r.message}`)
        continue
      }
      const all = r.relay + r.receive
      if (driver === 'af-packet') reference = all
      const cells = [
        String(size).padEnd(6),
        String(rate).padStart(9),
        ` ${driver}`.padEnd(11),
        r.relay.toFixed(0).padStart(5),
        r.receive.toFixed(0).padStart(8),
        all.toFixed(0).padStart(6),
        (all / reference).toFixed(2).padStart(6),
        `${((100 * (r.sent - r.forwarded)) / r.sent).toFixed(2)}%`.padStart(6),
        r.sleeps.toFixed(3).padStart(14),
      ]
      print(cells.join(' '))
    }
  }
}
