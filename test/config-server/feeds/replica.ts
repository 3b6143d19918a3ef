// What a client has who believes a stream: entries by their path, changed by nothing but what he is told. It does not
// forgive: an entry created twice, or replaced or deleted while it is not there, is an error of the stream.
import type { JsonObject, JsonValue } from '../../../src/schema/json-types.js'

export interface WireEdit {
  readonly operation: string
  readonly target: string
  readonly value?: JsonValue
}

export interface WireUpdate {
  readonly revision: string
  readonly edits: readonly WireEdit[]
  readonly resync?: boolean
  readonly synced?: boolean
}

export class Replica {
  readonly entries = new Map<string, JsonValue>()
  revision = ''
  synced = false
  resyncs = 0

  take({ revision, edits, resync, synced }: WireUpdate): void {
    if (resync) {
      this.entries.clear()
      this.synced = false
      this.resyncs++
    }
    for (const edit of edits) this.#apply(edit)
    this.revision = revision
    this.synced ||= synced ?? false
  }

  /** The values in the order of their paths, without the name around each. */
  values(): JsonValue[] {
    return [...this.entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
  }

  #apply({ operation, target, value }: WireEdit): void {
    const there = this.entries.has(target)
    if (operation === 'create' ? there : !there)
      throw new Error(`${operation} of ${target}, which is ${there ? '' : 'not '}there`)
    if (operation === 'delete') this.entries.delete(target)
    else this.entries.set(target, inside(value))
  }
}

/** RFC 8072 has a resource under its name, an entry of a list in an array of its own. */
function inside(value: JsonValue | undefined): JsonValue {
  const [one] = Object.values(value as JsonObject)
  if (one === undefined) throw new Error('an edit without value')
  return Array.isArray(one) ? (one[0] as JsonValue) : one
}
