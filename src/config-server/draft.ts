// What the commits of one round lead to, one after the other, before any of them has happened: each is validated
// against what the ones before it leave.
import type { Change } from '../dataplane/dataplane.js'
import { instanceSettings } from '../dataplane/settings.js'
import type { JsonObject } from '../schema/json-types.js'
import type { Schema } from '../schema/schema.js'
import { validateTree } from '../schema/validate.js'
import type { ConfigurationView, Datastore, Running } from './datastore.js'
import { applyEdits, type Edit } from './edit.js'
import { modifiedAt } from './last-changes.js'
import { LayeredTable } from './layered-table.js'
import { readPolicy } from './nacm/policy.js'
import type { Claim, Confirmed } from './pending-commit.js'
import type { Commit } from './publisher.js'
import { type CreateTable, type SoftwireChange, SoftwireOverlay } from './softwire-overlay.js'
import type { Entry } from './store.js'
import { summarise } from './summary.js'
import { diffTrees, type TreeEdit } from './tree-diff.js'

/** Makes a change that is known as a whole: puts softwires into the overlay and answers the tree. */
export type Rewrite = (softwires: SoftwireOverlay) => JsonObject

export interface CommitRequest {
  readonly edits: readonly Edit[] | Rewrite
  readonly who: string
  readonly via: string
  readonly comment?: string | undefined
  /** Makes it a confirmed commit. */
  readonly confirmed?: Confirmed | undefined
  /** The persist of the pending commit that this confirmed one follows. */
  readonly persistId?: string | undefined
  /** Takes the pending commit back; the claim was good when it was made. */
  readonly ends?: Claim
  /** Address of whoever asks, for the audit log. */
  readonly from?: string
  readonly permit: Permit
  /** Asked once it is this request's turn, with the configuration as it then is; throws to refuse. */
  readonly precondition?: (current: ConfigurationView) => void
}

/** Asked of what the edits would change, and of what it was; throws to refuse. Or the word that nothing is refused. */
export type Permit = ((difference: Difference, before: ConfigurationView) => void) | 'everything'

export interface Difference {
  readonly tree: readonly TreeEdit[]
  readonly softwires: SoftwireChange | undefined
}

interface Parts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly createTable: CreateTable
}

export class Draft implements ConfigurationView {
  readonly #parts: Parts
  readonly #table: LayeredTable
  /** Given instead of all softwires there are. */
  #replaced: Change['softwires']
  #running: Running
  readonly #commits: Commit[] = []
  readonly #entries: Entry[] = []

  constructor(parts: Parts) {
    this.#parts = parts
    this.#running = parts.datastore.running
    this.#table = new LayeredTable(parts.datastore.table)
  }

  get running(): Running {
    return this.#running
  }

  get table(): ConfigurationView['table'] {
    return this.#table
  }

  get id(): string {
    return this.#parts.datastore.id
  }

  get entityTag(): string {
    return this.#parts.datastore.entityTagOf(this.#running.revision)
  }

  get commits(): readonly Commit[] {
    return this.#commits
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** All of it as one change of the data plane. */
  get change(): Change {
    const before = this.#parts.datastore.running
    const { edits } = this.#table
    const softwires = this.#replaced ?? (edits.length > 0 ? { edits } : undefined)
    const instances = instancesToSet(before, this.#running.tree)
    return { ...(instances ? { instances } : {}), ...(softwires ? { softwires } : {}) }
  }

  /** Takes the request in; answers null, and changes nothing, when it comes to nothing. Throws LwaftrError. */
  add(request: CommitRequest): Commit | null {
    request.precondition?.(this)
    const { tree, softwires } = this.#validate(request.edits)
    const difference = { tree: diffTrees(this.#parts.schema, this.#running.tree, tree), softwires }
    if (request.permit !== 'everything') request.permit(difference, this)
    if (difference.tree.length === 0 && !softwires) return null
    const { who, via, from, comment } = request
    const time = new Date()
    const modified = modifiedAt(time, this.#running)
    const commit = {
      revision: this.#running.revision + 1,
      time,
      modified: modified === time ? undefined : modified,
      who,
      via,
      from,
      comment,
      summary: summarise(difference.tree, softwires),
      ...difference,
    }
    this.#take(commit, tree)
    return commit
  }

  /** The configuration as the edits would have it: the tree by libyang, softwires one by one and among each other. */
  #validate(edits: CommitRequest['edits']) {
    const { schema, createTable } = this.#parts
    const overlay = new SoftwireOverlay(schema, this.#table, createTable)
    try {
      const before = this.#running.tree
      const edited = typeof edits === 'function' ? edits(overlay) : applyEdits(schema, before, overlay, edits)
      const tree = edited === before ? before : validateTree(schema, edited)
      // Throws for rules that name nothing in the model.
      if (tree !== before) readPolicy(schema, tree)
      return { tree, softwires: overlay.change() }
    } finally {
      overlay.close()
    }
  }

  #take(commit: Commit, tree: JsonObject): void {
    const { revision, time, modified = time, softwires } = commit
    const treeChanged = commit.tree.length > 0
    this.#commits.push(commit)
    this.#entries.push({
      commit,
      tree: treeChanged ? tree : undefined,
      softwires: softwires?.change,
      undo: { tree: treeChanged ? this.#running.tree : undefined, softwires: softwires?.undo },
    })
    if (softwires && 'edits' in softwires.change) this.#table.edit(softwires.change.edits)
    else this.#replaced = softwires?.change
    // What comes to the same stays the same object: readers compare.
    this.#running = {
      revision,
      time,
      modified,
      tree: treeChanged ? tree : this.#running.tree,
      changes: this.#running.changes.after(commit),
    }
  }
}

/** The instances of the tree, unless they are those that are running. */
function instancesToSet({ revision, tree: before }: Running, tree: JsonObject): Change['instances'] {
  if (revision > 0 && tree === before) return undefined
  const instances = instanceSettings(tree)
  const same = revision > 0 && JSON.stringify(instances) === JSON.stringify(instanceSettings(before))
  return same ? undefined : instances
}
