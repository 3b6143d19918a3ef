// Tells whoever asked of each commit, in order, after it is in force.
import type { SoftwireChange } from './softwire-overlay.js'
import type { TreeEdit } from './tree-diff.js'

/** What is known of a commit afterwards. */
export interface CommitRecord {
  /** Counts up by one with every commit; survives restarts when the store does. */
  readonly revision: number
  readonly time: Date
  /** What Last-Modified makes of the time, where the clock was behind an earlier commit's: see modifiedAt(). */
  readonly modified?: Date | undefined
  /** Who asked: a user's name, or what stands for one. */
  readonly who: string
  /** Through which door: restconf, file, … */
  readonly via: string
  /** What whoever asked had to say about it. */
  readonly comment?: string | undefined
  /** One line for people. */
  readonly summary: string
}

export interface Commit extends CommitRecord {
  readonly tree: readonly TreeEdit[]
  readonly softwires: SoftwireChange | undefined
  /** Address of whoever asked, where there is one. */
  readonly from?: string | undefined
}

export class Publisher {
  readonly #listeners = new Set<(commit: Commit) => void>()
  readonly #failed: (problem: unknown) => void

  /** A listener that throws is reported to `failed`: the commit stands, and the others are told. */
  constructor(failed: (problem: unknown) => void) {
    this.#failed = failed
  }

  /** Returns the unsubscriber. */
  subscribe(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(commit: Commit): void {
    for (const listener of this.#listeners) {
      try {
        listener(commit)
      } catch (problem) {
        this.#failed(problem)
      }
    }
  }
}
