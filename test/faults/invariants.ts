// What holds however often things went wrong: counters only grow, no frame disappears without a name, nothing leaks.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { ip } from '../../src/lab/exec.js'
import { idIn } from '../../src/lab/owner.js'
import { cgroupsOf, networkNames } from '../../src/lab/sweep.js'
import { root } from '../../src/root.js'
import { eventually } from '../dataplane/helper.js'
import { descriptors, type Ground, targetsOf } from './ground.js'

/** Milliseconds for what is under way to come to its end. */
const SETTLES = 20_000
/** Frames that a thread may have in its hands when it is killed: its packet buffers, native/io/queue_thread.cc. */
export const IN_HAND = 16_384 + 512
/** Open files of a process that are no leak: connections that have not ended yet, a file being read. */
const SPARE_SOCKETS = 40
const SPARE_FILES = 4

const NO_BPF = { 'bpf-map': 0, 'bpf-prog': 0, bpf_link: 0 }
const BPF = { 'af-packet': NO_BPF, 'af-xdp': { 'bpf-map': 2, 'bpf-prog': 1, bpf_link: 1 } }

type Counters = ReadonlyMap<string, bigint>

const LAW = readFileSync(join(root, 'native/core/conservation.cc'), 'utf8')

/** Names that the law sums up as `part`. */
function namesOf(part: string): string[] {
  const [, names = ''] = new RegExp(`balance\\.${part} =\\s*sum\\(\\{([^}]*)\\}\\)`).exec(LAW) ?? []
  const found = [...names.matchAll(/Counter::(\w+)/g)].map(([, name = '']) => name.replaceAll('_', '-'))
  if (found.length === 0) throw new Error(`conservation.cc does not say what is ${part}`)
  return found
}

const IN = ['received', 'originated'].flatMap(namesOf)
const OUT = ['sent', 'passed_through', 'dropped', 'consumed'].flatMap(namesOf)

/** Frames that came into being and have not ended: held, or lost with the worker that had them. */
export function unaccounted(counters: Counters): bigint {
  const sum = (names: readonly string[]) =>
    names.reduce((total, name) => {
      const count = counters.get(name)
      if (count === undefined) throw new Error(`there is no counter ${name}`)
      return total + count
    }, 0n)
  return sum(IN) - sum(OUT)
}

/** What is on the machine because of this run, but for processes and what they hold. */
async function traces({ sandbox, topology, driver }: Ground): Promise<object> {
  const { namespaces, links } = await networkNames()
  const own = (names: readonly string[]) => names.filter((name) => idIn(name) === sandbox.id).sort()
  const inside = await Promise.all(
    own(namespaces).map(async (name) => [name, linkNames((await ip(`-n ${name} -o link show`)).stdout)]),
  )
  const program = /\bxdp\b|\bxdpgeneric\b/.exec((await ip(`-d link show ${topology.device}`)).stdout)
  if ((program !== null) !== (driver === 'af-xdp'))
    throw new Error(`${program === null ? 'no' : 'an'} XDP program on the link`)
  return { links: own(links), namespaces: Object.fromEntries(inside), cgroups: cgroupsOf(sandbox.id) }
}

function linkNames(output: string): string[] {
  return [...output.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name = '']) => name).sort()
}

/** BPF objects that a process holds, by kind: what nobody holds, and what is not attached or pinned, is gone. */
function bpfObjects(pid: number): Record<string, number> {
  const found: Record<string, number> = { ...NO_BPF }
  for (const target of targetsOf(pid)) {
    const kind = /^anon_inode:\[?(bpf[-_]\w+)/.exec(target)?.[1]
    if (kind !== undefined) found[kind] = (found[kind] ?? 0) + 1
  }
  return found
}

export class Invariants {
  #traces: object | null = null
  #counters: Counters
  #unaccounted: bigint
  #files = new Map<number, ReturnType<typeof descriptors>>()

  constructor(readonly ground: Ground) {
    this.#counters = ground.counters()
    this.#unaccounted = unaccounted(this.#counters)
  }

  async check(t: Test, round: string, worker: 'lives' | 'may die'): Promise<void> {
    const before = this.#counters
    const now = this.ground.counters()
    const shrunk = [...now].filter(
      ([name, count]) => !name.startsWith('memuse-') && count < (before.get(name) ?? 0n),
    )
    t.same(shrunk, [], `${round}: no counter went back`)
    await this.#conservation(t, round, worker)
    await this.#leaks(t, round)
  }

  async #conservation(t: Test, round: string, worker: 'lives' | 'may die'): Promise<void> {
    const lost = () => unaccounted(this.ground.counters()) - this.#unaccounted
    const holds = worker === 'lives' ? () => lost() === 0n : () => lost() >= 0n && lost() <= IN_HAND
    t.ok(await eventually(holds, SETTLES), `${round}: every frame is accounted for (${lost()} are not)`)
    this.#counters = this.ground.counters()
    this.#unaccounted = unaccounted(this.#counters)
  }

  async #leaks(t: Test, round: string): Promise<void> {
    const { ground } = this
    const now = await traces(ground)
    this.#traces ??= now
    t.same(now, this.#traces, `${round}: links, namespaces and cgroups, and an XDP program only where one is`)
    for (const pid of ground.workers()) t.same(bpfObjects(pid), BPF[ground.driver], `${round}: BPF objects`)
    t.same(bpfObjects(ground.leader), NO_BPF, `${round}: and the leader has none`)
    t.equal(ground.workers().length, 1, `${round}: one worker`)
    t.same(ground.leaders(), [ground.leader], `${round}: one leader`)
    const memory = readdirSync(ground.sharedMemory).map((name) => name.replace(/table-\d+/, 'table'))
    const device = ground.topology.device
    t.same(
      memory.sort(),
      [`counters-${device}-0`, 'state', 'table', `worker-${device}`],
      `${round}: shared memory`,
    )
    const processes = [ground.leader, ...ground.workers()]
    for (const pid of this.#files.keys()) if (!processes.includes(pid)) this.#files.delete(pid)
    for (const pid of processes) {
      const first = this.#files.get(pid) ?? descriptors(pid)
      this.#files.set(pid, first)
      const few = () => {
        const { files, sockets } = descriptors(pid)
        return files <= first.files + SPARE_FILES && sockets <= first.sockets + SPARE_SOCKETS
      }
      const has = () => `${JSON.stringify(descriptors(pid))}, at first ${JSON.stringify(first)}`
      t.ok(await eventually(few, SETTLES), `${round}: process ${pid} has no more files open (${has()})`)
    }
  }
}

/** After a clean end. */
export async function leavesNothing(t: Test, ground: Ground): Promise<void> {
  t.ok(await eventually(() => ground.workers().length === 0, SETTLES), 'no worker')
  t.same(readdirSync(join(ground.sharedMemory, '..')), [], 'no shared memory')
  const link = (await ip(`-d link show ${ground.topology.device}`)).stdout
  t.notMatch(link, /xdp|promiscuity [1-9]/, 'no XDP program on the link, and no promiscuity')
}
