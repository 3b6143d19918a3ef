// Steady traffic from `lwaftr loadtest`, and edits meanwhile.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../src/root.js'
import { type Edit, send } from '../crash/storm.js'
import { credentials, TESTER_DEVICE, type World } from './world.js'

/** Times in milliseconds. */
export interface Loaded {
  readonly seconds: number
  readonly packets: number
  readonly lost: number
  readonly unexpected: number
  readonly packetP50: number
  readonly packetP99: number
}

/** Of editMany(). */
const CONNECTIONS = 8

interface Direction {
  readonly sent: number
  readonly lost: number
  readonly 'latency-us': { readonly p50: number; readonly p99: number } | null
}

/** `rate` in packets a second, both directions together. */
export async function loadFor(seconds: number, { tester, load }: World, rate: number): Promise<Loaded> {
  const where = ['--device', TESTER_DEVICE, '--conf', load]
  const words = ['loadtest', ...where, '--rate', String(rate / 1e6), '-D', String(seconds), '--json']
  const args = [join(root, 'bin/lwaftr'), ...words]
  const { stdout } = await tester.exec(process.execPath, args, (seconds + 60) * 1000)
  const { duration, unexpected, encap, decap } = JSON.parse(stdout) as {
    readonly duration: number
    readonly unexpected: number
    readonly encap: Direction
    readonly decap: Direction
  }
  const slower = (which: 'p50' | 'p99') =>
    Math.max(...[encap, decap].map((one) => one['latency-us']?.[which] ?? 0)) / 1000
  return {
    seconds: duration,
    packets: encap.sent + decap.sent,
    lost: encap.lost + decap.lost,
    unexpected,
    packetP50: slower('p50'),
    packetP99: slower('p99'),
  }
}

export interface Edited {
  readonly edits: number
  readonly refused: number
  readonly editP50: number
  readonly editP99: number
}

/** Edits from several connections, as fast as they go. */
export async function editMany(world: World, count: number, next: () => Edit): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) {
      const answer = await send(world.relay.url, next(), credentials('operator'))
      if (typeof answer !== 'object') throw new Error(answer ?? 'the relay went away')
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
}

/** `rate` edits a second are offered, one after another. */
export async function editUntil(
  over: AbortSignal,
  world: World,
  rate: number,
  next: () => Edit,
): Promise<Edited> {
  const times: number[] = []
  let refused = 0
  for (let due = performance.now(); !over.aborted; due += 1000 / rate) {
    await sleep(Math.max(0, due - performance.now()))
    await world.settled()
    const { relay } = world
    const begin = performance.now()
    const answer = await send(relay.url, next(), credentials('operator'))
    if (typeof answer === 'object') times.push(performance.now() - begin)
    // A leader that goes leaves edits unanswered.
    else if (typeof answer === 'string' || (relay === world.relay && !world.betweenLeaders)) refused++
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0
  return { edits: times.length, refused, editP50: at(0.5), editP99: at(0.99) }
}
