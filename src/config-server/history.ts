// Earlier configurations, from the running one and what undoes each commit since: to go back to them, to compare
// them, and to tell what a reader missed who was away.
import type { JsonObject } from '../schema/json-types.js'
import type { Schema } from '../schema/schema.js'
import { SoftwireRecords } from '../schema/softwire-record.js'
import type { Datastore } from './datastore.js'
import { pairsBetween, type SoftwirePair, type SoftwirePairs } from './softwire-diff.js'
import type { CreateTable } from './softwire-overlay.js'
import { compareKeys, isDelete, keyAt, keyOfRecord, pages, recordsIn } from './softwire-scan.js'
import type { Store } from './store.js'

/** What leads back to an earlier configuration. */
export interface WayBack {
  /** All of it, as it was. */
  readonly tree: JsonObject
  /** What all softwires were at some time on the way, where the whole table was replaced; the edits lie on top. */
  readonly whole: SoftwireRecords | undefined
  /** Edit records, at most one of each softwire. */
  readonly edits: readonly Uint8Array[]
}

export interface Comparison {
  readonly before: JsonObject
  readonly after: JsonObject
  /** Of each softwire that differs, in order of the keys: its records then and later. */
  readonly softwires: SoftwirePairs
  /** Gives back what finding them takes. */
  close(): void
}

/** The history as somebody sees it: perhaps not all of it. */
export type ReadableHistory = Pick<History, keyof History>

interface Parts {
  readonly schema: Schema
  readonly datastore: Datastore
  readonly store: Store
  readonly createTable: CreateTable
}

export class History {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The oldest revision that there is a way back to. */
  get oldest(): number {
    return this.#parts.store.oldest ?? this.#parts.datastore.running.revision
  }

  /** Null when it is forgotten, or was never. */
  wayBack(revision: number): WayBack | null {
    const { running } = this.#parts.datastore
    if (!Number.isInteger(revision) || revision < 0 || revision > running.revision) return null
    let tree: JsonObject | undefined
    const edits = new Map<number, Uint8Array>()
    for (let later = revision + 1; later <= running.revision; later++) {
      const undo = this.#parts.store.undo(later)
      if (undo === null) return null
      // What the first commit behind the revision has found is what was there at the revision.
      tree ??= undo.tree
      if (undo.softwires && 'replace' in undo.softwires)
        return {
          tree: tree ?? this.#treeFrom(later + 1),
          whole: SoftwireRecords.of(undo.softwires.replace),
          edits: [...edits.values()],
        }
      for (const edit of undo.softwires ? recordsIn(undo.softwires.edits) : []) {
        const key = keyOfRecord(edit)
        if (!edits.has(key)) edits.set(key, edit)
      }
    }
    return { tree: tree ?? running.tree, whole: undefined, edits: [...edits.values()] }
  }

  /** Null when one of them is forgotten. */
  compare(from: number, to: number): Comparison | null {
    const before = this.wayBack(from)
    const after = this.wayBack(to)
    if (!before || !after) return null
    const trees = { before: before.tree, after: after.tree }
    if (!before.whole && !after.whole)
      return { ...trees, softwires: this.#compareEdits(before, after), close() {} }
    // Where one table was replaced as a whole, nothing less tells them apart than both built beside.
    const [old, fresh] = [this.#tableOf(before), this.#tableOf(after)]
    const close = () => {
      old.close()
      fresh.close()
    }
    return { ...trees, softwires: pairsBetween(old, fresh), close }
  }

  /** The tree before the commit `revision`, or before the first later one that changed it. */
  #treeFrom(revision: number): JsonObject {
    const { store, datastore } = this.#parts
    for (let later = revision; later <= datastore.running.revision; later++) {
      const tree = store.undo(later)?.tree
      if (tree) return tree
    }
    return datastore.running.tree
  }

  #compareEdits(before: WayBack, after: WayBack): SoftwirePair[] {
    const older = new Map(before.edits.map((edit) => [keyOfRecord(edit), edit]))
    const newer = new Map(after.edits.map((edit) => [keyOfRecord(edit), edit]))
    const pairs = [...new Map([...older, ...newer])].flatMap(([key, edit]): SoftwirePair[] => {
      const current = this.#current(edit)
      const at = (edits: Map<number, Uint8Array>) => {
        const then = edits.get(key)
        return then ? present(then) : current
      }
      const [old, fresh] = [at(older), at(newer)]
      return sameRecord(old, fresh) ? [] : [[old, fresh]]
    })
    return pairs.sort(byKey)
  }

  #tableOf({ whole, edits }: WayBack) {
    const table = this.#parts.createTable()
    table.build(whole?.bytes ?? Buffer.concat([...pages(this.#parts.datastore.table)]))
    const bytes = Buffer.concat(edits)
    table.prepare(bytes)
    table.apply(bytes)
    return table
  }

  #current(record: Uint8Array): Uint8Array | null {
    const { ipv4, psid } = keyAt(record, 0)
    return this.#parts.datastore.table.get(ipv4, psid)
  }
}

/** What an edit that undoes leaves there. */
function present(edit: Uint8Array): Uint8Array | null {
  return isDelete(edit) ? null : edit
}

function sameRecord(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one === null || other === null ? one === other : Buffer.compare(one, other) === 0
}

function byKey(one: SoftwirePair, other: SoftwirePair): number {
  const [a, b] = [one[0] ?? one[1], other[0] ?? other[1]]
  return a && b ? compareKeys(a, b) : 0
}
