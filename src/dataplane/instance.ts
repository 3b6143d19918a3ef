// A worker's queues, kept to the newest order of the leader: what an order does not change is not touched.
import type { InstanceCapture, Order } from './control.js'
import { Handover } from './handover.js'
import { linkPart } from './link-part.js'
import { memoryPlace, readSys } from './memory-nodes.js'
import { native } from './native.js'
import type { NativeQueue, QueueUpdate } from './native-queue.js'
import { isRememberedTap, queueMemory } from './places.js'
import type { QueueSettings } from './settings.js'

type Log = (level: 'info' | 'warn', message: string) => void

/** Milliseconds between attempts to open a device that went away. */
const RETRY = 200

interface Prepared {
  readonly order: Order
  /** Opened anew, by queue id; the others stay and take an update. */
  readonly opened: ReadonlyMap<number, NativeQueue>
}

/** What queues must be opened anew for. */
function devices({ driver, socketDirectory, settings }: Order): string {
  const { device, externalDevice } = settings
  const where = driver === 'memory' ? socketDirectory : null
  return JSON.stringify([driver, where, device, externalDevice ?? null])
}

function capture(queue: NativeQueue, id: number, order: InstanceCapture | null): void {
  const ring = order?.rings.find((ring) => ring.queue === id)?.path
  queue.apply({ capture: order === null || ring === undefined ? null : { ...order, ring } })
}

/** What the queue's thread is pinned to. */
function cpuOf({ settings, cpus }: Order, id: number): number | null {
  return cpus[settings.queues.findIndex((queue) => queue.id === id)] ?? null
}

