// Going back to an earlier revision: its content, as a commit of its own.
import { error } from '../errors.js'
import type { ReadableDatastore } from './datastore.js'
import type { Rewrite } from './draft.js'
import type { ReadableHistory } from './history.js'

/** Asked at the commit's turn: what leads back from what is running then. */
export function rewriteTo(history: ReadableHistory, datastore: ReadableDatastore, revision: number): Rewrite {
  return (softwires) => {
    const way = history.wayBack(revision)
    if (!way) throw unknownRevision(history, datastore, revision)
    if (way.whole) softwires.replace(way.whole)
    for (const edit of way.edits) softwires.edit(edit)
    return way.tree
  }
}

export function unknownRevision(
  history: ReadableHistory,
  { running }: ReadableDatastore,
  revision: number,
): Error {
  return error('unknown-revision', { revision, oldest: history.oldest, newest: running.revision })
}
