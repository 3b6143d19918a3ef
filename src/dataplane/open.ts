// The data plane of a relay: one supervised worker for each instance, one binding table for all.
import { availableParallelism } from 'node:os'
import { error } from '../errors.js'
import type { Capture, CaptureOptions } from './capture.js'
import { Captures } from './captures.js'
import type { Order } from './control.js'
import { QueueView } from './counters.js'
import type {
  Change,
  DataPlane,
  DataPlaneOptions,
  DataPlaneState,
  InstanceState,
  Prepared,
} from './dataplane.js'
import { checkDevices } from './devices.js'
import { checkFilters } from './filters.js'
import { native } from './native.js'
import { Places, queueMemory } from './places.js'
import { ownPrivileges } from './privileges.js'
import { queueState } from './queue-state.js'
import { refusal } from './refusal.js'
import type { InstanceSettings } from './settings.js'
import { Supervisor } from './supervisor.js'
import { type Generation, Tables } from './tables.js'
import { Watch } from './watch.js'
import { Worker } from './worker.js'
import { obstacleToOwnUser, obstacleToWorkerUsers, WorkerUsers } from './worker-users.js'

/** Takes over what an earlier leader of this name and state directory left running, else begins with nothing. */
export async function openDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const cpu = options.cpus?.find((id) => id >= availableParallelism())
  if (cpu !== undefined)
    throw error('data-plane', {
      problem: `there is no CPU ${cpu}; the last is ${availableParallelism() - 1}`,
    })
  return new WorkersDataPlane(options)
}

/** What an instance needs done for a change. */
interface Step {
  readonly supervisor: Supervisor
  readonly order: Order
}

class WorkersDataPlane implements DataPlane {
  readonly #places: Places
  readonly #tables: Tables
  readonly #log: NonNullable<DataPlaneOptions['log']>
  #supervisors = new Map<string, Supervisor>()
  readonly #views = new Map<string, QueueView>()
  readonly #watch = new Watch(() => this.#signature())
  #revision = Date.now()
  #claimed = false
  /** A change is in force: what an earlier leader left is ours to keep or end. */
  #leads = false
  /** Why workers have no users of their own; said when there are workers. */
  #whyRoot: string | null = null
  /** Queues of the settings last looked at. */
  #threads = 0
  #closing: Promise<void> | null = null
  readonly #captures: Captures

  constructor(readonly options: DataPlaneOptions) {
    this.#log = options.log ?? (() => {})
    this.#places = Places.of(options.name, options.stateDir, this.#workerUsers())
    this.#tables = new Tables(this.#places)
    this.#captures = new Captures(this.#places)
  }

