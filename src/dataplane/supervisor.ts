// Keeps one instance's worker running by the newest order: started or adopted, given each change, started again with
// growing patience when it dies or hangs. What a dead worker counted and looked up is in shared memory and goes on.
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceCapture, Order, Question } from './control.js'
import type { DataPlaneOptions, WorkerState } from './dataplane.js'
import { Heartbeat } from './heartbeat.js'
import { native } from './native.js'
import { rememberTap } from './places.js'
import { Worker, WorkerFailure, type WorkerFiles } from './worker.js'

/** Milliseconds before a worker is started again: doubled at each failure, forgotten after it ran well for a while. */
const FIRST_DELAY = 100
const LONGEST_DELAY = 5_000
const RAN_WELL = 10_000
/** Milliseconds a stopping worker may take. */
const STOP_PATIENCE = 5_000
/** Milliseconds between two looks at its threads. */
const LOOK = 500

export interface SupervisorOptions {
  readonly device: string
  readonly socket: string
  readonly files: WorkerFiles
  readonly log: NonNullable<DataPlaneOptions['log']>
  readonly onChange: () => void
  /** Makes what a worker needs of shared memory for its queues. Throws an Error with code. */
  readonly makeMemory: (order: Order) => void
  /** Passes that each queue's thread has made through its loop, by queue id. */
  readonly passes: () => ReadonlyMap<number, bigint>
}

export class Supervisor {
  #order: Order | null = null
  #worker: Worker | null = null
  #hasPrepared = false
  #adopted = false
  #restarts = 0
  #problem: string | null = null
  #delay = FIRST_DELAY
  #since = 0
  #watch: NodeJS.Timeout | null = null
  #capture: InstanceCapture | null = null
  readonly #end = new AbortController()

  constructor(readonly options: SupervisorOptions) {}

  get order(): Order | null {
    return this.#order
  }

  state(): WorkerState {
    return {
      status: this.#worker === null ? 'down' : 'running',
      pid: this.#worker?.pid ?? null,
      restarts: this.#restarts,
      problem: this.#worker === null ? this.#problem : null,
    }
  }

  /** Rejects with WorkerFailure when the worker refuses. A worker that is down refuses nothing. */
  async prepare(order: Order): Promise<void> {
    if (this.#order === null && this.#worker === null) {
      this.#attach(await this.#findOrStart())
    }
    const worker = this.#worker
    if (worker === null) return
    this.options.makeMemory(order)
    try {
      await worker.request({ method: 'prepare', order })
      this.#hasPrepared = true
    } catch (problem) {
      if (problem instanceof WorkerFailure) throw problem
      worker.kill() // it does not answer: recovery gives it the order
    }
  }

