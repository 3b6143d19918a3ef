// A feed, or a part of it, as all who follow that share it: what an update says is worked out once for those who are up
// to date, and they are woken a few at a time, so that thousands of them hold up nobody's commit.
import type { DataPath } from '../../schema/paths.js'
import type { Feed, FeedEdit, Update } from './feed.js'
import { narrow } from './narrow.js'
import { Notice } from './notice.js'

/** Followers woken in one turn of the event loop. */
const TURN = 64

/** An edit as somebody may see it; null when nothing of it is to be seen. */
export type Conceal = (edit: FeedEdit) => FeedEdit | null

export class View {
  readonly #idle: () => void
  readonly #wakes = new Set<() => void>()
  #unsubscribe: (() => void) | undefined
  #waking = false
  #last: { readonly update: Update; readonly notice: Notice | null } | undefined

  /** `idle` is called when nobody follows any more. */
  constructor(
    readonly feed: Feed,
    readonly filter?: DataPath,
    idle: () => void = () => {},
    readonly conceal?: Conceal,
  ) {
    this.#idle = idle
  }

  /** Calls back soon after updates: once for those that come close together. Returns the unsubscriber. */
  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake)
    this.#unsubscribe ??= this.feed.subscribe(() => this.#wake())
    return () => {
      this.#wakes.delete(wake)
      if (this.#wakes.size > 0) return
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
      this.#idle()
    }
  }

  /** What the update says here; null if that is nothing. The update's edits are there. */
  noticeOf(update: Update): Notice | null {
    if (this.#last?.update === update) return this.#last.notice
    const edits = this.narrowed(update.edits ?? [])
    const notice = edits.length > 0 ? new Notice(update.revision, update.time, edits) : null
    this.#last = { update, notice }
    return notice
  }

  narrowed(edits: Iterable<FeedEdit>): readonly FeedEdit[] {
    const { filter, conceal } = this
    const narrowed = filter ? [...edits].flatMap((edit) => narrow(edit, filter)) : [...edits]
    return conceal ? narrowed.flatMap((edit) => conceal(edit) ?? []) : narrowed
  }

  #wake(): void {
    if (this.#waking) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      this.#wakeSome([...this.#wakes])
    })
  }

  #wakeSome(wakes: readonly (() => void)[]): void {
    for (const wake of wakes.slice(0, TURN)) if (this.#wakes.has(wake)) wake()
    if (wakes.length > TURN) setImmediate(() => this.#wakeSome(wakes.slice(TURN)))
  }
}
