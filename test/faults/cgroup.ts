// A memory cgroup of the test: whoever is put into it gets no more memory than so much, and the kernel kills it for
// wanting more, as it would on a machine, or in a container, that has none left.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../dataplane/helper.js'

interface Kind {
  readonly version: 1 | 2
  /** Where its root is. */
  readonly mount: string
}

/** Bytes beyond what a process has already. */
const LIMIT = 128 * 1024
/** Milliseconds until a process that is killed is gone. */
const GONE = 20_000

/** What is the matter where there is no memory controller that can be used; else null. */
export function obstacleToMemoryCgroup(): string | null {
  const kind = find()
  if (kind === null) return 'no cgroup hierarchy here has a memory controller'
  const probe = join(kind.mount, `lwaftr-${process.pid}-probe`)
  try {
    mkdirSync(probe)
    writeFileSync(join(probe, limitOf(kind)), String(LIMIT))
    return null
  } catch (problem) {
    return `no memory cgroup can be made: ${(problem as Error).message}`
  } finally {
    remove(probe)
  }
}

export class MemoryCgroup {
  readonly #directory: string
  readonly #home: string

  /** With process `pid` in it. What that has already is not counted: the kernel charges it to where it was. */
  constructor(id: number, pid: number) {
    const kind = find()
    if (kind === null) throw new Error('there is no memory controller')
    this.#directory = join(kind.mount, `lwaftr-${id}-memory`)
    mkdirSync(this.#directory, { recursive: true })
    writeFileSync(join(this.#directory, limitOf(kind)), String(LIMIT))
    // Where there is swap it would take what is too much.
    if (kind.version === 2) attempt(() => writeFileSync(join(this.#directory, 'memory.swap.max'), '0'))
    this.#home = homeOf(pid, kind)
    writeFileSync(join(this.#directory, 'cgroup.procs'), String(pid))
  }

  /** Whoever lives goes back to where it came from. It is gone when whoever was killed is. */
  async release(): Promise<void> {
    const left = () => readFileSync(join(this.#directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)
    const removed = () => {
      for (const pid of left()) attempt(() => writeFileSync(join(this.#home, 'cgroup.procs'), pid))
      remove(this.#directory)
      return !existsSync(this.#directory)
    }
    if (!(await eventually(removed, GONE))) throw new Error(`${this.#directory} cannot be removed`)
  }
}

/** Where the kernel has a memory controller, and children of the root may use it. */
function find(): Kind | null {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, mount = '', type, options = ''] = line.split(' ')
    if (type === 'cgroup' && options.split(',').includes('memory')) return { version: 1, mount }
    if (type !== 'cgroup2') continue
    const controllers = readFileSync(join(mount, 'cgroup.subtree_control'), 'utf8')
    if (controllers.split(/\s/).includes('memory')) return { version: 2, mount }
  }
  return null
}

function limitOf({ version }: Kind): string {
  return version === 1 ? 'memory.limit_in_bytes' : 'memory.max'
}

function homeOf(pid: number, { version, mount }: Kind): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')
  const own = lines.find((line) => (version === 1 ? /^\d+:memory:/.test(line) : line.startsWith('0::')))
  return join(mount, own?.split(':').slice(2).join(':') ?? '')
}

/** As soon as nobody is in it. */
function remove(directory: string): void {
  attempt(() => rmdirSync(directory))
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // It was not there, or is gone.
  }
}