export class Instance {
  #order: Order | null = null
  #queues: ReadonlyMap<number, NativeQueue> = new Map()
  #prepared: Prepared | null = null
  #capture: InstanceCapture | null = null
  readonly #missing = new Map<string, string>()
  #drivers: ReadonlySet<string> = new Set()
  readonly #hints = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(readonly log: Log) {
    this.#timer = setInterval(() => this.#reopen(), RETRY)
  }

  /** Revision of the order it forwards by. */
  get revision(): number | null {
    return this.#order?.revision ?? null
  }

  prepare(order: Order): void {
    this.abort()
    const stay = this.#order !== null && devices(this.#order) === devices(order)
    this.#prepared = { order, opened: this.#open(order, stay ? this.#queues : new Map()) }
  }

  abort(): void {
    for (const queue of this.#prepared?.opened.values() ?? []) queue.stop(false)
    this.#prepared = null
  }

  /** What is new runs before what it takes frames from looks away, which goes on before what is no more ends. */
  apply(): void {
    const prepared = this.#prepared
    if (prepared === null) throw new Error('nothing was prepared')
    this.#prepared = null
    const { order, opened } = prepared
    const before = this.#order
    const running = new Map(this.#queues)
    for (const id of opened.keys()) {
      running.get(id)?.stop(false)
      running.delete(id)
    }
    const next = new Map<number, NativeQueue>()
    for (const settings of order.settings.queues) {
      const { id } = settings
      const queue = opened.get(id) ?? running.get(id)
      if (queue === undefined) throw new Error(`queue ${id} was not opened`)
      next.set(id, queue)
      if (opened.has(id)) this.#start(queue, settings, order)
    }
    this.#queues = next
    if (before !== null) this.#hand(running, before, order)
    this.#order = order
  }

  /** From one order to the next, for those that run. */
  #hand(running: ReadonlyMap<number, NativeQueue>, before: Order, order: Order): void {
    const handover = new Handover(before, order, running)
    handover.begin()
    for (const settings of order.settings.queues) {
      const queue = running.get(settings.id)
      if (queue === undefined) continue
      this.#update(queue, settings, order, before)
      const cpu = cpuOf(order, settings.id)
      if (cpu !== cpuOf(before, settings.id)) queue.pin(cpu)
    }
    handover.end()
    for (const [id, queue] of running) if (!this.#queues.has(id)) queue.stop(false)
  }

  #start(queue: NativeQueue, settings: QueueSettings, order: Order): void {
    this.#update(queue, settings, order, null)
    if (this.#capture !== null) capture(queue, settings.id, this.#capture)
    queue.start(cpuOf(order, settings.id), `lwaftr-queue-${settings.id}`)
  }

  /** Of the queue with this id; null: of every queue. */
  purgeNextHops(id: number | null): void {
    for (const [own, queue] of this.#queues)
      if (id === null || id === own) queue.apply({ purgeNextHops: true })
  }

  /** Also for queues that are opened later. */
  capture(order: InstanceCapture | null): void {
    if (order === null && this.#capture === null) return
    this.#capture = order
    for (const [id, queue] of this.#queues) capture(queue, id, order)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.abort()
    for (const queue of this.#queues.values()) queue.stop(true)
    this.#queues = new Map()
  }

  /** Those that the order has beside `stay`. */
  #open(order: Order, stay: ReadonlyMap<number, NativeQueue>): ReadonlyMap<number, NativeQueue> {
    const opened = new Map<number, NativeQueue>()
    const { device, externalDevice, queues } = order.settings
    try {
      queues.forEach((settings, i) => {
        if (stay.has(settings.id)) return
        const queue = native.Queue.open({
          internal: device,
          external: externalDevice ?? null,
          driver: order.driver,
          socketDirectory: order.socketDirectory,
          absentLinks: order.absentLinks,
          memory: queueMemory(order.memoryDirectory, device, settings.id),
          part: linkPart(queues, settings),
          beside: stay.size > 0,
          memoryNode: this.#memoryNode(device, order.cpus[i] ?? null),
        })
        opened.set(settings.id, queue)
        this.#sayDrivers(opened)
      })
    } catch (problem) {
      for (const queue of opened.values()) queue.stop(false)
      throw problem
    }
    return opened
  }

  /** Says once what would be better. */
  #memoryNode(device: string, cpu: number | null): number | null {
    const { node, hint } = memoryPlace(readSys, native.interfaceInfo(device)?.name ?? null, cpu)
    if (hint !== null && !this.#hints.has(hint)) this.log('info', hint)
    if (hint !== null) this.#hints.add(hint)
    return node
  }

  /** Of all queues: once for each interface, and again when it changes. */
  #sayDrivers(opened: Prepared['opened'] = new Map()): void {
    const used = [...this.#queues.values(), ...opened.values()].flatMap(({ drivers }) => drivers)
    const drivers = new Set(used.map(({ device, driver }) => `device ${device}: ${driver}`))
    for (const line of drivers) if (!this.#drivers.has(line)) this.log('info', line)
    this.#drivers = drivers
  }

  /** Gives a queue what differs from `before`; all of it when that is null. */
  #update(queue: NativeQueue, settings: QueueSettings, order: Order, before: Order | null): void {
    const old = before?.settings.queues.find((queue) => queue.id === settings.id)
    const passthru = settings.passthruInterface?.device ?? null
    const update: { -readonly [K in keyof QueueUpdate]: QueueUpdate[K] } = {}
    if (JSON.stringify(old) !== JSON.stringify(settings))
      update.settings = { value: settings, revision: order.revision }
    if (before?.table.generation !== order.table.generation) update.table = order.table
    if (old === undefined || passthru !== (old.passthruInterface?.device ?? null)) {
      update.passthru = passthru
      update.passthruIsOurs = passthru !== null && isRememberedTap(order.memoryDirectory, passthru)
    }
    if (Object.keys(update).length === 0) return
    const { passthruProblem } = queue.apply(update)
    if (passthruProblem !== null) this.log('warn', `passthru device ${passthruProblem}; waiting for it`)
  }

  #reopen(): void {
    const attempts = [...this.#queues.values()].flatMap((queue) => queue.reopen())
    this.#sayDrivers(this.#prepared?.opened)
    for (const { device, problem } of attempts) {
      if (problem === null) this.#back(device)
      else if (this.#missing.get(device) !== problem) this.log('warn', `device ${problem}; waiting for it`)
      if (problem !== null) this.#missing.set(device, problem)
    }
    // One that came back as itself (it was renamed) needs no opening.
    for (const device of this.#missing.keys())
      if (!attempts.some((attempt) => attempt.device === device)) this.#back(device)
  }

  #back(device: string): void {
    this.log('info', `device ${device} is back`)
    this.#missing.delete(device)
  }
}
