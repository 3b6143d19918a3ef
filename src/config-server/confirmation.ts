// The clock of a pending confirmed commit, and the two ways in which its waiting ends.
import { error } from '../errors.js'
import type { Datastore } from './datastore.js'
import type { History } from './history.js'
import { type Claim, mayEnd, type Pending } from './pending-commit.js'
import type { Commit } from './publisher.js'
import { rewriteTo } from './rollback.js'
import { timeLeft } from './time-left.js'
import type { CommitRequest, Transactions } from './transaction.js'

interface Parts {
  readonly datastore: Datastore
  readonly history: History
  readonly transactions: Transactions
}

/** Milliseconds until a rollback that the data plane refused is tried again. */
const AGAIN = 10_000
/** Timers hold 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1

export class Confirmation {
  readonly #parts: Parts
  readonly #log: (level: 'warn' | 'error', message: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(parts: Parts, log: (level: 'warn' | 'error', message: string) => void) {
    this.#parts = parts
    this.#log = log
    parts.transactions.onPending((pending) => this.#wait(pending))
  }

  /** Once the configuration of an earlier run is in force: a commit whose time is over is taken back first. */
  async resume(): Promise<void> {
    const { pending } = this.#parts.transactions
    if (pending && timeLeft(pending) === 0) await this.#expire()
    else this.#wait(pending)
  }

  confirm(claim: Claim): Promise<void> {
    return this.#parts.transactions.confirm(claim)
  }

  /** Null where what comes back is what is there. */
  cancel(claim: Claim): Promise<Commit | null> {
    const { pending } = this.#parts.transactions
    return this.#takeBack(mayEnd(pending, claim), { who: claim.who, via: 'cancel-commit', ends: claim })
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #wait(pending: Pending | null): void {
    clearTimeout(this.#timer)
    if (!pending) return
    this.#timer = setTimeout(() => this.#elapsed(pending), Math.min(timeLeft(pending), LONGEST))
  }

  #elapsed(pending: Pending): void {
    if (timeLeft(pending) > 0) this.#wait(pending)
    else void this.#expire()
  }

  async #expire(): Promise<void> {
    const { transactions } = this.#parts
    const { pending } = transactions
    if (!pending) return
    // Whoever came in time may still have waited for their turn, or been in the middle of it.
    const isOver = () => transactions.pending === pending
    try {
      const commit = await this.#takeBack(pending, {
        who: 'lwaftr',
        via: 'confirmed-commit',
        comment: 'not confirmed in time',
        ends: { who: pending.who, override: true },
        precondition: () => {
          if (!isOver()) throw error('no-commit-pending', {})
        },
      })
      const now = commit ? `revision ${commit.revision} is in force` : 'nothing had to change'
      this.#log('warn', `the commit of ${pending.who} was not confirmed in time; taken back: ${now}`)
    } catch (problem) {
      if (!isOver()) return
      this.#log(
        'error',
        `the commit of ${pending.who} was not confirmed, but cannot be taken back: ${String(problem)}`,
      )
      this.#timer = setTimeout(() => void this.#expire(), AGAIN)
    }
  }

  #takeBack({ back }: Pending, by: Omit<CommitRequest, 'edits' | 'permit'>) {
    const { history, datastore, transactions } = this.#parts
    // Waiting would do the same: whoever may end it need not be permitted each of the changes that go.
    const edits = rewriteTo(history, datastore, back)
    return transactions.commit({ ...by, edits, permit: 'everything' })
  }
}
