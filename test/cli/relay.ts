// A relay of the tests: the real one, in a process of its own, with links in memory.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { root } from '../../src/root.js'
import { freshPlace } from '../run.js'

export const configuration = `softwire-config {
  instance {
    device link0;
    queue {
      id 0;
      external-interface {
        ip 172.20.0.100;
        mac 02:22:22:22:22:00;
        next-hop {
          ip 172.20.0.1;
        }
      }
      internal-interface {
        ip 2001:db8::100;
        mac 02:22:22:22:22:00;
        next-hop {
          mac 02:22:22:22:22:99;
        }
      }
    }
  }
  binding-table {
    softwire {
      ipv4 193.5.1.100;
      psid 1;
      br-address 2001:db8:ff::1;
      b4-ipv6 2001:db8:b4::1;
      port-set {
        psid-length 6;
      }
    }
  }
}
`

export const LIST = '/softwire-config/binding-table/softwire'
/** Path of a softwire of 193.5.1.100. */
export const entry = (psid: number) => `${LIST}[ipv4=193.5.1.100][psid=${psid}]`
/** The same softwire as text. */
export const text = (psid: number) =>
  `{ ipv4 193.5.1.100; psid ${psid}; b4-ipv6 2001:db8:b4::${psid}; br-address 2001:db8:ff::1; port-set { psid-length 6; } }`

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class World {
  readonly #place = freshPlace()
  readonly directory = this.#place.directory
  readonly conf = this.file('relay.conf', configuration)
  readonly environment: NodeJS.ProcessEnv = {
    ...process.env,
    LWAFTR_RUN_DIR: join(this.directory, 'run'),
  }
  /** Whose command line it is. */
  build = root
  readonly #children = new Set<ChildProcess>()
  readonly name = this.#place.name

  constructor(t: Test) {
    t.teardown(async () => {
      for (const child of this.#children) {
        child.kill('SIGTERM')
        if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
      }
      rmSync(this.directory, { recursive: true, force: true })
    })
  }

  file(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  /** Runs a command to its end. */
  async lwaftr(words: readonly string[], input = '', more: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = this.#spawn(words, more)
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    return ended(child)
  }

  /** Runs a command and goes on. */
  background(words: readonly string[]) {
    const child = this.#spawn(words)
    return { child, end: ended(child) }
  }

  /** Starts a relay and waits until it is ready; rejects with what it says when it is not. */
  async run(...words: string[]) {
    const { child, end, stop } = this.start(...words)
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stdout?.on('data', (text: string) => {
        said += text
        const ready = /^lwaftr (\S+) ready: (\S+)\n/.exec(said)
        if (ready?.[2]) resolve(ready[2])
      })
      void end.then(({ code, stderr }) => reject(new Error(`exit code ${code}: ${stderr}`)))
    })
    const said: string[] = []
    child.stderr?.on('data', (text: string) => said.push(text))
    return {
      url,
      process: child,
      /** What it has said on stderr since it was ready. */
      said,
      stop,
    }
  }

  /** Starts a relay and leaves it to itself. */
  start(...words: string[]) {
    const address = ['--listen', '127.0.0.1:0', '--driver', 'memory']
    const child = this.#spawn(['run', '--conf', this.conf, '--name', this.name, ...address, ...words])
    const end = ended(child)
    const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return end
    }
    return { child, end, stop }
  }

  /** What a relay leaves outside its state directory. */
  traces(): string[] {
    return [join(this.directory, 'run', this.name), `/dev/shm/lwaftr-${this.name}`].filter(existsSync)
  }

  #spawn(words: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(process.execPath, [join(this.build, 'bin/lwaftr'), ...words], {
      env: { ...this.environment, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdout?.setEncoding('utf8')
    child.stderr?.setEncoding('utf8')
    this.#children.add(child)
    return child
  }
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.on('data', (text: string) => {
    stderr += text
  })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}
