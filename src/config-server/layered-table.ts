// The binding table as it will be when the commits that wait for the disk are in force: the running one below, their
// edits on top.
import type { NativeBindingTable, RuleBreach } from '../dataplane/native.js'
import { isDelete, keyAt, keyNumber, keyOfRecord, recordsIn } from './softwire-scan.js'

/** What looking softwires up and checking edits need of a table. */
export type SoftwireTable = Pick<NativeBindingTable, 'size' | 'get' | 'check' | 'scan'>

export class LayeredTable implements SoftwireTable {
  readonly #below: NativeBindingTable
  /** The last edit of each softwire. */
  readonly #edits = new Map<number, Uint8Array>()
  #size: number

  constructor(below: NativeBindingTable) {
    this.#below = below
    this.#size = below.size
  }

  get size(): number {
    return this.#size
  }

  /** What leads from the table below to this one: edits, at most one of each softwire. */
  get edits(): Uint8Array {
    return Buffer.concat([...this.#edits.values()])
  }

  /** Lays edits on top that have passed check(). */
  edit(edits: Uint8Array): void {
    for (const edit of recordsIn(edits)) {
      const { ipv4, psid } = keyAt(edit, 0)
      this.#size += Number(!isDelete(edit)) - Number(this.get(ipv4, psid) !== null)
      this.#edits.set(keyOfRecord(edit), edit)
    }
  }

  get(ipv4: number, psid: number): Uint8Array | null {
    const edit = this.#edits.size > 0 ? this.#edits.get(keyNumber({ ipv4, psid })) : undefined
    if (edit === undefined) return this.#below.get(ipv4, psid)
    return isDelete(edit) ? null : edit
  }

  check(edits: Uint8Array): RuleBreach | null {
    if (this.#edits.size === 0) return this.#below.check(edits)
    const again = new Set([...recordsIn(edits)].map(keyOfRecord))
    const earlier = [...this.#edits].flatMap(([key, edit]) => (again.has(key) ? [] : [edit]))
    const breach = this.#below.check(Buffer.concat([...earlier, edits]))
    if (breach === null) return null
    // Earlier edits passed by themselves: whatever is wrong, one of these is in it. The other one is in this table.
    const [index, other] = [breach.index, breach.other ?? -1]
      .map((at) => at - earlier.length)
      .sort(descending)
    return { ...breach, index: index ?? 0, other: other !== undefined && other >= 0 ? other : null }
  }

  /** Of the running table, but where one softwire of an address is looked for that only has later ones. */
  scan(ipv4: number, psid: number, limit: number): Uint8Array {
    const later = [...this.#edits.values()].find((edit) => keyAt(edit, 0).ipv4 === ipv4 && !isDelete(edit))
    return limit === 1 && later ? later : this.#below.scan(ipv4, psid, limit)
  }
}

const descending = (a: number, b: number) => b - a
