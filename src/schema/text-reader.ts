/** Reads configuration text into trees and records, by the schema. Errors carry file, line and column. */
import { LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { findChild } from './lookup.js'
import { readPlainSoftwires } from './native.js'
import { formatXPath, type PathStep, pathTo } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { checkComplete, isObject, keysIn } from './shape.js'
import { SoftwireRecords } from './softwire-record.js'
import { Lexer } from './text-lexer.js'
import { pushShaped } from './validate.js'
import { BadValue, describeType, problemOf, valueFromText } from './values.js'

/** Where the members of an object stand in the text: '' is the object itself. */
export type Places = WeakMap<JsonObject, Map<string, number>>

export class TextReader {
  readonly lexer: Lexer
  readonly softwires = new SoftwireRecords()
  /** Offsets of the softwires' statements, those together that were read together. */
  readonly #softwireOffsets: ArrayLike<number>[] = []
  readonly places: Places = new WeakMap()

  constructor(
    readonly schema: Schema,
    source: Buffer,
    file?: string,
  ) {
    this.lexer = new Lexer(source, file)
  }

  /** Statements up to the end of the text, or to the closing brace. `node` null: top-level statements. */
  block(node: SchemaNode | null, opened: number | null, into: JsonObject = {}): JsonObject {
    const { lexer } = this
    const places = this.places.get(into) ?? new Map([['', opened ?? lexer.at]])
    this.places.set(into, places)
    const entries: Entries = new Map()
    for (;;) {
      if (lexer.take('}')) {
        if (opened !== null) return into
        throw lexer.syntax(lexer.at - 1, 'this } closes nothing; remove it')
      }
      if (lexer.atEnd) {
        if (opened === null) return into
        throw lexer.syntax(opened, `the block of ${node?.name} is never closed; add }`)
      }
      this.#statement(node, into, places, entries)
    }
  }

  #statement(
    parent: SchemaNode | null,
    into: JsonObject,
    places: Map<string, number>,
    entries: Entries,
  ): void {
    const { lexer } = this
    lexer.skip()
    if (parent !== null && parent === this.schema.softwires.parent) {
      this.plainSoftwires()
      lexer.skip()
      if (lexer.atEnd || lexer.source[lexer.at] === 125) return
    }
    const start = lexer.at
    const node = this.#child(parent, lexer.name(), start)
    const name = memberName(node)
    if (!node.config) throw lexer.fail(start, 'read-only', { name: node.name }, pathOf(node))
    this.#checkChoice(node, into, start)
    const again = places.get(name)
    if (!places.has(name)) places.set(name, start)
    if (node === this.schema.softwires) this.#softwire(start)
    else if (node.kind === 'list') this.#entry(node, start, listIn(into, name), entries)
    else if (node.kind === 'leaf-list') listIn(into, name).push(this.#leaf(node))
    else if (again !== undefined && name in into)
      throw lexer.fail(
        start,
        'duplicate',
        { name: `${node.name} (first in line ${lexer.place(again).line})` },
        pathOf(node),
      )
    else if (node.kind === 'leaf') into[name] = this.#leaf(node)
    else into[name] = this.#braces(node, start)
  }

  #child(parent: SchemaNode | null, name: string, start: number): SchemaNode {
    // Early drafts of the passthru had `name` for `device`.
    if (parent?.name === 'passthru-interface' && name === 'name') name = 'device'
    const shown = parent === null ? 'the configuration' : pathOf(parent)
    try {
      return findChild(this.schema, parent, name, shown)
    } catch (failure) {
      throw failure instanceof LwaftrError
        ? failure.at({
            ...this.lexer.place(start),
            file: this.lexer.file,
            path: parent === null ? '/' : pathOf(parent),
          })
        : failure
    }
  }

  #checkChoice(node: SchemaNode, into: JsonObject, start: number): void {
    if (node.choice === undefined) return
    for (const other of node.parent?.children.values() ?? [])
      if (
        other.choice?.name === node.choice.name &&
        other.choice.case !== node.choice.case &&
        memberName(other) in into
      )
        throw this.lexer.fail(start, 'choice', { name: node.name, other: other.name }, pathOf(node))
  }

  /** A block after the name of a container or list. */
  #braces(node: SchemaNode, start: number, into?: JsonObject): JsonObject {
    const { lexer } = this
    if (!lexer.take('{')) {
      const keys = node.kind === 'list' ? '; keys stand inside the block' : ''
      throw lexer.syntax(lexer.at, `{ is expected after ${node.name}, not ${lexer.shown()}${keys}`)
    }
    return this.block(node, start, into)
  }

  #entry(node: SchemaNode, start: number, list: JsonValue[], entries: Entries): void {
    const entry = this.#braces(node, start)
    this.checkKeys(node, entry, start)
    const keys = keysIn(node, entry)
    const known = entries.get(node) ?? new Map<string, number>()
    entries.set(node, known)
    const first = known.get(JSON.stringify(keys))
    if (first !== undefined) {
      const name = `${node.name} ${keys.join(',')} (first in line ${this.lexer.place(first).line})`
      throw this.lexer.fail(start, 'duplicate', { name }, pathOf(node, keys))
    }
    known.set(JSON.stringify(keys), start)
    list.push(entry)
  }

  checkKeys(node: SchemaNode, entry: JsonObject, start: number): void {
    for (const key of node.keys)
      if (entry[key] === undefined)
        throw this.lexer.fail(start, 'missing-key', { list: node.name, key }, pathOf(node))
  }

  /** Takes the softwires that follow one another here, up to the first that the fast path leaves to us. */
  plainSoftwires(): void {
    const { records, offsets, end } = readPlainSoftwires(this.lexer.source, this.lexer.at)
    this.softwires.append(records)
    this.#softwireOffsets.push(offsets)
    this.lexer.at = end
  }

  /** A softwire that the fast path left to us. */
  #softwire(start: number): void {
    const softwire = this.#braces(this.schema.softwires, start)
    this.checkKeys(this.schema.softwires, softwire, start)
    this.addSoftwire(softwire, start)
  }

  /** Appends one, read from text, to the records if it is sound; else throws what is wrong with it. */
  addSoftwire(softwire: JsonObject, start: number): void {
    const { schema, softwires } = this
    try {
      checkComplete(
        schema.softwires,
        softwire,
        pathTo(schema.softwires, keysIn(schema.softwires, softwire)).steps,
      )
      pushShaped(schema, softwires, softwire)
    } catch (failure) {
      throw failure instanceof LwaftrError
        ? failure.at({ ...this.lexer.place(start), file: this.lexer.file })
        : failure
    }
    this.#softwireOffsets.push([start])
  }

  /** Where the statement of a softwire of `softwires` begins. */
  offsetOfSoftwire(index: number): number {
    for (const offsets of this.#softwireOffsets) {
      if (index < offsets.length) return offsets[index] as number
      index -= offsets.length
    }
    throw new RangeError('there is no such softwire')
  }

  /** Value and semicolon after the name of a leaf. */
  #leaf(node: SchemaNode): JsonValue {
    const value = this.leafValue(node)
    const { lexer } = this
    const end = lexer.at
    if (lexer.take(';')) return value
    const next = lexer.shown()
    throw next === '{'
      ? lexer.syntax(lexer.at, `${node.name} takes a value, not a block`)
      : lexer.syntax(end, `; is expected after ${node.name}, not ${next}`)
  }

  /** The value alone. */
  leafValue(node: SchemaNode): JsonValue {
    const { lexer } = this
    lexer.skip()
    const start = lexer.at
    const text = lexer.argument()
    if (node.type === undefined) throw new Error(`${node.name} has no type`)
    if (text === null && node.type.base !== 'empty')
      throw lexer.syntax(
        start,
        `${node.name} needs a value (${describeType(node.type)}), not ${lexer.shown()}`,
      )
    return this.value(node, text ?? '', start)
  }

  value(node: SchemaNode, text: string, start: number): JsonValue {
    if (node.type === undefined) throw new Error(`${node.name} has no type`)
    try {
      return valueFromText(node.type, text)
    } catch (reason) {
      if (!(reason instanceof BadValue)) throw reason
      throw this.lexer.fail(
        start,
        'bad-value',
        { name: node.name, problem: problemOf(node, reason) },
        pathOf(node),
      )
    }
  }
}

/** Entries seen, by list and keys: where. */
type Entries = Map<SchemaNode, Map<string, number>>

function listIn(object: JsonObject, name: string): JsonValue[] {
  const list = object[name]
  if (Array.isArray(list)) return list
  const made: JsonValue[] = []
  object[name] = made
  return made
}

/** The node's place in the model, for messages; keys of entries above it are not known while they are read. */
function pathOf(node: SchemaNode, keys: readonly string[] = []): string {
  return formatXPath(pathTo(node, keys))
}

/** Offset of what `path` names, or of the nearest thing above it. */
export function offsetOf(places: Places, tree: JsonObject, steps: readonly PathStep[]): number | undefined {
  let object: JsonObject = tree
  let found = places.get(object)?.get('')
  for (const { node, keys } of steps) {
    const name = memberName(node)
    found = places.get(object)?.get(name) ?? found
    const member = object[name]
    const next = Array.isArray(member)
      ? member.find((entry) => isObject(entry) && String(keysIn(node, entry)) === String(keys))
      : member
    if (!isObject(next)) break
    object = next
    found = places.get(object)?.get('') ?? found
  }
  return found
}
