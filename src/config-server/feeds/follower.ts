// One reader's place in a feed: first the content, unless he has it already, then every update, in order and once.
import type { Feed, FeedEdit } from './feed.js'
import { Notice } from './notice.js'
import type { View } from './view.js'

/** Where a reader was who comes again. */
export interface Since {
  readonly revision: string
  /** Of the feed that told him; without it he is believed to have followed this one. */
  readonly epoch?: string | undefined
}

interface Walk {
  readonly pieces: ReturnType<Feed['content']>
  /** Read and not yet told: it may be the last. */
  held: readonly FeedEdit[] | undefined
  resync: boolean
}

export class Follower {
  readonly #view: View
  /** While walking, that at the last step. */
  #revision: string
  #walk: Walk | null

  constructor(view: View, since?: Since) {
    const { feed } = view
    this.#view = view
    const sameLife = (since?.epoch ?? feed.epoch) === feed.epoch
    const known = since && sameLife && feed.since(since.revision) !== null
    this.#revision = known ? since.revision : feed.revision
    this.#walk = known ? null : this.#begin()
  }

  /** Of what the reader has when he has read everything until now. */
  get revision(): string {
    return this.#revision
  }

  /** The next to be read; null when there is none before the next update; 'lost' when the reader was too slow. */
  next(): Notice | null | 'lost' {
    if (this.#walk) return this.#piece(this.#walk)
    const updates = this.#view.feed.since(this.#revision)
    if (!updates) return 'lost'
    for (const update of updates) {
      if (!update.edits) return this.#again()
      this.#revision = update.revision
      const notice = this.#view.noticeOf(update)
      if (notice) return notice
    }
    return null
  }

  #begin(): Walk {
    const { feed, filter } = this.#view
    return { pieces: feed.content(filter), held: undefined, resync: true }
  }

  #again(): Notice | null | 'lost' {
    this.#revision = this.#view.feed.revision
    this.#walk = this.#begin()
    return this.#piece(this.#walk)
  }

  #piece(walk: Walk): Notice | null | 'lost' {
    const { feed } = this.#view
    for (;;) {
      const step = walk.pieces.next()
      if (step.done) {
        if (step.value === null) return feed.since(this.#revision) ? this.#again() : 'lost'
        this.#revision = step.value
        this.#walk = null
        return this.#tell(walk, true)
      }
      this.#revision = feed.revision
      if (step.value.length === 0) return null
      const edits = this.#view.narrowed(step.value)
      if (edits.length === 0) continue
      const notice = walk.held && this.#tell(walk, false)
      walk.held = edits
      if (notice) return notice
    }
  }

  #tell(walk: Walk, synced: boolean): Notice {
    const { held = [], resync } = walk
    walk.resync = false
    return new Notice(this.#revision, new Date(), held, { resync, synced })
  }
}
