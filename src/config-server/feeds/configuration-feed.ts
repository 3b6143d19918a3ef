// The running configuration, or the part of it that is the binding table, as a feed. Softwires, of which there may be a
// million, are read from the table page by page.
import type { DataPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import type { Datastore } from '../datastore.js'
import { keyOf, lineage, placeOf } from '../place.js'
import type { Publisher } from '../publisher.js'
import { FIRST, keyBehind, keyNumber, type SoftwireKey, softwireKey } from '../softwire-scan.js'
import { isObject } from '../tree.js'
import { CommitUpdate, softwireEdits } from './commit-update.js'
import { type Feed, type FeedEdit, PIECE, type Replay, type Update } from './feed.js'
import { type MissedParts, missed } from './missed.js'
import { narrow } from './narrow.js'
import { RecentUpdates } from './recent-updates.js'

export interface ConfigurationParts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly publisher: Publisher
  readonly history: MissedParts['history']
}

/** The feeds `config` and `binding-table`. Both have the datastore's revisions, and remember `limit` bytes of updates. */
export function configurationFeeds(parts: ConfigurationParts, limit?: number): readonly [Feed, Feed] {
  const above = lineage(parts.schema.softwires).slice(0, -1)
  const table = { steps: above.map((node) => ({ node, keys: [] })) }
  return [
    new ConfigurationFeed('config', parts, { steps: [] }, limit),
    new ConfigurationFeed('binding-table', parts, table, limit),
  ]
}

class ConfigurationFeed implements Feed {
  readonly #parts: ConfigurationParts
  readonly #scope: DataPath
  readonly #recent: RecentUpdates

  /** `scope` is what of the configuration is this feed's. */
  constructor(
    readonly name: string,
    parts: ConfigurationParts,
    scope: DataPath,
    limit?: number,
  ) {
    this.#parts = parts
    this.#scope = scope
    this.#recent = new RecentUpdates(() => String(parts.datastore.running.revision), limit)
    parts.publisher.subscribe((commit) => {
      const update = new CommitUpdate(parts.schema, commit, scope)
      this.#recent.push(String(commit.revision - 1), update, update.bytes)
    })
  }

  get epoch(): string {
    return this.#parts.datastore.id
  }

  get revision(): string {
    return this.#recent.revision
  }

  get replay(): Replay {
    return this.#recent
  }

  *content(filter: DataPath = this.#scope): Generator<readonly FeedEdit[], string | null> {
    const { schema, datastore } = this.#parts
    while (this.#committing) yield []
    let { revision } = this
    let edits = this.#tree(filter)
    const place = placeOf(schema, filter)
    const page = place === 'entry' || place === 'inside' ? 1 : PIECE
    // Where to read on; null when all is read.
    let ahead = place === 'beside' ? null : page === 1 ? softwireKey(keyOf(filter, schema)) : FIRST
    while (ahead) {
      const behind = this.#behind(revision, ahead)
      if (!behind) return null
      revision = this.revision
      edits.push(...behind)
      const records = datastore.table.scan(ahead.ipv4, ahead.psid, page)
      edits.push(...softwireEdits(schema, records, () => 'create'))
      ahead = page === 1 ? null : keyBehind(records, page)
      if (!ahead) break
      yield edits
      edits = []
      while (this.#committing) yield []
    }
    if (edits.length > 0) yield edits
    return revision
  }

  since(revision: string): Iterable<Update> | null {
    const updates = this.#recent.since(revision)
    if (updates) return updates
    // Whoever comes in the middle of a commit is told when it is in force.
    if (this.#committing) return []
    const update = missed(this.#parts, revision, this.#scope)
    return update && [update]
  }

  subscribe(listener: (update: Update) => void): () => void {
    return this.#recent.subscribe(listener)
  }

  /** Table and revision may not go together just now. */
  get #committing(): boolean {
    const { advancing, running } = this.#parts.datastore
    return advancing || String(running.revision) !== this.revision
  }

  #tree(filter: DataPath): FeedEdit[] {
    const { schema, datastore } = this.#parts
    const edits: FeedEdit[] = []
    for (const [name, node] of schema.roots) {
      const value = datastore.running.tree[name]
      if (isObject(value)) edits.push({ operation: 'create', target: { steps: [{ node, keys: [] }] }, value })
    }
    return edits.flatMap((edit) => narrow(edit, this.#scope)).flatMap((edit) => narrow(edit, filter))
  }

  /** What happened since the revision to all but the softwires that are still to be read; null: too much. */
  #behind(revision: string, ahead: SoftwireKey): FeedEdit[] | null {
    const updates = this.since(revision)
    if (!updates) return null
    const edits: FeedEdit[] = []
    for (const update of updates) {
      if (!update.edits) return null
      for (const edit of update.edits) if (!this.#isAhead(edit, ahead)) edits.push(edit)
    }
    return edits
  }

  #isAhead({ target }: FeedEdit, ahead: SoftwireKey): boolean {
    const keys = keyOf(target, this.#parts.schema)
    return keys.length > 0 && keyNumber(softwireKey(keys)) >= keyNumber(ahead)
  }
}