  /** Null where files cannot be shared with users of workers. Links that are sockets are in the leader's directory. */
  #workerUsers(): WorkerUsers | null {
    const own = ownPrivileges()
    if (own.uid !== 0 || this.options.driver === 'memory') return null
    const obstacle = obstacleToWorkerUsers(own)
    this.#whyRoot = obstacle ?? obstacleToOwnUser()
    return obstacle === null ? new WorkerUsers(this.options.name) : null
  }

  get table() {
    return this.#tables.current.table
  }

  async prepare(change: Change): Promise<Prepared> {
    const { softwires, instances, restored = false } = change
    if (instances !== undefined) {
      this.#check(instances, restored)
      this.#count(instances)
    }
    await this.#claim()
    const next = softwires === undefined ? null : this.#tables.prepare(softwires)
    const wanted = instances ?? this.#settings()
    const supervisors = new Map(
      wanted.map(({ device }) => [device, this.#supervisors.get(device) ?? this.#supervise(device)]),
    )
    const steps = this.#steps(wanted, supervisors, next ?? this.#tables.current, restored)
    const prepared = await Promise.allSettled(steps.map(({ supervisor, order }) => supervisor.prepare(order)))
    const failed = prepared.flatMap((result, i) =>
      result.status === 'rejected' ? [{ ...(steps[i] as Step), problem: refusal(result.reason) }] : [],
    )
    const abort = async () => {
      await Promise.all(steps.map(({ supervisor }) => supervisor.abort()))
      if (next !== null) this.#tables.drop(next)
    }
    const [first] = failed
    if (first !== undefined && !(restored && failed.length < steps.length)) {
      await abort()
      throw first.problem
    }
    await Promise.all(failed.map(({ supervisor, problem }) => supervisor.giveUp(problem.message)))
    const apply = async () => {
      if (next !== null) this.#tables.replace(next)
      else if (softwires !== undefined && 'edits' in softwires) this.table.apply(softwires.edits)
      const removed = [...this.#supervisors].filter(([device]) => !supervisors.has(device))
      this.#supervisors = supervisors
      await Promise.all([
        ...steps.map(({ supervisor, order }) => supervisor.apply(order)),
        ...removed.map(([, supervisor]) => supervisor.stop()),
      ])
      if (!this.#leads) await this.#lead()
      if (next !== null) this.#tables.sweep()
      if (instances !== undefined) this.#removeUnused()
    }
    return { apply, abort }
  }

  state(): DataPlaneState {
    const instances = [...this.#supervisors].map(([device, supervisor]): InstanceState => {
      const settings = supervisor.order?.settings
      const running = supervisor.state().status === 'running'
      return {
        device,
        ...(settings?.externalDevice !== undefined && { externalDevice: settings.externalDevice }),
        worker: supervisor.state(),
        queues: (settings?.queues ?? []).flatMap((queue) => {
          const view = this.#view(device, queue.id)
          return view === null ? [] : [queueState(queue, view, running)]
        }),
      }
    })
    return { instances }
  }

  async purgeNeighbors(device: string, queue: number | null): Promise<void> {
    await this.#supervisors
      .get(device)
      ?.purgeNeighbors(queue)
      .catch((problem: unknown) => {
        throw refusal(problem)
      })
  }

  onChange(listener: () => void): () => void {
    return this.#watch.onChange(listener)
  }

  async capture(options: CaptureOptions): Promise<Capture> {
    const capture = await this.#captures.begin([...this.#supervisors.values()], options)
    // Somebody's filter is no line of ours.
    const which = options.filter === '' ? 'all of them' : JSON.stringify(options.filter)
    this.#log('info', `${options.who} captures packets: ${which}`)
    return capture
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#watch.close()
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.stop()))
    this.#supervisors = new Map()
    this.#views.clear()
    // A start that failed: whoever still forwards for an earlier leader is left to the next one.
    if (!this.#leads && this.#places.workerSockets().length > 0)
      return this.#tables.drop(this.#tables.current)
    await this.#endOrphans()
    this.#removeUnused()
    this.#places.removeMemory()
  }

  async detach(): Promise<void> {
    this.#watch.close()
    for (const supervisor of this.#supervisors.values()) supervisor.detach()
  }

  #settings(): InstanceSettings[] {
    return [...this.#supervisors.values()].flatMap(({ order }) => (order === null ? [] : [order.settings]))
  }

  #supervise(device: string): Supervisor {
    return new Supervisor({
      device,
      socket: this.#places.workerSocket(device),
      files: {
        log: this.#places.workerLog(device),
        // The next leader that adopts it may have another state directory.
        links: this.options.driver === 'memory' ? '/' : null,
        user: obstacleToOwnUser() === null ? (this.#places.users?.of(device) ?? null) : null,
      },
      log: this.#log,
      onChange: () => this.#watch.changed(),
      makeMemory: ({ settings }) => {
        for (const { id } of settings.queues) this.#places.makeQueueMemory(device, id)
      },
      passes: () => this.#passes(device),
    })
  }

  #passes(device: string): ReadonlyMap<number, bigint> {
    const { queues = [] } = this.#supervisors.get(device)?.order?.settings ?? {}
    return new Map(
      queues.flatMap(({ id }) => {
        const view = this.#view(device, id)
        return view === null ? [] : [[id, view.batches] as const]
      }),
    )
  }

  /** The orders that differ from those in force. */
  #steps(
    wanted: readonly InstanceSettings[],
    supervisors: ReadonlyMap<string, Supervisor>,
    { path, generation }: Generation,
    absentLinks: boolean,
  ): Step[] {
    const { cpus = [], driver = 'auto', stateDir } = this.options
    const revision = ++this.#revision
    let dealt = 0
    return wanted.flatMap((settings) => {
      const supervisor = supervisors.get(settings.device) as Supervisor
      const order: Order = {
        revision,
        settings,
        driver,
        socketDirectory: stateDir,
        memoryDirectory: this.#places.memory,
        table: { path, generation },
        cpus: settings.queues.map(() => cpus[dealt++ % cpus.length] ?? null),
        absentLinks,
      }
      const old = supervisor.order
      const same = old !== null && JSON.stringify({ ...old, revision, absentLinks }) === JSON.stringify(order)
      return same ? [] : [{ supervisor, order }]
    })
  }

  /** What can be known to fail before a worker is asked. */
  #check(instances: readonly InstanceSettings[], restored: boolean): void {
    for (const settings of instances) {
      const inUse = restored ? settings : this.#supervisors.get(settings.device)?.order?.settings
      if (this.options.driver !== 'memory') checkDevices(settings, inUse ?? null, this.#log)
      // They are the same for all queues.
      if (settings.queues[0] !== undefined) checkFilters(settings.queues[0])
    }
  }

  /** Queues that share a CPU wait for each other: that is worth a word, once. */
  #count(instances: readonly InstanceSettings[]): void {
    const threads = instances.reduce((sum, { queues }) => sum + queues.length, 0)
    if (threads === this.#threads) return
    this.#threads = threads
    const given = new Set(this.options.cpus).size
    const [cores, which] =
      given > 0 ? [given, 'of the CPUs are given to them'] : [availableParallelism(), 'CPUs are there']
    if (threads > cores)
      this.#log('warn', `${threads} queues, but only ${cores} ${which}: busy ones take each other's time`)
  }

  #view(device: string, queue: number): QueueView | null {
    const path = queueMemory(this.#places.memory, device, queue)
    const view = this.#views.get(path) ?? QueueView.open(path)
    if (view !== null) this.#views.set(path, view)
    return view
  }

  async #lead(): Promise<void> {
    await this.#endOrphans()
    this.#leads = true
    if (this.#whyRoot !== null) this.#log('info', `workers run as root: ${this.#whyRoot}`)
  }

  /** Workers of instances that an earlier leader had and this one does not. */
  async #endOrphans(): Promise<void> {
    const ours = new Set([...this.#supervisors.keys()].map((device) => this.#places.workerSocket(device)))
    for (const socket of this.#places.workerSockets()) if (!ours.has(socket)) await Worker.end(socket)
  }

  /** From here on the state directory is this name's: workers of another one are ended, their links become ours. */
  async #claim(): Promise<void> {
    if (this.#claimed) return
    this.#claimed = true
    const former = this.#places.ofFormerName()
    if (former !== null) {
      this.#log(
        'warn',
        `the state directory was another relay's: its workers, of ${former.memory}, are ended`,
      )
      for (const socket of former.workerSockets()) await Worker.end(socket)
      for (const tap of former.createdTaps()) native.removeTap(tap)
      former.removeMemory()
    }
    this.#places.claim()
    this.#places.removeCaptureRings()
  }

  /** Created TAPs and counters that no instance needs any more. */
  #removeUnused(): void {
    const settings = this.#settings()
    const needed = new Set(settings.flatMap(({ queues }) => queues.map((q) => q.passthruInterface?.device)))
    for (const tap of this.#places.createdTaps().filter((name) => !needed.has(name))) {
      native.removeTap(tap)
      this.#places.forgetTap(tap)
    }
    const kept = settings.flatMap(({ device, queues }) =>
      queues.map(({ id }) => queueMemory(this.#places.memory, device, id)),
    )
    for (const path of this.#places.removeQueueMemory(new Set(kept))) this.#views.delete(path)
  }

  /** Equal as long as neither a link nor a next hop has changed. */
  #signature(): string {
    const parts = this.#settings().flatMap(({ device, queues }) =>
      queues.map(({ id }) => this.#view(device, id)?.signature() ?? ''),
    )
    return parts.join(';')
  }
}
