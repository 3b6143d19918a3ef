// Answers as bytes, in pieces: a table of any size is never in memory as text.
import { Readable } from 'node:stream'
import { wrapJson } from '../schema/json.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import { decodeSoftwire, recordSize } from '../schema/softwire-record.js'
import { writeText } from '../schema/text.js'
import type { Source } from '../schema/walk.js'
import { RESTCONF, withSoftwireDefaults, writeXml } from '../schema/xml.js'
import { writeXPath } from '../schema/xpath.js'
import type { Format } from './media-types.js'
import { placeOf } from './place.js'
import { isObject } from './tree.js'

/** RFC 8040 s3.3.1: what stands around the whole datastore. */
export const DATASTORE = 'ietf-restconf:data'

/** The body of an answer: text when it is small, a stream with back-pressure when it holds softwires. */
export function represent(schema: Schema, path: DataPath, source: Source, format: Format): string | Readable {
  const pieces = writers[format](schema, path, source)
  return source.softwires ? Readable.from(pieces, { objectMode: false }) : [...pieces].join('')
}

const writers: Record<Format, (schema: Schema, path: DataPath, source: Source) => Iterable<string>> = {
  json: (schema, path, source) => jsonPieces(schema, path, source, wrap),
  document: (schema, path, source) => jsonPieces(schema, path, source, wrapJson),
  xml: xmlPieces,
  elements: writeXml,
  text: writeText,
  xpath: writeXPath,
}

/** The datastore's elements have one around them, as a document must have (RFC 8040 s3.4). */
function* xmlPieces(schema: Schema, path: DataPath, source: Source): Iterable<string> {
  const datastore = path.steps.length === 0
  if (datastore) yield `<data xmlns="${RESTCONF}">`
  yield* writeXml(schema, path, source)
  if (datastore) yield '</data>'
}

/** Stands for the softwires in a tree made text. No YANG string holds this character (RFC 7950 s9.4). */
const MARK = '\u0000'

function* jsonPieces(schema: Schema, path: DataPath, source: Source, wrapped: typeof wrap): Iterable<string> {
  const { value, softwires, metadata } = source
  const marked = softwires ? insert(schema, path, value, [MARK]) : value
  const document = wrapped(path, marked)
  if (metadata !== undefined) for (const name of Object.keys(document)) document[`@${name}`] = metadata
  const [head = '', tail] = JSON.stringify(document).split(JSON.stringify(MARK))
  yield head
  if (tail === undefined) return
  let comma = ''
  for (const records of softwires ?? []) {
    yield comma + JSON.stringify(entries(records, source)).slice(1, -1)
    comma = ','
  }
  yield tail
}

function entries(records: Uint8Array, { defaults, shape = (softwire) => softwire }: Source): JsonObject[] {
  const all: JsonObject[] = []
  for (let offset = 0; offset < records.length; offset += recordSize) {
    const softwire = decodeSoftwire(records, offset)
    all.push(shape(defaults ? withSoftwireDefaults(softwire) : softwire))
  }
  return all
}

/** The value under the name that it has at the top of a document; the datastore's as RFC 8040 s3.4 has it. */
export function wrap(path: DataPath, value: JsonValue): JsonObject {
  return path.steps.length === 0 ? { [DATASTORE]: value } : wrapJson(path, value)
}

export function qualifiedName(node: SchemaNode): string {
  return `${node.module}:${node.name}`
}

/** The value of a node above the softwires' list, with a list in the place where it belongs. */
export function insert(schema: Schema, path: DataPath, value: JsonValue, list: JsonValue[]): JsonValue {
  if (placeOf(schema, path) === 'list') return list
  const between: SchemaNode[] = []
  const above = path.steps.at(-1)?.node ?? null
  for (let node: SchemaNode | null = schema.softwires; node && node !== above; node = node.parent)
    between.unshift(node)
  const place = (at: JsonValue | undefined, [next, ...further]: SchemaNode[]): JsonValue => {
    if (!next) return list
    const parent = isObject(at) ? at : {}
    return { ...parent, [memberName(next)]: place(parent[memberName(next)], further) }
  }
  return place(value, between)
}
