// A relay under steady traffic and edits for as long as one likes: what it loses (nothing), and what grows.
//
//   tester ══ veth ══ relay        `lwaftr loadtest` at one end, a segment after another; edits by RESTCONF meanwhile
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { QueueView } from '../../src/dataplane/counters.js'
import { queueMemory } from '../../src/dataplane/places.js'
import { type Relay, startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace, Sandbox } from '../../src/lab/sandbox.js'
import { processesOf } from '../../src/lab/sweep.js'
import { root } from '../../src/root.js'
import { seeded, send, smallEdit } from '../crash/storm.js'
import { descriptors } from '../faults/ground.js'
import { unaccounted } from '../faults/invariants.js'

export interface SoakOptions {
  readonly segments: number
  /** Seconds of each. */
  readonly segment: number
  readonly seed: number
  /** Packets a second, both directions together. */
  readonly rate: number
  /** Edits a second that are offered, one after another. */
  readonly edits: number
  /** Takes a segment's figures as they come. */
  readonly print: (sample: Sample) => void
}

/** What was seen in a segment. Memory in KiB, times in milliseconds. */
export interface Sample {
  readonly seconds: number
  readonly packets: number
  readonly lost: number
  readonly unexpected: number
  readonly packetP50: number
  readonly packetP99: number
  readonly edits: number
  readonly refused: number
  readonly editP50: number
  readonly editP99: number
  readonly leaderMemory: number
  readonly workerMemory: number
  readonly leaderFiles: number
  readonly workerFiles: number
  readonly sharedMemory: number
}

export interface SoakResult {
  readonly samples: readonly Sample[]
  /** Frames that the counters do not account for. */
  readonly unaccounted: bigint
}

const SOFTWIRES = 200

/** The load's softwires are none of an edit's. */
function configuration(device: string): string {
  const softwires = Array.from({ length: SOFTWIRES }, (_, i) => {
    const b4 = `b4-ipv6 2001:db8:10ad::${(i + 1).toString(16)}; br-address 2001:db8:ffff::100;`
    return `softwire { ipv4 10.1.${i >> 6}.1; psid ${i & 63}; ${b4} port-set { psid-length 6; } }`
  })
  return `softwire-config {
    instance {
      device ${device};
      queue {
        id 0;
        external-interface { ip 172.20.0.100; mac 02:22:22:22:22:01; next-hop { ip 172.20.0.1; } }
        internal-interface { ip 2001:db8::100; mac 02:22:22:22:22:02; next-hop { ip 2001:db8::1; } }
      }
    }
    external-interface { mtu 1500; }
    internal-interface { mtu 1540; }
    binding-table { ${softwires.join('\n')} }
  }`
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const sandbox = await Sandbox.open()
  try {
    const tester = await sandbox.namespace('tester')
    const device = sandbox.link('soak')
    await cable({ namespace: null, device }, { namespace: tester, device: 'soak' }, 1600)
    const load = join(sandbox.folder, 'load.conf')
    writeFileSync(load, configuration(device))
    const relay = await startRelay(sandbox, configuration(device), {
      arguments: ['--state-dir', join(sandbox.folder, 'state')],
    })
    const random = seeded(options.seed)
    const samples: Sample[] = []
    let id = 1
    for (let i = 0; i < options.segments; i++) {
      const over = new AbortController()
      const editing = editUntil(over.signal, relay, options.edits, () => smallEdit(random, ++id, false))
      const loaded = await loadtest(tester, load, options)
      over.abort()
      const sample = { ...loaded, ...(await editing), ...resources(sandbox.id, relay) }
      samples.push(sample)
      options.print(sample)
    }
    const view = QueueView.open(queueMemory(`/dev/shm/lwaftr-${relay.name}`, device, 0))
    if (view === null) throw new Error('the queue has no counters')
    return { samples, unaccounted: unaccounted(view.counters()) }
  } finally {
    await sandbox.close()
  }
}

interface Direction {
  readonly sent: number
  readonly lost: number
  readonly 'latency-us': { readonly p50: number; readonly p99: number } | null
}

async function loadtest(tester: Namespace, conf: string, { segment, rate }: SoakOptions) {
  const words = [
    '--device',
    'soak',
    '--conf',
    conf,
    '--rate',
    String(rate / 1e6),
    '-D',
    String(segment),
    '--json',
  ]
  const args = [join(root, 'bin/lwaftr'), 'loadtest', ...words]
  const { stdout } = await tester.exec(process.execPath, args, (segment + 60) * 1000)
  const { duration, unexpected, encap, decap } = JSON.parse(stdout) as {
    readonly duration: number
    readonly unexpected: number
    readonly encap: Direction
    readonly decap: Direction
  }
  const slower = (which: 'p50' | 'p99') =>
    Math.max(...[encap, decap].map((one) => one['latency-us']?.[which] ?? 0)) / 1000
  return {
    seconds: duration,
    packets: encap.sent + decap.sent,
    lost: encap.lost + decap.lost,
    unexpected,
    packetP50: slower('p50'),
    packetP99: slower('p99'),
  }
}

async function editUntil(
  over: AbortSignal,
  relay: Relay,
  rate: number,
  next: () => ReturnType<typeof smallEdit>,
) {
  const times: number[] = []
  let refused = 0
  for (let due = performance.now(); !over.aborted; due += 1000 / rate) {
    await sleep(Math.max(0, due - performance.now()))
    const begin = performance.now()
    const answer = await send(relay.url, next())
    times.push(performance.now() - begin)
    if (answer === undefined || typeof answer === 'string') refused++
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0
  return { edits: times.length, refused, editP50: at(0.5), editP99: at(0.99) }
}

/** What leader and worker have, now. */
function resources(run: number, relay: Relay) {
  const leader = relay.process.pid ?? 0
  const [worker] = processesOf(run, 'worker-process')
  if (worker === undefined) throw new Error('there is no worker')
  const files = (pid: number) => descriptors(pid).files + descriptors(pid).sockets
  return {
    leaderMemory: statusOf(leader, 'RssAnon'),
    workerMemory: statusOf(worker, 'RssAnon'),
    sharedMemory: statusOf(leader, 'RssShmem'),
    leaderFiles: files(leader),
    workerFiles: files(worker),
  }
}

/** KiB. */
function statusOf(pid: number, line: string): number {
  const [, kilobytes] =
    new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes)
}

/** By how much a figure grows in an hour, by least squares over the later two thirds: the first is warming up. */
export function drift(samples: readonly Sample[], figure: (sample: Sample) => number): number {
  let time = 0
  const points = samples.map((sample) => {
    time += sample.seconds
    return [time, figure(sample)] as const
  })
  const late = points.slice(Math.floor(points.length / 3))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(late.map(([x]) => x)), mean(late.map(([, y]) => y))]
  const slope =
    late.reduce((sum, [xi, yi]) => sum + (xi - x) * (yi - y), 0) /
    late.reduce((sum, [xi]) => sum + (xi - x) ** 2, 0)
  return slope * 3600
}
