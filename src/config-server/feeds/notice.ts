// What a follower is told at once: an update as far as it concerns him, or a piece of the content.
import { formatApiPath } from '../../schema/paths.js'
import { wrap } from '../representation.js'
import type { FeedEdit } from './feed.js'

export interface Mark {
  /** What the reader has is void: the content begins. */
  readonly resync?: boolean
  /** The content is complete. */
  readonly synced?: boolean
}

export class Notice {
  #json: string | undefined

  constructor(
    /** Of the content once this is taken in; for pieces of it, once it is complete. */
    readonly revision: string,
    readonly time: Date,
    readonly edits: readonly FeedEdit[],
    readonly mark: Mark = {},
  ) {}

  /** The edits as a JSON array of what YANG Patch (RFC 8072) calls operation, target and value. Made once. */
  get json(): string {
    this.#json ??= `[${this.edits.map(editJson).join(',')}]`
    return this.#json
  }
}

function editJson({ operation, target, value }: FeedEdit): string {
  const path = `/${formatApiPath(target)}`
  return JSON.stringify({
    operation,
    target: path,
    ...(value === undefined ? {} : { value: wrap(target, value) }),
  })
}
