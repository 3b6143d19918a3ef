// Reads what a queue's thread writes into shared memory: counters and state, without asking it. A worker that was taken
// over may write anything there: whatever it is, what is read is a state that could be.
import type { NextHopState, NextHopStatus } from './dataplane.js'
import { native } from './native.js'
import type { NativeQueueMemory } from './native-queue.js'

const STATUSES: readonly NextHopStatus[] = ['unresolved', 'static', 'resolved', 'probing']
const NAMES = native.counters().map((counter) => counter.name)

/** What dates of four digits can say. */
const LATEST = Date.UTC(9999, 11, 31)

/** Words of native/core/queue_state.h. */
const WORD = {
  batches: 0,
  tableGeneration: 1,
  settingsRevision: 2,
  externalNextHop: 3,
  internalNextHop: 4,
  externalAndInternalLink: 5,
  passthruLink: 6,
  cpuTime: 7,
} as const

/** MAC and status in one word: native/core/queue_state.h, pack_next_hop. */
export function nextHopState(word: bigint): NextHopState {
  const status = STATUSES[Number(word >> 48n) & 0xff] ?? 'unresolved'
  const hex = (word & 0xffff_ffff_ffffn).toString(16).padStart(12, '0')
  return { status, mac: status === 'unresolved' ? null : hex.replace(/..(?=.)/g, '$&:') }
}

export class QueueView {
  private constructor(readonly memory: NativeQueueMemory) {}

  /** Null while no worker has made the file. */
  static open(path: string): QueueView | null {
    const memory = native.queueMemory(path)
    return memory === null ? null : new QueueView(memory)
  }

  get since(): Date {
    return new Date(Math.min(this.memory.since, LATEST))
  }

  counters(): Map<string, bigint> {
    const { words, counters } = this.memory
    return new Map(NAMES.map((name, i) => [name, words[counters + i] ?? 0n]))
  }

  get batches(): bigint {
    return this.#word('batches')
  }
  get tableGeneration(): number {
    return Number(this.#word('tableGeneration'))
  }
  get settingsRevision(): number {
    return Number(this.#word('settingsRevision'))
  }
  get externalNextHop(): NextHopState {
    return nextHopState(this.#word('externalNextHop'))
  }
  get internalNextHop(): NextHopState {
    return nextHopState(this.#word('internalNextHop'))
  }
  get externalLinkUp(): boolean {
    return (this.#word('externalAndInternalLink') & 0xffff_ffffn) === 1n
  }
  get internalLinkUp(): boolean {
    return this.#word('externalAndInternalLink') >> 32n === 1n
  }
  get passthruLinkUp(): boolean {
    return (this.#word('passthruLink') & 0xffff_ffffn) === 1n
  }

  /** That the queue's thread has taken, in milliseconds. */
  get cpuTime(): number {
    return Number(this.#word('cpuTime') / 1_000_000n)
  }

  /** Equal as long as neither a link nor a next hop has changed. */
  signature(): string {
    const { words, state } = this.memory
    return words.subarray(state + WORD.externalNextHop, state + WORD.passthruLink + 1).join()
  }

  #word(name: keyof typeof WORD): bigint {
    return this.memory.words[this.memory.state + WORD[name]] ?? 0n
  }
}
