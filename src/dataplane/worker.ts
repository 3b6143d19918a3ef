// The leader's handle of a worker process: found on its socket or started, asked, watched.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../root.js'
import {
  type Failure,
  type Hello,
  type Message,
  type Method,
  PROTOCOL_VERSION,
  type Requests,
  receiveMessages,
  sendMessage,
} from './control.js'

/** Milliseconds a new process may take to listen, and a worker to answer. */
const START_PATIENCE = 10_000
const ANSWER_PATIENCE = 30_000
const CONNECT_RETRY = 10
/** Looks whether a killed worker is gone; nobody may be there to reap it. */
const END_CHECKS = 100

/** A request that the worker refused. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure'
  constructor(readonly failure: Failure) {
    super(failure.message)
  }
}

interface Waiting {
  resolve(result: unknown): void
  reject(problem: Error): void
}

export class Worker {
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #hello: Hello | null = null
  /** Told a worker's messages to the operator. */
  onLog: (level: 'info' | 'warn' | 'error', message: string) => void = () => {}
  /** Called once when the connection ends: the process is gone, or going. */
  onDown: () => void = () => {}

  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    receiveMessages(socket, (message) => this.#take(message))
    socket.on('error', () => {})
    socket.on('close', () => this.#down())
  }

  /** The worker that listens on this socket, or null when none of our version does. Another version's is ended. */
  static async find(path: string): Promise<Worker | null> {
    const socket = await connected(path)
    if (socket === null) return null
    const worker = new Worker(socket)
    const hello = await worker.#greet().catch(() => null)
    if (hello?.version === PROTOCOL_VERSION) return worker
    worker.disconnect()
    if (hello !== null) {
      process.kill(hello.pid, 'SIGKILL')
      for (let i = 0; i < END_CHECKS && isAlive(hello.pid); i++) await sleep(CONNECT_RETRY)
    }
    return null
  }

  /** Starts a process that outlives this one. */
  static async start(path: string): Promise<Worker> {
    const log = openSync(path.replace(/\.sock$/, '.log'), 'a', 0o600)
    const child = spawn(process.execPath, [join(root, 'dist/src/dataplane/worker-process.js'), path], {
      detached: true,
      stdio: ['ignore', 'ignore', log],
    })
    closeSync(log)
    child.unref()
    const socket = await Promise.race([listening(path, child), startFailure(child)])
    const worker = new Worker(socket)
    await worker.#greet()
    return worker
  }

  get pid(): number {
    return this.#hello?.pid ?? 0
  }

  request<M extends Method>(method: M, params: Requests[M]['params']): Promise<Requests[M]['result']> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('the worker is gone'))
      const id = ++this.#lastId
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`the worker did not answer ${method} within ${ANSWER_PATIENCE / 1000} s`))
      }, ANSWER_PATIENCE)
      this.#waiting.set(id, {
        resolve: (result) => {
          clearTimeout(timer)
          resolve(result as Requests[M]['result'])
        },
        reject: (problem) => {
          clearTimeout(timer)
          reject(problem)
        },
      })
      sendMessage(this.socket, { id, method, params })
    })
  }

  /** Lets go of it and leaves it running. */
  disconnect(): void {
    this.onDown = () => {}
    this.socket.destroy()
  }

  kill(): void {
    if (this.#hello !== null && !this.socket.destroyed) process.kill(this.#hello.pid, 'SIGKILL')
  }

  async #greet(): Promise<Hello> {
    this.#hello = await this.request('hello', null)
    return this.#hello
  }

  #take(message: Message): void {
    if ('event' in message) {
      this.onLog(message.level, message.message)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('result' in message) waiting?.resolve(message.result)
    else if ('failure' in message) waiting?.reject(new WorkerFailure(message.failure))
  }

  #down(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the worker is gone'))
    this.#waiting.clear()
    this.onDown()
  }
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

async function listening(path: string, child: ChildProcess): Promise<Socket> {
  const deadline = Date.now() + START_PATIENCE
  while (Date.now() < deadline && child.exitCode === null) {
    const socket = await connected(path)
    if (socket !== null) return socket
    await sleep(CONNECT_RETRY)
  }
  child.kill('SIGKILL')
  throw new Error('the worker process did not come up')
}

function startFailure(child: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once('error', (problem) => reject(new Error(`cannot start a worker process: ${problem.message}`)))
    child.once('exit', () => reject(new Error('the worker process ended at once; its log says why')))
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
