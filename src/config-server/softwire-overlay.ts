// The softwires as they would be after the edits of one transaction: the running table below, changes on top. The
// running table is only read.
import type { Change } from '../dataplane/dataplane.js'
import type { NativeBindingTable, RuleBreach } from '../dataplane/native.js'
import type { LwaftrError } from '../errors.js'
import { breachError } from '../schema/invariants.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { Schema } from '../schema/schema.js'
import { decodeSoftwire, recordSize, SoftwireRecords } from '../schema/softwire-record.js'
import { pushSoftwire } from '../schema/validate.js'
import type { SoftwireTable } from './layered-table.js'
import { changesBetween } from './softwire-diff.js'
import {
  isDelete,
  joined,
  keyAt,
  keyNumber,
  keyOfRecord,
  pages,
  softwireKey,
  withOperation,
} from './softwire-scan.js'

/** What a commit does to the softwires, and how many it touches. */
export interface SoftwireChange {
  readonly change: NonNullable<Change['softwires']>
  readonly created: number
  readonly replaced: number
  readonly deleted: number
  /** What leads back. Of edits: one for each, in their order, a put of what was there or a delete where nothing was. */
  readonly undo: NonNullable<Change['softwires']>
}

/** Makes an empty table in private memory, to try a whole replacement on. */
export type CreateTable = () => NativeBindingTable

export class SoftwireOverlay {
  readonly #schema: Schema
  readonly #running: SoftwireTable
  readonly #createTable: CreateTable
  /** Given instead of all that is running; not yet looked at. */
  #replacement: SoftwireRecords | null = null
  /** The same as a table, built when somebody asks what is in it. */
  #private: NativeBindingTable | null = null
  /** Records to put, or null to delete, by key; they lie on the replacement or else on the running table. */
  readonly #changes = new Map<number, Uint8Array | null>()

  constructor(schema: Schema, running: SoftwireTable, createTable: CreateTable) {
    this.#schema = schema
    this.#running = running
    this.#createTable = createTable
  }

  get(keys: readonly string[]): JsonObject | null {
    const record = this.#record(keyNumber(softwireKey(keys)))
    return record && decodeSoftwire(record)
  }

  /** True when there would be no softwires at all. */
  get empty(): boolean {
    let size = this.#below.size
    for (const [key, record] of this.#changes)
      size += Number(record !== null) - Number(recordIn(this.#below, key) !== null)
    return size === 0
  }

  /** Puts one entry, in place of the one with its keys. Throws LwaftrError when it is not a valid softwire. */
  put(value: JsonValue): void {
    const one = new SoftwireRecords(1)
    pushSoftwire(this.#schema, one, value)
    const record = one.at(0)
    this.#changes.set(keyOfRecord(record), record)
  }

  /** The same for a record that was valid once, or for its deletion. */
  edit(record: Uint8Array): void {
    this.#changes.set(keyOfRecord(record), isDelete(record) ? null : record)
  }

  delete(keys: readonly string[]): void {
    this.#changes.set(keyNumber(softwireKey(keys)), null)
  }

  /** Puts these in place of all there are. */
  replace(softwires: SoftwireRecords | readonly JsonValue[]): void {
    this.#changes.clear()
    this.#dropPrivate()
    if (softwires instanceof SoftwireRecords) this.#replacement = softwires
    else {
      this.#replacement = new SoftwireRecords()
      for (const value of softwires) pushSoftwire(this.#schema, this.#replacement, value)
    }
  }

  /** The least that leads from the running table to this one; undefined when they are the same. */
  change(): SoftwireChange | undefined {
    if (!this.#replacement) return this.#counted([...this.#changes].flatMap((change) => this.#edit(change)))
    // Nothing to compare with: the data plane checks the records as it builds the table.
    if (this.#running.size === 0 && this.#changes.size === 0) return this.#whole(this.#replacement)
    const table = this.#settled(this.#replaced(this.#replacement))
    const edits = changesBetween(this.#running, table, Math.max(1000, this.#running.size / 4))
    return edits ? this.#counted(edits) : this.#whole(SoftwireRecords.of(Buffer.concat([...pages(table)])))
  }

  close(): void {
    this.#dropPrivate()
  }

  /** The table under the changes. */
  get #below(): SoftwireTable {
    return this.#replacement ? this.#replaced(this.#replacement) : this.#running
  }

  #replaced(replacement: SoftwireRecords): NativeBindingTable {
    if (!this.#private) {
      this.#private = this.#createTable()
      const breach = this.#private.build(replacement.bytes)
      if (breach) throw breachError(this.#schema, breach, replacement.bytes)
    }
    return this.#private
  }

  #record(key: number): Uint8Array | null {
    const changed = this.#changes.get(key)
    return changed === undefined ? recordIn(this.#below, key) : changed
  }

  /** The edit record for one change, if it changes anything. */
  #edit([key, record]: [number, Uint8Array | null]): Uint8Array[] {
    const before = recordIn(this.#below, key)
    if (record === null) return before ? [withOperation(before, 'delete')] : []
    return before && Buffer.compare(before, record) === 0 ? [] : [withOperation(record, 'put')]
  }

  /** The private table with the changes made to it. */
  #settled(table: NativeBindingTable): NativeBindingTable {
    const edits = Buffer.concat([...this.#changes].flatMap((change) => this.#edit(change)))
    const breach = table.check(edits)
    if (breach) throw this.#breachError(breach, edits, table)
    table.prepare(edits)
    table.apply(edits)
    this.#changes.clear()
    return table
  }

  #counted(records: Uint8Array[]): SoftwireChange | undefined {
    if (records.length === 0) return undefined
    const edits = joined(records)
    const breach = this.#running.check(edits)
    if (breach) throw this.#breachError(breach, edits, this.#running)
    const undo = records.map((record) => {
      const before = recordIn(this.#running, keyOfRecord(record))
      return before ? withOperation(before, 'put') : withOperation(record, 'delete')
    })
    const deleted = records.filter(isDelete).length
    const created = undo.filter(isDelete).length
    return {
      change: { edits },
      created,
      replaced: records.length - created - deleted,
      deleted,
      undo: { edits: Buffer.concat(undo) },
    }
  }

  #whole(records: SoftwireRecords): SoftwireChange | undefined {
    if (records.count === 0 && this.#running.size === 0) return undefined
    return {
      change: { replace: records.bytes },
      created: records.count,
      replaced: 0,
      deleted: this.#running.size,
      undo: { replace: Buffer.concat([...pages(this.#running)]) },
    }
  }

  /** Names both softwires of a contradiction, also where one is in the table. */
  #breachError(breach: RuleBreach, edits: Uint8Array, table: SoftwireTable): LwaftrError {
    const { ipv4 } = keyAt(edits, breach.index * recordSize)
    return breachError(this.#schema, breach, edits, table.scan(ipv4, 0, 1))
  }

  #dropPrivate(): void {
    this.#private?.close()
    this.#private = null
  }
}

function recordIn(table: SoftwireTable, key: number): Uint8Array | null {
  return table.get(Math.floor(key / 65536), key % 65536)
}
