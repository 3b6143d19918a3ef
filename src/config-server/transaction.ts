// Every change of the configuration, from whatever door, goes this way:
//
//   validate → diff → prepare → persist → apply → publish
//
// Up to `persist` anything may fail, and then nothing has happened: datastore, data plane, revision and entity-tag are
// as they were. From then on nothing can. One transaction runs at a time; readers never wait for it.
import type { Change, DataPlane, Prepared } from '../dataplane/dataplane.js'
import { instanceSettings } from '../dataplane/settings.js'
import type { JsonObject } from '../schema/json-types.js'
import type { Schema } from '../schema/schema.js'
import { validateTree } from '../schema/validate.js'
import type { Datastore, Running } from './datastore.js'
import { applyEdits, type Edit } from './edit.js'
import { Lock } from './lock.js'
import type { Commit, CommitRecord, Publisher } from './publisher.js'
import { type CreateTable, type SoftwireChange, SoftwireOverlay } from './softwire-overlay.js'
import type { Saved, Store } from './store.js'
import { summarise } from './summary.js'
import { diffTrees, type TreeEdit } from './tree-diff.js'

export interface CommitRequest {
  readonly edits: readonly Edit[]
  readonly who: string
  readonly via: string
  /** Asked once it is this request's turn; throws to refuse. */
  readonly precondition?: (running: Running) => void
}

export interface Parts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly dataplane: DataPlane
  readonly store: Store
  readonly publisher: Publisher
  readonly createTable: CreateTable
}

interface Candidate {
  readonly tree: JsonObject
  readonly softwires: SoftwireChange | undefined
}

export interface Difference {
  readonly tree: readonly TreeEdit[]
  readonly softwires: SoftwireChange | undefined
  /** What of it the data plane has to know. */
  readonly dataplane: Change
}

export class Transactions {
  readonly #parts: Parts
  readonly #lock = new Lock()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Carries the edits out as one commit; null when they change nothing. Rejects with LwaftrError. */
  commit(request: CommitRequest): Promise<Commit | null> {
    return this.#lock.run(async () => {
      const { datastore, store } = this.#parts
      request.precondition?.(datastore.running)
      const candidate = this.#validate(request.edits)
      const difference = this.#diff(candidate)
      if (difference.tree.length === 0 && !difference.softwires) return null
      const commit = this.#number(request, difference)
      const prepared = await this.#parts.dataplane.prepare(difference.dataplane)
      await orAbort(prepared, () =>
        store.persist(commit, changedTree(candidate, difference), difference.softwires?.change),
      )
      await this.#apply(prepared, commit, candidate)
      this.#parts.publisher.publish(commit)
      return commit
    })
  }

  /** What the edits would change, after all that commit() does before it stores them; nothing is left of it. */
  attempt(request: CommitRequest): Promise<Difference> {
    return this.#lock.run(async () => {
      request.precondition?.(this.#parts.datastore.running)
      const difference = this.#diff(this.#validate(request.edits))
      await (await this.#parts.dataplane.prepare(difference.dataplane)).abort()
      return difference
    })
  }

  /** Takes up what the store holds from an earlier run: the same way, but for what is already done. */
  restore(saved: Saved): Promise<void> {
    return this.#lock.run(async () => {
      const everything = { operation: 'replace', target: { steps: [] }, value: saved.tree } as const
      const candidate = this.#validate([{ ...everything, softwires: saved.softwires }])
      const prepared = await this.#parts.dataplane.prepare(this.#diff(candidate).dataplane)
      await this.#apply(prepared, saved.commit, candidate)
    })
  }

  /** Resolves when no transaction is under way. */
  settled(): Promise<void> {
    return this.#lock.run(async () => {})
  }

  /** The configuration as the edits would have it: the tree by libyang, softwires one by one and among each other. */
  #validate(edits: readonly Edit[]): Candidate {
    const { schema, datastore, createTable } = this.#parts
    const overlay = new SoftwireOverlay(schema, datastore.table, createTable)
    try {
      const running = datastore.running.tree
      const edited = applyEdits(schema, running, overlay, edits)
      const tree = edited === running ? running : validateTree(schema, edited)
      return { tree, softwires: overlay.change() }
    } finally {
      overlay.close()
    }
  }

  #diff(candidate: Candidate): Difference {
    const { running } = this.#parts.datastore
    const tree = diffTrees(this.#parts.schema, running.tree, candidate.tree)
    const instances = instanceSettings(candidate.tree)
    const settled =
      running.revision > 0 && JSON.stringify(instances) === JSON.stringify(instanceSettings(running.tree))
    const dataplane = {
      ...(settled ? {} : { instances }),
      ...(candidate.softwires ? { softwires: candidate.softwires.change } : {}),
    }
    return { tree, softwires: candidate.softwires, dataplane }
  }

  #number({ who, via }: CommitRequest, { tree, softwires }: Difference): Commit {
    const revision = this.#parts.datastore.running.revision + 1
    return { revision, time: new Date(), who, via, summary: summarise(tree, softwires), tree, softwires }
  }

  #apply(prepared: Prepared, { revision, time }: CommitRecord, { tree }: Candidate): Promise<void> {
    return this.#parts.datastore.advance({ revision, time, tree }, () => prepared.apply())
  }
}

async function orAbort(prepared: Prepared, step: () => void): Promise<void> {
  try {
    step()
  } catch (problem) {
    await prepared.abort()
    throw problem
  }
}

function changedTree(candidate: Candidate, difference: Difference): JsonObject | undefined {
  return difference.tree.length > 0 ? candidate.tree : undefined
}
