// A commit in one line, for history and log.
import { formatXPath } from '../schema/paths.js'
import type { SoftwireChange } from './softwire-overlay.js'
import type { TreeEdit } from './tree-diff.js'

/** More paths than this are only counted. */
const NAMED = 3

export function summarise(tree: readonly TreeEdit[], softwires: SoftwireChange | undefined): string {
  const parts = tree.slice(0, NAMED).map((edit) => `${edit.operation} ${formatXPath(edit.target)}`)
  if (tree.length > NAMED) parts.push(`${tree.length - NAMED} more`)
  for (const [verb, count] of Object.entries(counts(softwires)))
    if (count > 0) parts.push(`${verb} ${count} ${count === 1 ? 'softwire' : 'softwires'}`)
  return parts.join(', ')
}

function counts(softwires: SoftwireChange | undefined): Record<string, number> {
  return {
    create: softwires?.created ?? 0,
    replace: softwires?.replaced ?? 0,
    delete: softwires?.deleted ?? 0,
  }
}
