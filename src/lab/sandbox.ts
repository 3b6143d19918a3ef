// Namespaces, interfaces and processes of one run, all named after it, and their end.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../root.js'
import { exec, ip, type Ran } from './exec.js'
import { guard } from './guard.js'
import { claim, folderOf, LAB_VARIABLE, linkOf, namespaceOf } from './owner.js'
import { sweep, sweepDead } from './sweep.js'

export class Sandbox {
  #closing: Promise<void> | null = null

  private constructor(readonly id: number) {
    guard(id)
  }

  /** Sweeps what dead runs left, and begins one that this process owns. One at a time per process. */
  static async open(): Promise<Sandbox> {
    await sweepDead()
    return new Sandbox(claim())
  }

  /** Folder for the run's files. */
  get folder(): string {
    return folderOf(this.id)
  }

  /** Name of an interface in the namespace where the run was started. */
  link(role: string): string {
    return linkOf(this.id, role)
  }

  /** Makes a namespace; nothing reaches it but what is linked to it. */
  async namespace(role: string): Promise<Namespace> {
    const name = namespaceOf(this.id, role)
    await ip(`netns add ${name}`)
    await ip(`-n ${name} link set lo up`)
    return new Namespace(this, name)
  }

  /** Starts a program of the run; it ends with the run at the latest. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    if (this.#closing !== null) throw new Error(`the lab is over: nothing starts ${program} any more`)
    return spawn(program, args, { ...options, env: { ...process.env, [LAB_VARIABLE]: String(this.id) } })
  }

  /** Starts `lwaftr` itself. */
  lwaftr(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.spawn(process.execPath, [join(root, 'bin/lwaftr'), ...args], options)
  }

  /** Removes everything. Further calls wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= sweep(this.id)
    return this.#closing
  }
}

/** A network namespace: a host of the lab. */
export class Namespace {
  constructor(
    readonly sandbox: Sandbox,
    readonly name: string,
  ) {}

  /** `ip` inside the namespace. */
  ip(words: string): Promise<Ran> {
    return ip(`-n ${this.name} ${words}`)
  }

  /** Runs a program inside to its end. */
  exec(program: string, args: readonly string[], timeout?: number): Promise<Ran> {
    return exec('ip', ['netns', 'exec', this.name, program, ...args], timeout)
  }

  spawn(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess {
    return this.sandbox.spawn('ip', ['netns', 'exec', this.name, program, ...args], options)
  }

  /** Starts `lwaftr` inside. */
  lwaftr(args: readonly string[], options?: SpawnOptions): ChildProcess {
    return this.spawn(process.execPath, [join(root, 'bin/lwaftr'), ...args], options)
  }

  async sysctl(...settings: string[]): Promise<void> {
    await this.exec('sysctl', ['-q', '-w', ...settings])
  }
}

/** One end of a cable: an interface in a namespace, or, with null, where the run was started. */
export interface CableEnd {
  readonly namespace: Namespace | null
  readonly device: string
  readonly mac?: string
}

function inside(end: CableEnd): string {
  return end.namespace === null ? '' : `-n ${end.namespace.name} `
}

/** Lays a veth pair and brings it up. `mtu` is the IP bytes of a packet. */
export async function cable(a: CableEnd, b: CableEnd, mtu: number): Promise<void> {
  const words = (end: CableEnd) => {
    const mac = end.mac === undefined ? '' : ` address ${end.mac}`
    return `${end.device} mtu ${mtu}${mac}${end.namespace === null ? '' : ` netns ${end.namespace.name}`}`
  }
  await ip(`link add ${words(a)} type veth peer name ${words(b)}`)
  for (const end of [a, b]) {
    // The host's own kernel must not speak on the relay's link.
    if (end.namespace === null)
      await exec('sysctl', ['-q', '-w', `net.ipv6.conf.${end.device}.disable_ipv6=1`])
    await ip(`${inside(end)}link set ${end.device} up`)
  }
}
