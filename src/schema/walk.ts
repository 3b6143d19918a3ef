/**
 * Walks data in the model's order and tells what it meets, so that each format only has to say how it writes that.
 * Softwires come as records, a page at a time: a million of them never are in memory as objects.
 */
import type { JsonObject, JsonValue } from './json-types.js'
import type { DataPath } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { isObject, keysIn } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { BadValue, valueFromText } from './values.js'

/** What is behind the name of one resource. */
export interface Source {
  /** The resource's value; for the datastore itself, the tree. */
  readonly value: JsonValue
  /** Softwires below it that are not in `value`, as records in any number of pieces. */
  readonly softwires?: Iterable<Uint8Array>
  /** Adds defaults that are not in `value`. */
  readonly defaults?: boolean
  /** Each softwire as it is to be shown, where that is not all of it. */
  readonly shape?: (softwire: JsonObject) => JsonObject
  /** Annotations (RFC 7952): of a leaf an object, of the values of a leaf-list an array. Others are in `value`, as `@`. */
  readonly metadata?: JsonValue | undefined
}

/** Annotates a leaf, as the member `@leaf` beside it (RFC 7952 s5.2.1): it holds a default (RFC 6243 s6). */
export const TAG: JsonObject = { 'ietf-netconf-with-defaults:default': true }

export type Visit =
  /** A container, or an entry with its keys. */
  | {
      readonly kind: 'open'
      readonly node: SchemaNode
      readonly keys: readonly string[]
      readonly metadata: JsonObject | undefined
    }
  | { readonly kind: 'close'; readonly node: SchemaNode }
  /** A leaf, or one value of a leaf-list. */
  | {
      readonly kind: 'leaf'
      readonly node: SchemaNode
      readonly value: JsonValue
      readonly metadata: JsonObject | undefined
    }
  /** Entries of the list of softwires. */
  | { readonly kind: 'softwires'; readonly page: Uint8Array }

/** Members of the resource at `path`: of a container or an entry what it holds, of a list its entries, of a leaf itself. */
export function* walk(schema: Schema, path: DataPath, source: Source): Generator<Visit> {
  const walker = new Walker(schema, source)
  const last = path.steps.at(-1)
  if (last === undefined) yield* walker.members(schema.roots, source.value)
  else if (isBlock(last)) yield* walker.members(last.node.children, source.value)
  else {
    yield* walker.member(last.node, source.value, source.metadata)
    if (last.node === schema.softwires) yield* walker.records()
  }
}

class Walker {
  readonly #softwires: Iterable<Uint8Array>
  readonly #defaults: boolean
  readonly #shape: Source['shape']
  /** Containers on the way to the softwires: there even where the tree has nothing in them. */
  readonly #above = new Set<SchemaNode>()

  constructor(
    readonly schema: Schema,
    source: Source,
  ) {
    this.#defaults = source.defaults ?? false
    this.#shape = source.shape
    const [any, softwires] = nonEmpty(source.softwires ?? [])
    this.#softwires = softwires
    if (!any) return
    for (let node = schema.softwires.parent; node !== null; node = node.parent) this.#above.add(node)
  }

