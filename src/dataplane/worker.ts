// The leader's handle of a worker process: found on its socket or started, asked, watched.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { visible } from '../errors.js'
import { root } from '../root.js'
import {
  type Failure,
  type Hello,
  type Line,
  type Question,
  type Reply,
  receiveMessages,
  SPOKEN,
  sendMessage,
} from './control.js'
import { isReply } from './messages.js'
import { native } from './native.js'
import { trustedPeer } from './peer.js'
import { ownPrivileges, setprivOptions } from './privileges.js'
import { isAlive, isStopped, killProcess, processesOn } from './processes.js'
import { isWorkerUser, type WorkerUser } from './worker-users.js'

const PROGRAM = join(root, 'dist/src/dataplane/worker-process.js')
/** Milliseconds a new process may take to listen, and a worker to answer. */
const START_PATIENCE = 10_000
const ANSWER_PATIENCE = 30_000
/** Milliseconds one that is found may take to say who it is: longer than it waits for a device (native/io/patience.h). */
const GREETING_PATIENCE = 5_000
const CONNECT_RETRY = 10
/** Bytes of last words, beyond which they go aside: those of one that dies again and again would fill the disk. */
const MOST_WORDS = 1 << 20
/** Looks whether a killed worker is gone; nobody may be there to reap it. */
const END_CHECKS = 100

/** A request that the worker refused. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure'
  constructor(readonly failure: Failure) {
    super(failure.message)
  }
}

/** Where a worker's files are, beside its socket and the shared memory. */
export interface WorkerFiles {
  readonly log: string
  /** Directory below which it may make the sockets of links, with driver `memory`; null: no links are sockets. */
  readonly links: string | null
  /** Its own, if it has one; else it is its leader's. */
  readonly user: WorkerUser | null
}

type Answer = Extract<Reply, { kind: 'hello' | 'done' }>

interface Waiting {
  resolve(answer: Answer): void
  reject(problem: Error): void
}

export class Worker {
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  /** Told a worker's messages to the operator. */
  onLog: (level: Line['level'], message: string) => void = () => {}
  /** Called once when the connection ends: the process is gone, or going. */
  onDown: () => void = () => {}

  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>

  private constructor(
    readonly socket: Socket,
    /** As the kernel knows it: a worker that was taken over might name any process, to be killed by the leader. */
    readonly pid: number,
  ) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    receiveMessages(socket, isReply, (reply) => this.#take(reply))
    socket.on('error', () => {})
    socket.on('close', () => this.#down())
  }

  /** The worker that listens on this socket, or null when none of our version does. Any other there is ended. */
  static async find(path: string): Promise<Worker | null> {
    // A stopped one takes the connection and says nothing: not worth the wait, since it forwards nothing either.
    const socket = processesOn(path).some(isStopped) ? null : await connected(path)
    const peer = socket === null ? null : trustedPeer(socket, isWorkerUser)
    if (socket !== null && peer !== null) {
      const worker = new Worker(socket, peer.pid)
      const hello = await worker.#greet(GREETING_PATIENCE).catch(() => null)
      if (hello && SPOKEN.includes(hello.version) && hello.memory === native.memoryLayout()) return worker
      worker.disconnect()
    }
    // One that does not answer, or whose socket is gone, would go on forwarding beside its successor.
    for (const pid of processesOn(path)) {
      killProcess(pid)
      for (let i = 0; i < END_CHECKS && isAlive(pid); i++) await sleep(CONNECT_RETRY)
    }
    rmSync(path, { force: true })
    return null
  }

  /** Ends whichever worker there is, and removes its socket. */
  static async end(path: string): Promise<void> {
    const worker = await Worker.find(path)
    await worker?.request({ method: 'stop' }).catch(() => worker.kill())
    await worker?.closed
    rmSync(path, { force: true })
  }

  /** Starts a process that outlives this one; its last words go to the file `log`. */
  static async start(path: string, { log, links, user }: WorkerFiles): Promise<Worker> {
    const stderr = openWords(log)
    const listener = native.bindSocket(path)
    const command = [process.execPath, PROGRAM, path, ...(links === null ? [] : [links])]
    // Where the kernel cannot, the worker cannot be confined either, and says so.
    native.refuseNewRings()
    const child = spawn('setpriv', [...setprivOptions(ownPrivileges(), PROGRAM, user), ...command], {
      cwd: '/', // where everybody may be
      detached: true,
      stdio: ['ignore', 'ignore', stderr, listener],
    })
    for (const file of [stderr, listener]) closeSync(file)
    child.unref()
    const socket = await Promise.race([listening(path, child), startFailure(child)])
    const worker = new Worker(socket, child.pid ?? 0)
    await worker.#greet()
    return worker
  }

  request(question: Question, patience = ANSWER_PATIENCE): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('the worker is gone'))
      const id = ++this.#lastId
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`the worker did not answer ${question.method} within ${patience / 1000} s`))
      }, patience)
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        reject: (problem) => {
          clearTimeout(timer)
          reject(problem)
        },
      })
      sendMessage(this.socket, { ...question, id })
    })
  }

  /** Lets go of it and leaves it running. */
  disconnect(): void {
    this.onDown = () => {}
    this.socket.destroy()
  }

  kill(): void {
    if (!this.socket.destroyed) killProcess(this.pid)
  }

  async #greet(patience?: number): Promise<Hello> {
    const answer = await this.request({ method: 'hello' }, patience)
    if (answer.kind !== 'hello') throw new Error('the worker does not say who it is')
    return answer
  }

  #take(reply: Reply): void {
    if (reply.kind === 'log') {
      this.onLog(reply.level, visible(reply.message))
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.kind === 'failure') waiting?.reject(new WorkerFailure(reply))
    else waiting?.resolve(reply)
  }

  #down(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the worker is gone'))
    this.#waiting.clear()
    this.onDown()
  }
}

function openWords(log: string): number {
  const { size } = statSync(log, { throwIfNoEntry: false }) ?? { size: 0 }
  if (size > MOST_WORDS) renameSync(log, `${log}.old`)
  return openSync(log, 'a', 0o600)
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

async function listening(path: string, child: ChildProcess): Promise<Socket> {
  const deadline = performance.now() + START_PATIENCE
  while (performance.now() < deadline && child.exitCode === null) {
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
