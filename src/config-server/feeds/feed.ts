// A feed: some content that changes, told as edits to whoever follows. The configuration, the binding table, routes and
// state are feeds; WebSocket, SSE and whatever else has followers know nothing but this.
//
//   content() ─ the whole, in pieces ─► since(revision) ─ what came after, in order ─► …
//
// Followers pull: a slow one costs its place and nothing more, since what it has yet to read is the feed's memory of
// its last updates, which is the same for all of them and bounded.
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import type { DataPath } from '../../schema/paths.js'
import type { SchemaNode } from '../../schema/schema.js'

export interface FeedEdit {
  readonly operation: 'create' | 'replace' | 'delete'
  readonly target: DataPath
  /** Of the target itself; absent when deleted. */
  readonly value?: JsonValue
}

export interface Update {
  /** Where the edits lead, from the content of the revision before. */
  readonly revision: string
  readonly time: Date
  /** Null where they are too many to be told one by one: followers read the content anew. */
  readonly edits: Iterable<FeedEdit> | null
}

/** The notification by which streams tell, unless their feed has another. */
export const UPDATE = 'lwaftr:update'

/** A notification of the model, with its content. */
export interface ModelledNotification {
  readonly node: SchemaNode
  readonly value: JsonObject
}

/** What a feed can tell again by time. */
export interface Replay {
  /** Nothing that happened earlier is remembered. */
  readonly begin: Date
  /** The revision after which all updates are of that time or later, as far back as is remembered. */
  before(time: Date): string
}

export interface Feed {
  readonly name: string
  /** Tells apart equal revisions of different lives, for followers who come again. */
  readonly epoch: string
  /** Of the content now. */
  readonly revision: string
  /**
   * The whole content, in pieces of about PIECE edits; returns the revision that they add up to, after which since()
   * goes on. It may be walked while the feed changes: what changes behind the reader comes as further edits, what
   * changes ahead of him is met as it is then. An empty piece means: come again after the next update. Returns null
   * when too much changed: begin anew.
   *
   * Outside of `filter` it may leave out what it likes; who wants no more than that narrows it himself.
   */
  content(filter?: DataPath): Iterator<readonly FeedEdit[], string | null>
  /** What came after that revision, oldest first; null when that is not known, or not known any more. */
  since(revision: string): Iterable<Update> | null
  readonly replay?: Replay
  /** Name of what event streams tell instead of lwaftr:update, and what it says of an edit; null: nothing. */
  readonly notification?: string
  readonly notificationOf?: (edit: FeedEdit) => ModelledNotification | null
  /** Calls back after each update. Returns the unsubscriber. */
  subscribe(listener: (update: Update) => void): () => void
}

/** Edits in one piece of content: some hundred kilobytes of text. */
export const PIECE = 1024

/** More edits than this are no update any more: some megabytes of text. */
export const MOST_EDITS = 16 * PIECE

/** content() for a feed that has all of it at hand: as it is now, in pieces. */
export function* contentOf(
  { revision }: Feed,
  edits: readonly FeedEdit[],
): Generator<readonly FeedEdit[], string> {
  for (let from = 0; from < edits.length; from += PIECE) yield edits.slice(from, from + PIECE)
  return revision
}
