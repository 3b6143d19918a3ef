// A relay on links in memory, for trials of the config server: the real one, in processes of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { FrameLink } from '../src/lab/memory/frame-link.js'
import { root } from '../src/root.js'
import { quantile } from './trial.js'

/** In the checkout rather than in /tmp, which may be memory: writes are to be durable ones. */
const parent = join(root, 'build/bench')

export const TABLE = '/restconf/data/snabb-softwire-v3:softwire-config/binding-table'

export class BenchRelay {
  readonly #directory: string
  readonly #conf: string
  #child: ChildProcess | null = null
  url = ''

  constructor(conf: string) {
    mkdirSync(parent, { recursive: true })
    this.#directory = mkdtempSync(join(parent, 'relay-'))
    this.#conf = conf
  }

  get stateDirectory(): string {
    return join(this.#directory, 'state')
  }

  /** Seconds from the command to being ready to forward. */
  async start(): Promise<number> {
    const begin = performance.now()
    const name = `bench-${process.pid}`
    const where = ['--conf', this.#conf, '--name', name, '--state-dir', this.stateDirectory]
    const words = ['run', ...where, '--listen', '127.0.0.1:0', '--driver', 'memory']
    const child = spawn(process.execPath, [join(root, 'bin/lwaftr'), ...words], {
      env: { ...process.env, NODE_OPTIONS: '', LWAFTR_RUN_DIR: join(this.#directory, 'run') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let complaints = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
    this.url = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const ready = /ready: (\S+?)\/?\n/.exec(said)
        if (ready?.[1]) resolve(ready[1])
      })
      child.once('close', () => reject(new Error(`the relay did not start: ${complaints}`)))
    })
    return (performance.now() - begin) / 1000
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    await closed
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** The far end of the relay's link. */
  link(): Promise<FrameLink> {
    return FrameLink.open(join(this.stateDirectory, 'link-test.sock'))
  }

  /** Highest memory so far, in MB: of the leader all of it, of its workers what they do not share with it. */
  peakMemory(): number {
    const leader = this.#child?.pid ?? 0
    const workers = this.#workers().map((pid) => memoryOf(pid, 'VmHWM') - memoryOf(pid, 'RssShmem'))
    return memoryOf(leader, 'VmHWM') + workers.reduce((sum, each) => sum + each, 0)
  }

  /** Memory of the leader now, in MB. */
  memory(): number {
    return memoryOf(this.#child?.pid ?? 0, 'VmRSS')
  }

  /** From now on the highest memory is a new one. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.#child?.pid}/clear_refs`, '5')
  }

  /** CPU seconds of the leader so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child?.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Median milliseconds of making 4 KB durable beside the datastore: what the disk gives at best. */
  diskTime(): number {
    const file = openSync(join(this.#directory, 'disk-time'), 'w')
    const block = Buffer.alloc(4096)
    writeSync(file, Buffer.alloc(1 << 18))
    fsyncSync(file)
    const times = Array.from({ length: 50 }, (_, i) => {
      const begin = performance.now()
      writeSync(file, block, 0, block.length, i * block.length)
      fdatasyncSync(file)
      return performance.now() - begin
    })
    closeSync(file)
    return quantile(times)
  }

  #workers(): number[] {
    const ours = (pid: string) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/exe`) === process.execPath &&
          commandOf(pid).includes(this.stateDirectory)
        )
      } catch {
        return false // it ended, or is somebody else's
      }
    }
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && ours(name))
    return pids.map(Number).filter((pid) => pid !== this.#child?.pid)
  }
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
}

function memoryOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
}

/** Runs something against a relay with that configuration, which then ends. */
export async function withRelay<T>(conf: string, use: (relay: BenchRelay) => Promise<T>): Promise<T> {
  const relay = new BenchRelay(conf)
  try {
    await relay.start()
    return await use(relay)
  } finally {
    await relay.close()
  }
}
