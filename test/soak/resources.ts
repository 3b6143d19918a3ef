// What leader and workers have, part by part: a leak of one kind is not told by the sum of all.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { descriptors } from '../faults/ground.js'
import { credentials, type World } from './world.js'

/** Memory and disk in KiB, CPU in percent of one. */
export interface Resources {
  readonly leaderAnonymous: number
  readonly leaderFile: number
  /** Of V8: in use at the least since the last look, had of the kernel, and buffers beside. */
  readonly leaderHeapUsed: number
  readonly leaderHeap: number
  readonly leaderExternal: number
  readonly leaderFiles: number
  readonly leaderCpu: number
  readonly followers: number
  /** Of the tester's link, whose worker nothing befalls. */
  readonly workerAnonymous: number
  readonly workerFiles: number
  readonly workerCpu: number
  readonly sharedMemory: number
  readonly disk: number
  readonly processes: number
}

/** As /proc has CPU times. */
const TICKS = 100

export class Meter {
  #used = Number.POSITIVE_INFINITY
  #cpu = new Map<number, { readonly seconds: number; readonly at: number }>()

  constructor(readonly world: World) {}

  /** Looks at what goes up and down: what is collected as garbage now and then. */
  async glance(): Promise<void> {
    const metrics = await this.#metrics()
    this.#used = Math.min(this.#used, metrics('nodejs_heap_size_used_bytes') / 1024)
  }

  async read(): Promise<Resources> {
    const { world } = this
    await this.glance()
    const metrics = await this.#metrics()
    const { leader } = world
    const worker = world.workerOf(world.devices[0])
    if (worker === undefined) throw new Error('the worker of the tester is gone')
    const used = this.#used
    this.#used = Number.POSITIVE_INFINITY
    return {
      leaderAnonymous: statusOf(leader, 'RssAnon'),
      leaderFile: statusOf(leader, 'RssFile'),
      leaderHeapUsed: Math.round(used),
      leaderHeap: metrics('nodejs_heap_size_total_bytes') / 1024,
      leaderExternal: Math.round(metrics('nodejs_external_memory_bytes') / 1024),
      leaderFiles: filesOf(leader),
      leaderCpu: this.#cpuOf(leader),
      followers: metrics('lwaftr_followers'),
      workerAnonymous: statusOf(worker, 'RssAnon'),
      workerFiles: filesOf(worker),
      workerCpu: this.#cpuOf(worker),
      sharedMemory: sizeOf(world.sharedMemory),
      disk: sizeOf(world.stateDirectory),
      processes: world.devices.filter((device) => world.workerOf(device) !== undefined).length + 1,
    }
  }

  async #metrics(): Promise<(name: string) => number> {
    const answer = await fetch(`${this.world.relay.url}/metrics`, { headers: credentials('operator') })
    const text = await answer.text()
    return (name) => {
      const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? []
      if (value === undefined) throw new Error(`there is no metric ${name}`)
      return Number(value)
    }
  }

  /** Since the last look; of a process that was not there then, since it began. */
  #cpuOf(pid: number): number {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    // utime, stime and starttime of proc(5), counted from behind the name.
    const [user, system, start] = [11, 12, 19].map((i) => Number(fields[i]) / TICKS) as [
      number,
      number,
      number,
    ]
    const at = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
    const last = this.#cpu.get(pid) ?? { seconds: 0, at: start }
    this.#cpu.set(pid, { seconds: user + system, at })
    return (100 * (user + system - last.seconds)) / Math.max(0.01, at - last.at)
  }
}

function filesOf(pid: number): number {
  const { files, sockets } = descriptors(pid)
  return files + sockets
}

/** KiB. */
function statusOf(pid: number, line: string): number {
  const [, kilobytes] =
    new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes)
}

/** KiB that the files below a directory take. */
function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  return files.reduce((sum, { parentPath, name }) => {
    const file = statSync(join(parentPath, name), { throwIfNoEntry: false })
    return sum + (file?.blocks ?? 0) / 2
  }, 0)
}