  *members(children: ReadonlyMap<string, SchemaNode>, value: JsonValue): Generator<Visit> {
    const object = isObject(value) ? value : {}
    for (const [name, node] of children) {
      const member = object[name] ?? (this.#above.has(node) ? {} : undefined)
      if (node === this.schema.softwires) yield* this.records()
      if (member !== undefined) yield* this.member(node, member, object[`@${name}`])
      else if (this.#defaults && node.config) yield* this.#absent(node, object)
    }
  }

  *member(node: SchemaNode, value: JsonValue, metadata?: JsonValue): Generator<Visit> {
    const entry = node.kind === 'leaf-list' && !Array.isArray(value)
    if (node.kind === 'leaf' || entry) yield { kind: 'leaf', node, value, metadata: objectOf(metadata) }
    else if (node.kind === 'container') yield* this.#block(node, [], value)
    else if (Array.isArray(value))
      for (const [i, one] of value.entries())
        if (node.kind === 'leaf-list')
          yield {
            kind: 'leaf',
            node,
            value: one,
            metadata: objectOf(Array.isArray(metadata) ? metadata[i] : metadata),
          }
        else if (isObject(one)) yield* this.#block(node, keysIn(node, one), one)
  }

  *#block(node: SchemaNode, keys: readonly string[], value: JsonValue): Generator<Visit> {
    yield { kind: 'open', node, keys, metadata: metadataOf(value) }
    yield* this.members(node.children, value)
    yield { kind: 'close', node }
  }

  *records(): Generator<Visit> {
    for (const page of this.#softwires)
      if (this.#shape) yield* this.#shaped(page, this.#shape)
      else yield { kind: 'softwires', page }
  }

  *#shaped(page: Uint8Array, shape: (softwire: JsonObject) => JsonObject): Generator<Visit> {
    for (let offset = 0; offset < page.length; offset += recordSize)
      yield* this.member(this.schema.softwires, [shape(decodeSoftwire(page, offset))])
  }

  /** Defaults of what is not there. */
  *#absent(node: SchemaNode, siblings: JsonObject): Generator<Visit> {
    if (node.kind === 'leaf' && node.default !== undefined && !otherCaseGiven(node, siblings))
      yield { kind: 'leaf', node, value: defaultOf(node), metadata: undefined }
    if (node.kind !== 'container' || node.presence || !hasDefaults(node)) return
    yield* this.#block(node, [], {})
  }
}

/** Annotations of a container or an entry: they are among its members (RFC 7952 s5.2.2). */
export function metadataOf(value: JsonValue): JsonObject | undefined {
  return isObject(value) ? objectOf(value['@']) : undefined
}

function objectOf(metadata: JsonValue | undefined): JsonObject | undefined {
  return isObject(metadata) ? metadata : undefined
}

/** Whether there is any record, and all of them still. */
function nonEmpty(pages: Iterable<Uint8Array>): [boolean, Iterable<Uint8Array>] {
  const rest = pages[Symbol.iterator]()
  for (let next = rest.next(); !next.done; next = rest.next()) {
    const first = next.value
    if (first.length === 0) continue
    return [
      true,
      (function* () {
        yield first
        for (let more = rest.next(); !more.done; more = rest.next()) yield more.value
      })(),
    ]
  }
  return [false, []]
}

function hasDefaults(node: SchemaNode): boolean {
  return [...node.children.values()].some(
    (child) =>
      child.config &&
      (child.kind === 'leaf'
        ? child.default !== undefined
        : child.kind === 'container' && !child.presence && hasDefaults(child)),
  )
}

function otherCaseGiven(node: SchemaNode, siblings: JsonObject): boolean {
  const { choice } = node
  if (choice === undefined) return false
  return [...(node.parent?.children.values() ?? [])].some(
    (other) =>
      other.choice?.name === choice.name &&
      other.choice.case !== choice.case &&
      memberName(other) in siblings,
  )
}

/** The default as RFC 7951 has it. */
export function defaultOf(leaf: SchemaNode): JsonValue {
  if (leaf.type === undefined || leaf.default === undefined) throw new Error(`${leaf.name} has no default`)
  try {
    return valueFromText(leaf.type, leaf.default)
  } catch (reason) {
    throw reason instanceof BadValue
      ? new Error(`the model's default of ${leaf.name}: ${reason.problem}`)
      : reason
  }
}

/** Joins small pieces into chunks worth a system call each. */
export function* chunks(pieces: Iterable<string>, size = 64 * 1024): Generator<string> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length < size) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/** Whether a path that ends there is one thing with children: a container, a list's entry, a notification. */
export function isBlock({ node, keys }: DataPath['steps'][number]): boolean {
  return (
    node.kind === 'container' || node.kind === 'notification' || (node.kind === 'list' && keys.length > 0)
  )
}
