// Where the data plane keeps what outlives a process.
//
//   /dev/shm/lwaftr-NAME/table-7                 binding table, generation 7
//   /dev/shm/lwaftr-NAME/counters-DEVICE-0       counters and state of DEVICE's queue 0
//   /dev/shm/lwaftr-NAME/tap-int0                int0 is a TAP that we created
//   STATE-DIR/worker-DEVICE.sock, .log           a worker's control socket, and its last words
//   STATE-DIR/link-DEVICE.sock                   a link, with driver `memory`
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A device as part of a file name: other characters than the usual ones as %XX, so that no two devices meet. */
function fileName(device: string): string {
  return device.replace(/[^A-Za-z0-9_.:-]/g, (c) => `%${c.codePointAt(0)?.toString(16)}`)
}

export class Places {
  readonly memory: string

  constructor(
    name: string,
    readonly state: string,
  ) {
    this.memory = `/dev/shm/lwaftr-${fileName(name)}`
    mkdirSync(this.memory, { recursive: true, mode: 0o700 })
    mkdirSync(state, { recursive: true })
  }

  table(generation: number): string {
    return join(this.memory, `table-${generation}`)
  }
  workerSocket(device: string): string {
    return join(this.state, `worker-${fileName(device)}.sock`)
  }

  /** Generations that files exist of. */
  tables(): number[] {
    return readdirSync(this.memory)
      .filter((file) => /^table-\d+$/.test(file))
      .map((file) => Number(file.slice('table-'.length)))
  }
  workerSockets(): string[] {
    return readdirSync(this.state)
      .filter((file) => /^worker-.*\.sock$/.test(file))
      .map((file) => join(this.state, file))
  }

  createdTaps(): string[] {
    return readdirSync(this.memory)
      .filter((file) => file.startsWith('tap-'))
      .map((file) => file.slice('tap-'.length))
  }
  forgetTap(device: string): void {
    rmSync(join(this.memory, `tap-${device}`), { force: true })
  }

  /** Removes counters of queues other than these; returns the paths removed. */
  removeQueueMemory(kept: ReadonlySet<string>): string[] {
    const paths = readdirSync(this.memory)
      .filter((file) => file.startsWith('counters-'))
      .map((file) => join(this.memory, file))
      .filter((path) => !kept.has(path))
    for (const path of paths) rmSync(path, { force: true })
    return paths
  }

  removeMemory(): void {
    rmSync(this.memory, { recursive: true, force: true })
  }
}

export function queueMemory(memoryDirectory: string, device: string, queue: number): string {
  return join(memoryDirectory, `counters-${fileName(device)}-${queue}`)
}

export function rememberTap(memoryDirectory: string, device: string): void {
  writeFileSync(join(memoryDirectory, `tap-${device}`), '')
}

export function isRememberedTap(memoryDirectory: string, device: string): boolean {
  return existsSync(join(memoryDirectory, `tap-${device}`))
}