  /** Resolves when the worker forwards by what was prepared; one that cannot is replaced. */
  async apply(order: Order): Promise<void> {
    const isFirst = this.#order === null
    this.#order = order
    const worker = this.#worker
    // It died meanwhile, with nothing to be started again for.
    if (worker === null && isFirst) void this.#recover()
    if (worker === null || !this.#hasPrepared) return
    this.#hasPrepared = false
    try {
      await applied(worker, order)
    } catch (problem) {
      this.options.log('error', `worker of ${this.options.device} did not apply: ${String(problem)}`)
      worker.kill()
    }
  }

  /** What it could not prepare is tried again once it is in force; until then it is down. */
  async giveUp(problem: string): Promise<void> {
    const worker = this.#worker
    this.#unwatch()
    this.#worker = null
    this.#hasPrepared = false
    this.#problem = problem
    this.options.log('error', `worker of ${this.options.device}: ${problem}; trying again`)
    if (worker === null) return
    worker.onDown = () => {}
    worker.kill()
    await worker.closed
  }

  async abort(): Promise<void> {
    const worker = this.#worker
    const hadPrepared = this.#hasPrepared
    this.#hasPrepared = false
    // What an earlier leader ordered goes on, until one comes who can lead.
    if (this.#order === null && !this.#adopted) await this.stop()
    else if (hadPrepared) await worker?.request({ method: 'abort' }).catch(() => worker.kill())
    if (this.#order === null) this.detach()
  }

  /** A worker that is down will ask anyway. */
  async purgeNeighbors(queue: number | null): Promise<void> {
    await this.#tell({ method: 'purge-neighbors', queue })
  }

  /** Captures, also in workers to come; null: no longer. Rejects where the worker cannot. */
  async capture(capture: InstanceCapture | null): Promise<void> {
    this.#capture = capture
    await this.#tell({ method: 'capture', capture })
  }

  /** One that dies meanwhile, or does not answer, is replaced by one that knows. Rejects with WorkerFailure. */
  async #tell(question: Question): Promise<void> {
    const worker = this.#worker
    await worker?.request(question).catch((problem: unknown) => {
      if (problem instanceof WorkerFailure) throw problem
      worker.kill()
    })
  }

  /** Ends the worker. */
  async stop(): Promise<void> {
    this.#end.abort()
    this.#unwatch()
    const worker = this.#worker
    this.#worker = null
    if (worker === null) return
    worker.onDown = () => {}
    const kill = setTimeout(() => worker.kill(), STOP_PATIENCE)
    await worker.request({ method: 'stop' }).catch(() => {})
    await worker.closed
    clearTimeout(kill)
    rmSync(this.options.socket, { force: true })
  }

  /** Lets go of the worker, which runs on. */
  detach(): void {
    this.#end.abort()
    this.#unwatch()
    this.#worker?.disconnect()
    this.#worker = null
  }

  async #findOrStart(): Promise<Worker> {
    const { socket, files } = this.options
    const found = await Worker.find(socket)
    this.#adopted = found !== null
    return found ?? (await Worker.start(socket, files))
  }

  #attach(worker: Worker): void {
    this.#worker = worker
    this.#problem = null
    this.#since = performance.now()
    worker.onLog = this.options.log
    worker.onDown = () => this.#lost('it died')
    if (worker.socket.destroyed) this.#lost('it died')
    else this.#watchOver(worker)
  }

  /** A thread that no longer turns drops every packet of its link while its routes are announced: it is as good as dead. */
  #watchOver(worker: Worker): void {
    const heartbeat = new Heartbeat()
    this.#watch = setInterval(() => {
      const hung = heartbeat.look(this.options.passes())
      if (hung === null) return
      worker.onDown = () => this.#lost(`the thread of its queue ${hung} hung`)
      worker.kill()
    }, LOOK).unref()
  }

  #unwatch(): void {
    if (this.#watch !== null) clearInterval(this.#watch)
    this.#watch = null
  }

  #lost(problem: string): void {
    this.#unwatch()
    this.#worker = null
    this.#hasPrepared = false
    this.#problem = problem
    if (performance.now() - this.#since > RAN_WELL) this.#delay = FIRST_DELAY
    const { device, log, onChange } = this.options
    log('error', `worker of ${device}: ${problem}; starting it again in ${this.#delay} ms`)
    onChange()
    if (this.#order !== null) void this.#recover()
  }

  async #recover(): Promise<void> {
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, LONGEST_DELAY)
    await sleep(delay, undefined, { signal: this.#end.signal }).catch(() => {})
    if (this.#end.signal.aborted) return
    let worker: Worker | null = null
    try {
      worker = await this.#findOrStart()
      if (this.#capture !== null) await worker.request({ method: 'capture', capture: this.#capture })
      // The order may change while the worker takes it.
      for (let order: Order | null = null; order !== this.#order; ) {
        order = this.#order as Order
        this.options.makeMemory(order)
        await worker.request({ method: 'prepare', order: { ...order, absentLinks: true } })
        await applied(worker, order)
      }
    } catch (problem) {
      worker?.kill()
      this.#lost(problem instanceof Error ? problem.message : String(problem))
      return
    }
    if (this.#end.signal.aborted) {
      await worker.request({ method: 'stop' }).catch(() => {})
      worker.disconnect()
      return
    }
    this.#restarts++
    this.#attach(worker)
    this.options.log('info', `worker of ${this.options.device} runs again (process ${worker.pid})`)
    this.options.onChange()
  }
}

/** Has the worker forward by the order, and notes the TAPs that it creates for that: it makes no files itself. */
async function applied(worker: Worker, { settings, memoryDirectory }: Order): Promise<void> {
  const devices = settings.queues.flatMap(({ passthruInterface: passthru }) => passthru?.device ?? [])
  const isThere = (device: string) => native.interfaceInfo(device) !== null
  const absent = devices.filter((device) => !isThere(device))
  await worker.request({ method: 'apply' })
  for (const device of absent.filter(isThere)) rememberTap(memoryDirectory, device)
}
