// Where the data plane keeps what outlives a process. It goes by the relay's name, so that the next leader of that name
// finds it all, wherever it keeps its own state.
//
//   /dev/shm/lwaftr-NAME/table-7                 binding table, generation 7
//   /dev/shm/lwaftr-NAME/counters-DEVICE-0       counters and state of DEVICE's queue 0
//   /dev/shm/lwaftr-NAME/capture-DEVICE-0        what a capture sees there, while one runs
//   /dev/shm/lwaftr-NAME/tap-int0                int0 is a TAP that we created
//   /dev/shm/lwaftr-NAME/worker-DEVICE           a worker's control socket
//   /dev/shm/lwaftr-NAME/state                   link to the state directory of its leader
//   STATE-DIR/memory                             link to /dev/shm/lwaftr-NAME
//   STATE-DIR/worker-DEVICE.log                  a worker's last words
//   STATE-DIR/link-DEVICE.sock                   a link, with driver `memory`
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { error } from '../errors.js'
import { native } from './native.js'
import type { WorkerUsers } from './worker-users.js'

/** A device as part of a file name: other characters than the usual ones as %XX, so that no two devices meet. */
function fileName(device: string): string {
  return device.replace(/[^A-Za-z0-9_.:-]/g, (c) => `%${c.codePointAt(0)?.toString(16)}`)
}

function memoryOf(name: string): string {
  return `/dev/shm/lwaftr-${fileName(name)}`
}

/** The state directory of the last leader of that name on this machine, running or not; null when it left nothing. */
export function lastStateDirectory(name: string): string | null {
  return linkTarget(join(memoryOf(name), 'state'))
}

export class Places {
  private constructor(
    readonly memory: string,
    readonly state: string,
    /** Of workers, where files can be shared with them. */
    readonly users: WorkerUsers | null,
  ) {}

  /** Those of the relay of that name, made if need be. */
  static of(name: string, state: string, users: WorkerUsers | null): Places {
    const memory = memoryOf(name)
    mkdirSync(memory, { recursive: true, mode: 0o700 })
    // Anybody may make a directory of that name, and so choose what is in it.
    const found = lstatSync(memory)
    if (!found.isDirectory() || found.uid !== process.getuid?.())
      throw error('data-plane', { problem: `${memory} is not a directory of this user` })
    mkdirSync(state, { recursive: true })
    users?.open(memory)
    return new Places(memory, realpathSync(state), users)
  }

  /** Notes in both directories which the other one is. */
  claim(): void {
    relink(join(this.memory, 'state'), this.state)
    relink(join(this.state, 'memory'), this.memory)
  }

  /** What the last leader of this state directory left under another name that has not found another one since. */
  ofFormerName(): Places | null {
    const memory = linkTarget(join(this.state, 'memory'))
    if (memory === null || memory === this.memory || linkTarget(join(memory, 'state')) !== this.state)
      return null
    return new Places(memory, this.state, null)
  }

  table(generation: number): string {
    return join(this.memory, `table-${generation}`)
  }
  /** Makes what the queue counts in, unless it is there. Throws an Error with code. */
  makeQueueMemory(device: string, queue: number): void {
    const path = queueMemory(this.memory, device, queue)
    native.makeQueueMemory(path)
    this.users?.share(path, device)
  }
  workerSocket(device: string): string {
    return join(this.memory, `worker-${fileName(device)}`)
  }
  workerLog(device: string): string {
    return join(this.state, `worker-${fileName(device)}.log`)
  }

  captureRing(device: string, queue: number): string {
    return join(this.memory, `capture-${fileName(device)}-${queue}`)
  }

  /** What a leader that died was capturing. */
  removeCaptureRings(): void {
    for (const file of readdirSync(this.memory))
      if (file.startsWith('capture-')) rmSync(join(this.memory, file), { force: true })
  }

  /** Generations that files exist of. */
  tables(): number[] {
    return readdirSync(this.memory)
      .filter((file) => /^table-\d+$/.test(file))
      .map((file) => Number(file.slice('table-'.length)))
  }
  workerSockets(): string[] {
    return readdirSync(this.memory)
      .filter((file) => file.startsWith('worker-'))
      .map((file) => join(this.memory, file))
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
    rmSync(join(this.state, 'memory'), { force: true })
  }
}

export function queueMemory(memoryDirectory: string, device: string, queue: number): string {
  return join(memoryDirectory, `counters-${fileName(device)}-${queue}`)
}

export function rememberTap(memoryDirectory: string, device: string): void {
  appendFileSync(join(memoryDirectory, `tap-${device}`), '')
}

export function isRememberedTap(memoryDirectory: string, device: string): boolean {
  return existsSync(join(memoryDirectory, `tap-${device}`))
}

function relink(path: string, target: string): void {
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
