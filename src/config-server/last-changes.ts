// Which commit last changed what: the revision and time behind each resource's entity-tag and Last-Modified (RFC 8040
// s3.5.1, s3.5.2). Kept by walking each commit's edits: only what changed, and what is above it, gets the commit's
// revision. Of what did not change since the relay began, the first known commit counts, which is never too early.
import type { DataPath, PathStep } from '../schema/paths.js'
import { memberName } from '../schema/schema.js'
import type { Commit, CommitRecord } from './publisher.js'
import type { TreeEdit } from './tree-diff.js'

export interface Change {
  readonly revision: number
  /** Never earlier than that of a revision before: a commit's `modified`, where it has one. */
  readonly time: Date
}

/**
 * When a commit counts as made for those who compare dates. While the clock is behind an earlier commit's time, having
 * been set back, that is the second after it: it lies in the future, so nobody is told of it (showValidators()), and a
 * date that somebody had before never matches.
 */
export function modifiedAt(time: Date, last: { readonly time: Date; readonly modified: Date }): Date {
  if (time >= last.modified) return time
  return last.modified > last.time ? last.modified : secondAfter(last.modified)
}

/** HTTP dates have whole seconds. */
export function secondAfter(time: Date): Date {
  return new Date((Math.floor(time.getTime() / 1000) + 1) * 1000)
}

export function changeOf({ revision, time, modified = time }: CommitRecord): Change {
  return { revision, time: modified }
}

/** What is known of a node and of those below it. */
interface Known {
  /** Last change of the node, or of any below it. */
  readonly changed: Change
  /** Last change of the node as a whole, and so of all below it that have none of their own. */
  readonly whole: Change | undefined
  readonly below: ReadonlyMap<string, Known>
}

const NOTHING: Known['below'] = new Map()

/** Never changed itself: a configuration that is only a draft has its own. */
export class LastChanges {
  readonly #root: Known
  /** Of any softwire: of a single one no more is known. */
  readonly softwires: Change

  private constructor(root: Known, softwires: Change) {
    this.#root = root
    this.softwires = softwires
  }

  /** Of a configuration that came as a whole. */
  static since(first: Change): LastChanges {
    return new LastChanges({ changed: first, whole: first, below: NOTHING }, first)
  }

  after(commit: Commit): LastChanges {
    const { tree, softwires } = commit
    const change = changeOf(commit)
    const root = tree.reduce((known, edit) => marked(known, edit, edit.target.steps, change), this.#root)
    return new LastChanges(root, softwires ? change : this.softwires)
  }

  /** Of the node at the path and what is below it, but for softwires. */
  of({ steps }: DataPath): Change {
    let at = this.#root
    let whole = at.whole as Change
    for (const step of steps) {
      // A list that came as a whole, as one does whose order changed, brought this entry along.
      if (step.keys.length > 0) whole = later(whole, at.below.get(memberName(step.node))?.whole)
      const known = at.below.get(name(step))
      if (!known) return whole
      at = known
      whole = later(whole, known.whole)
    }
    return later(whole, at.changed)
  }
}

/** The node, with the change of what the steps lead to from it. */
function marked(
  known: Known,
  edit: TreeEdit,
  [step, ...further]: readonly PathStep[],
  change: Change,
): Known {
  if (!step) return { changed: change, whole: change, below: NOTHING }
  const below = new Map(known.below)
  const key = name(step)
  const unknown = { changed: change, whole: undefined, below: NOTHING }
  // The list as a resource is another one with each of its entries.
  const list = memberName(step.node)
  if (step.keys.length > 0) below.set(list, { ...(below.get(list) ?? unknown), changed: change })
  // An entry that is gone needs no memory: should it come again, it comes as a whole.
  if (further.length === 0 && edit.operation === 'delete' && step.keys.length > 0) below.delete(key)
  else below.set(key, marked(below.get(key) ?? unknown, edit, further, change))
  return { ...known, changed: change, below }
}

function name({ node, keys }: PathStep): string {
  return keys.length === 0 ? memberName(node) : `${memberName(node)}=${JSON.stringify(keys)}`
}

export function later(a: Change, b: Change | undefined): Change {
  return b && b.revision > a.revision ? b : a
}
