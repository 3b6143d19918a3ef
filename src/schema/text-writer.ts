/** Writes configuration and state as text, chunk by chunk: a million softwires never are in memory at once. */
import type { JsonObject, JsonValue } from './json-types.js'
import type { DataPath } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { isObject } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { valueToText } from './values.js'

/** Characters in a chunk, about. */
const chunkSize = 64 * 1024

/** What is behind the name of one resource. */
export interface Source {
  /** The resource's value; for the datastore itself, the tree. */
  readonly value: JsonValue
  /** Softwires below it that are not in `value`, as records in any number of pieces. */
  readonly softwires?: Iterable<Uint8Array>
  /** Adds defaults that are not in `value`. */
  readonly defaults?: boolean
}

/** Writes what readTextAt(path) reads: a leaf's value, the contents of a container or entry, the entries of a list. */
export function* writeText(schema: Schema, path: DataPath, source: Source): Generator<string> {
  const writer = new Writer(schema, source)
  const last = path.steps.at(-1)
  if (last === undefined) yield* joined(writer.members(schema.roots, source.value as JsonObject, ''))
  else if (last.node.kind === 'leaf') yield `${quoteText(valueToText(source.value))}\n`
  else if (last.node.kind === 'container' || last.keys.length > 0)
    yield* joined(writer.members(last.node.children, source.value as JsonObject, ''))
  else yield* joined(writer.member(last.node, source.value, ''))
}

function* joined(lines: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < chunkSize) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/** A word stays bare where it can; YANG's escapes within double quotes otherwise. */
export function quoteText(text: string): string {
  if (/^[^\s;{}"'+\\][^\s;{}"']*$/.test(text) && !/\/[/*]/.test(text)) return text
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
  return `"${escaped}"`
}

class Writer {
  readonly #softwires: Iterable<Uint8Array> | undefined
  readonly #defaults: boolean
  /** Containers on the way to the softwires: written even where the tree has nothing in them. */
  readonly #above = new Set<SchemaNode>()

  constructor(
    readonly schema: Schema,
    source: Source,
  ) {
    this.#defaults = source.defaults ?? false
    if (source.softwires === undefined) return
    const records = source.softwires[Symbol.iterator]()
    let first = records.next()
    while (!first.done && first.value.length === 0) first = records.next()
    if (first.done) return
    const begun = first.value
    this.#softwires = (function* () {
      yield begun
      for (let next = records.next(); !next.done; next = records.next()) yield next.value
    })()
    for (let node: SchemaNode | null = schema.softwires; node !== null; node = node.parent)
      this.#above.add(node)
  }

  /** Members in the model's order. */
  *members(children: ReadonlyMap<string, SchemaNode>, object: JsonObject, indent: string): Generator<string> {
    for (const [name, node] of children) {
      const value = object[name] ?? (this.#above.has(node) && node !== this.schema.softwires ? {} : undefined)
      if (value !== undefined) yield* this.member(node, value, indent)
      else if (node === this.schema.softwires) yield* this.#records(indent)
      else if (this.#defaults) yield* this.#absent(node, object, indent)
    }
  }

  *member(node: SchemaNode, value: JsonValue, indent: string): Generator<string> {
    // At the top there is but one module's data; the prefix would be noise.
    const name = node.parent === null ? node.name : memberName(node)
    if (node === this.schema.softwires) yield* this.#records(indent)
    if (node.kind === 'list')
      for (const entry of Array.isArray(value) ? value : [value])
        yield* this.#block(name, node, entry as JsonObject, indent)
    else if (node.kind === 'leaf-list')
      for (const one of value as JsonValue[]) yield `${indent}${name}${argument(one)};\n`
    else if (node.kind === 'leaf') yield `${indent}${name}${argument(value)};\n`
    else if (isObject(value)) yield* this.#block(name, node, value, indent)
  }

  *#block(name: string, node: SchemaNode, object: JsonObject, indent: string): Generator<string> {
    yield `${indent}${name} {\n`
    yield* this.members(node.children, object, `${indent}  `)
    yield `${indent}}\n`
  }

  *#records(indent: string): Generator<string> {
    for (const page of this.#softwires ?? [])
      for (let offset = 0; offset < page.length; offset += recordSize)
        yield softwireText(page, offset, indent, this.#defaults)
  }

  /** Defaults of what is not there. */
  *#absent(node: SchemaNode, siblings: JsonObject, indent: string): Generator<string> {
    if (!node.config) return
    if (node.kind === 'leaf' && node.default !== undefined && !otherCaseGiven(node, siblings))
      yield `${indent}${memberName(node)} ${quoteText(node.default)};\n`
    if (node.kind !== 'container' || node.presence) return
    const inside = [...this.members(node.children, {}, `${indent}  `)]
    if (inside.length > 0) yield `${indent}${memberName(node)} {\n${inside.join('')}${indent}}\n`
  }
}

/** What #block would write for a record, at a tenth of the price. */
function softwireText(page: Uint8Array, offset: number, indent: string, defaults: boolean): string {
  const softwire = decodeSoftwire(page, offset)
  const portSet = softwire['port-set'] as JsonObject
  const padding = softwire.padding ?? (defaults ? 0 : undefined)
  const reserved = portSet['reserved-ports-bit-count'] ?? (defaults ? 0 : undefined)
  return (
    `${indent}softwire {\n` +
    `${indent}  ipv4 ${softwire.ipv4};\n` +
    `${indent}  psid ${softwire.psid};\n` +
    (padding === undefined ? '' : `${indent}  padding ${padding};\n`) +
    `${indent}  br-address ${softwire['br-address']};\n` +
    `${indent}  b4-ipv6 ${softwire['b4-ipv6']};\n` +
    `${indent}  port-set {\n` +
    `${indent}    psid-length ${portSet['psid-length']};\n` +
    (reserved === undefined ? '' : `${indent}    reserved-ports-bit-count ${reserved};\n`) +
    `${indent}  }\n${indent}}\n`
  )
}

function otherCaseGiven(node: SchemaNode, siblings: JsonObject): boolean {
  if (node.choice === undefined) return false
  return [...(node.parent?.children.values() ?? [])].some(
    (other) =>
      other.choice?.name === node.choice?.name &&
      other.choice?.case !== node.choice?.case &&
      siblings[memberName(other)] !== undefined,
  )
}

/** Behind a name: a blank and the value; nothing for the type empty. */
function argument(value: JsonValue): string {
  return Array.isArray(value) ? '' : ` ${quoteText(valueToText(value))}`
}
