// What a reader missed who was away for longer than updates are remembered, or while the relay was not running: the
// difference between his revision and the running one, from what the store keeps to undo commits.
import type { DataPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import type { Datastore } from '../datastore.js'
import type { History } from '../history.js'
import { isDelete, keyAt } from '../softwire-scan.js'
import { diffTrees } from '../tree-diff.js'
import { softwireEdit } from './commit-update.js'
import { type FeedEdit, MOST_EDITS, type Update } from './feed.js'
import { narrow } from './narrow.js'

export interface MissedParts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly history: Pick<History, 'wayBack'>
}

/**
 * One update from that revision to the running one; null when the store has forgotten. Tree, table and revision must go
 * together: not while a commit is applied.
 */
export function missed(
  { schema, datastore, history }: MissedParts,
  revision: string,
  scope: DataPath,
): Update | null {
  const way = /^\d{1,15}$/.test(revision) ? history.wayBack(Number(revision)) : null
  if (!way) return null
  const { running, table } = datastore
  const told = { revision: String(running.revision), time: running.time }
  if (way.whole || way.edits.length > MOST_EDITS) return { ...told, edits: null }
  const tree = diffTrees(schema, way.tree, running.tree).flatMap((edit) => narrow(edit, scope))
  const softwires = way.edits.flatMap((undo): FeedEdit[] => {
    const { ipv4, psid } = keyAt(undo, 0)
    const now = table.get(ipv4, psid)
    if (isDelete(undo)) return now ? [softwireEdit(schema, 'create', now)] : []
    if (!now) return [softwireEdit(schema, 'delete', undo)]
    return Buffer.compare(now, undo) === 0 ? [] : [softwireEdit(schema, 'replace', now)]
  })
  return { ...told, edits: [...tree, ...softwires] }
}
