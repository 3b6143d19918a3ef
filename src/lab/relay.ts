// A relay of the lab: `lwaftr run` as a user would start it, until it says that it is ready.
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { nameOfRelay } from './owner.js'
import type { Sandbox } from './sandbox.js'

/** How long a relay may take to become ready, in milliseconds. */
const PATIENCE = 30_000

export interface Relay {
  readonly name: string
  /** Its RESTCONF server. */
  readonly url: string
  readonly process: ChildProcess
  /** Resolves when the relay has ended, with its exit code. */
  readonly ended: Promise<number | null>
}

/** An example's text with the interface names of this run in place of its own. */
export function exampleConfiguration(file: string, devices: ReadonlyMap<string, string>): string {
  const text = readFileSync(join(root, 'examples', file), 'utf8')
  return text.replace(/^(\s*(?:external-)?device )([\w.-]+);/gm, (line, leaf: string, name: string) => {
    const device = devices.get(name)
    return device === undefined ? line : `${leaf}${device};`
  })
}

export interface RelayOptions {
  /** HOST:PORT of the RESTCONF server; port 0 lets the system choose. */
  readonly listen?: string
  /** Further words for `lwaftr run`. */
  readonly arguments?: readonly string[]
  /** Of several of a run. */
  readonly number?: number
  /** Folder of the build that it is. */
  readonly build?: string
  /** What runs it somewhere else, with its own words: `nsenter`, say. */
  readonly within?: readonly string[]
}

/** Starts a relay with a configuration in the text format; rejects with its own words when it does not come up. */
export function startRelay(
  sandbox: Sandbox,
  configuration: string,
  options: RelayOptions = {},
): Promise<Relay> {
  const { number, build = root } = options
  const name = nameOfRelay(sandbox.id, number)
  const file = join(sandbox.folder, `relay${number ?? ''}.conf`)
  writeFileSync(file, configuration)
  const listen = options.listen ?? '127.0.0.1:0'
  const args = ['run', '--conf', file, '--name', name, '--listen', listen, ...(options.arguments ?? [])]
  const words = [...(options.within ?? []), process.execPath, join(build, 'bin/lwaftr'), ...args]
  const [program = '', ...rest] = words
  const child = sandbox.spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  return whenReady(child, name)
}

function whenReady(child: ChildProcess, name: string): Promise<Relay> {
  return new Promise((resolve, reject) => {
    let said = ''
    let complaints = ''
    const ended = new Promise<number | null>((end) => child.on('close', end))
    const fail = (reason: string) => {
      clearTimeout(timer)
      child.kill('SIGTERM')
      reject(new Error(`the relay did not start: ${complaints.trim() || said.trim() || reason}`))
    }
    const timer = setTimeout(() => fail(`not ready within ${PATIENCE / 1000} s`), PATIENCE)
    child.on('error', (problem) => fail(problem.message))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // The latest of it is enough to explain a failure.
      complaints = (complaints + text).slice(-8192)
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-8192)
      const ready = /^lwaftr \S+ ready: (\S+)/m.exec(said)
      if (ready?.[1] === undefined) return
      clearTimeout(timer)
      resolve({ name, url: ready[1].replace(/\/$/, ''), process: child, ended })
    })
    void ended.then((code) => fail(`it ended with exit code ${code}`))
  })
}
