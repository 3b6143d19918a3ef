// ping, and what it says about loss and time.
import type { ChildProcess } from 'node:child_process'
import { CommandError } from './exec.js'
import type { Namespace } from './sandbox.js'

export interface PingResult {
  readonly sent: number
  readonly received: number
  /** Average round trip in milliseconds; null when nothing came back. */
  readonly average: number | null
  /** Requests without an answer although a later one was answered: unlike the last, they are not on their way. */
  readonly missed: number
}

export interface PingOptions {
  readonly count?: number
  /** ICMP payload bytes. */
  readonly size?: number
  /** Seconds between two requests. */
  readonly interval?: number
}

function argumentsFor(target: string, options: PingOptions): string[] {
  const { size, interval } = options
  return [
    '-n',
    ...(size === undefined ? [] : ['-s', String(size)]),
    ...(interval === undefined ? [] : ['-i', String(interval)]),
    target,
  ]
}

/** Reads ping's closing summary. */
export function parsePing(output: string): PingResult {
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(output)
  if (counts === null) throw new Error(`ping said nothing of packets: ${output.trim()}`)
  const times = /= [\d.]+\/([\d.]+)\//.exec(output)
  const answered = new Set(
    [...output.matchAll(/ bytes from .* icmp_seq=(\d+)/g)].map(([, number]) => Number(number)),
  )
  return {
    sent: Number(counts[1]),
    received: Number(counts[2]),
    average: times === null ? null : Number(times[1]),
    missed: answered.size === 0 ? 0 : Math.max(...answered) - answered.size,
  }
}

/** Sends `count` requests (3) and waits a second for the last answer. */
export async function ping(host: Namespace, target: string, options: PingOptions = {}): Promise<PingResult> {
  const count = options.count ?? 3
  const args = ['-c', String(count), '-W', '1', ...argumentsFor(target, { interval: 0.05, ...options })]
  try {
    return parsePing((await host.exec('ping', args)).stdout)
  } catch (problem) {
    // ping fails when no answer came at all: that is a result, unlike being unable to send.
    if (problem instanceof CommandError && problem.stdout.includes('packets transmitted'))
      return parsePing(problem.stdout)
    throw problem
  }
}

/** Pings until one is answered; resolves with the milliseconds that took, or null after `patience` of them. */
export async function pingUntilAnswered(
  host: Namespace,
  target: string,
  patience: number,
  options: PingOptions = {},
): Promise<number | null> {
  const start = performance.now()
  const running = continuousPing(host, target, { interval: 0.02, ...options })
  try {
    return (await running.firstAnswer(patience)) ? Math.round(performance.now() - start) : null
  } finally {
    await running.stop()
  }
}

/** A ping that goes on until it is stopped. */
export interface ContinuousPing {
  /** Resolves with true at the first answer, with false after so many milliseconds without. */
  firstAnswer(patience: number): Promise<boolean>
  /** Ends it as Ctrl-C would, and reads the summary. */
  stop(): Promise<PingResult>
}

export function continuousPing(host: Namespace, target: string, options: PingOptions = {}): ContinuousPing {
  const child = host.spawn('ping', argumentsFor(target, options), { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    firstAnswer: (patience) => answered(child, () => output, patience),
    async stop() {
      child.kill('SIGINT')
      await ended
      return parsePing(output)
    },
  }
}

function answered(child: ChildProcess, output: () => string, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      if (output().includes(' bytes from ')) finish(true)
    }
    const timer = setTimeout(() => finish(false), patience)
    const finish = (result: boolean) => {
      clearTimeout(timer)
      child.stdout?.off('data', look)
      resolve(result)
    }
    child.stdout?.on('data', look)
    look()
  })
}
