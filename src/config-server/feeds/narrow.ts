// Edits as they look to who wants a part of the content only.
import type { DataPath, PathStep } from '../../schema/paths.js'
import { memberName } from '../../schema/schema.js'
import { entryPath } from '../place.js'
import { find, isObject } from '../tree.js'
import type { FeedEdit } from './feed.js'

/** What the edit does at the path and below it. A list without keys stands for its entries. */
export function narrow(edit: FeedEdit, path: DataPath): readonly FeedEdit[] {
  const { operation, target, value } = edit
  const depth = target.steps.length
  for (const [i, step] of path.steps.entries()) {
    const here = target.steps[i]
    if (here && !meets(here, step)) return []
  }
  const end = target.steps.at(-1)
  // A list whose order changed comes as a whole: who wants one of its entries gets that.
  const whole = end?.keys.length === 0 && (path.steps[depth - 1]?.keys.length ?? 0) > 0 ? end.node : undefined
  if (depth >= path.steps.length && !whole) return [edit]
  const holder = whole && value !== undefined ? { [memberName(whole)]: value } : value
  const below = path.steps.slice(whole ? depth - 1 : depth)
  const part = isObject(holder) ? find(holder, { steps: below }) : undefined
  if (part === undefined) return operation === 'create' ? [] : [{ operation: 'delete', target: path }]
  const last = path.steps.at(-1) as PathStep
  if (last.node.kind !== 'list' || last.keys.length > 0 || !Array.isArray(part))
    return [{ operation, target: path, value: part }]
  return part.map((entry) => ({ operation, target: entryPath(path, last.node, entry), value: entry }))
}

/** One of them may be a list as a whole. */
function meets(a: PathStep, b: PathStep): boolean {
  if (a.node !== b.node) return false
  return a.keys.length === 0 || b.keys.length === 0 || a.keys.every((key, i) => key === b.keys[i])
}
