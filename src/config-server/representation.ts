// Answers as bytes, in pieces: a table of any size is never in memory as text.
import { Readable } from 'node:stream'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../schema/schema.js'
import type { Format } from './media-types.js'
import { placeOf } from './place.js'
import type { Reading } from './reading.js'
import { isObject } from './tree.js'

/** RFC 8040 s3.3.1: what stands around the whole datastore. */
export const DATASTORE = 'ietf-restconf:data'

/** The body of an answer: text when it is small, a stream with back-pressure when it holds softwires. */
export function represent(
  schema: Schema,
  path: DataPath,
  reading: Reading,
  format: Format,
): string | Readable {
  const pieces = writers[format](schema, path, reading)
  return reading.softwires ? Readable.from(pieces, { objectMode: false }) : [...pieces].join('')
}

const writers: Record<Format, (schema: Schema, path: DataPath, reading: Reading) => Iterable<string>> = {
  json: jsonPieces,
  xml: jsonPieces,
  text: jsonPieces,
}

/** Stands for the softwires in a tree made text. No YANG string holds this character (RFC 7950 s9.4). */
const MARK = '\u0000'

function* jsonPieces(schema: Schema, path: DataPath, reading: Reading): Iterable<string> {
  const marked = reading.softwires ? insert(schema, path, reading.value, [MARK]) : reading.value
  const [head = '', tail] = JSON.stringify(wrap(path, marked)).split(JSON.stringify(MARK))
  if (tail === undefined) {
    yield head
    return
  }
  let before = head
  for (const entries of reading.softwires ?? []) {
    yield before + JSON.stringify(entries).slice(1, -1)
    before = ','
  }
  yield (before === ',' ? '' : head) + tail
}

/** The value under the name that it has at the top of a document (RFC 7951 s4, RFC 8040 s3.5). */
export function wrap(path: DataPath, value: JsonValue): JsonObject {
  const last = path.steps.at(-1)
  if (!last) return { [DATASTORE]: value }
  const entry = (last.node.kind === 'list' || last.node.kind === 'leaf-list') && last.keys.length > 0
  return { [qualifiedName(last.node)]: entry ? [value] : value }
}

export function qualifiedName(node: SchemaNode): string {
  return `${node.module}:${node.name}`
}

/** The value of a node above the softwires' list, with a list in the place where it belongs. */
function insert(schema: Schema, path: DataPath, value: JsonValue, list: JsonValue[]): JsonValue {
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
