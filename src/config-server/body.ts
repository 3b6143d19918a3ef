// The body of a request as the value of an edit.
import type { IncomingHttpHeaders } from 'node:http'
import { error } from '../errors.js'
import { parseJson, readJsonAt } from '../schema/json.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatInstanceIdentifier } from '../schema/paths.js'
import type { Schema, SchemaNode } from '../schema/schema.js'
import { checkResource, checkTree } from '../schema/shape.js'
import { SoftwireRecords } from '../schema/softwire-record.js'
import { loadText, readTextAt } from '../schema/text.js'
import { canonicalSoftwire, pushSoftwire } from '../schema/validate.js'
import { readXmlAt, readXmlDatastore, readXmlDocument } from '../schema/xml.js'
import { formatOf, messageFormatOf } from './media-types.js'
import { entryPath, placeOf } from './place.js'
import { DATASTORE, qualifiedName } from './representation.js'
import { splitSoftwires } from './softwire-split.js'
import { isObject } from './tree.js'

export interface Value {
  readonly value: JsonValue
  readonly softwires?: SoftwireRecords
}

/** The value that a PUT or PATCH gives its target. */
export function readValue(
  schema: Schema,
  target: DataPath,
  operation: 'merge' | 'replace',
  headers: IncomingHttpHeaders,
  body: Buffer,
): Value {
  refuseEmpty(body)
  switch (formatOf(headers)) {
    case 'json':
      return unwrap(schema, target, operation, readObject(body))
    case 'xml':
      return unwrap(schema, target, operation, readElement(schema, target, body))
    case 'document':
      return readJsonAt(schema, target, body)
    case 'elements':
      return readXmlAt(schema, target, body)
    case 'text':
      return target.steps.length === 0 ? readWholeText(schema, body) : readTextAt(schema, target, body)
  }
}

/** The document of a target: its own element. */
function readElement(schema: Schema, target: DataPath, body: Buffer): JsonObject {
  const above = target.steps.slice(0, -1)
  return target.steps.length === 0
    ? readXmlDatastore(schema, body)
    : readXmlDocument(schema, { steps: above }, body)
}

/** Validated here already, where errors still know their line. */
function readWholeText(schema: Schema, body: Buffer): Value {
  const { tree, softwires } = loadText(schema, body)
  return { value: tree, softwires }
}

/** The value of the target in a document that holds nothing else. */
export function unwrap(
  schema: Schema,
  target: DataPath,
  operation: 'merge' | 'replace',
  document: JsonValue,
): Value {
  if (!isObject(document)) throw error('bad-request', { problem: 'the value is not a JSON object' })
  const last = target.steps.at(-1)
  const value = member(document, last ? qualifiedName(last.node) : DATASTORE, target)
  const own = last && isListed(last.node) && last.keys.length > 0 ? single(value, target) : value
  return operation === 'merge' ? { value: checked(schema, target, own) } : complete(schema, target, own)
}

/** The new child that a POST gives its target, and where it will be. */
export function readChild(
  schema: Schema,
  parent: DataPath,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Value & { target: DataPath } {
  refuseEmpty(body)
  const format = messageFormatOf(headers)
  const document = format === 'json' ? readObject(body) : readXmlDocument(schema, parent, body)
  const children = parent.steps.at(-1)?.node.children ?? schema.roots
  const [name] = Object.keys(document)
  if (name === undefined) throw error('bad-request', { problem: 'the body is an empty object' })
  const node = [...children.values()].find((child) => qualifiedName(child) === name)
  if (!node) throw error('unknown-node', { name, parent: formatInstanceIdentifier(parent), hint: '' })
  const target = { steps: [...parent.steps, { node, keys: [] }] }
  const value = member(document, name, parent)
  if (!isListed(node)) return { target, ...complete(schema, target, value) }
  const entry = single(value, target)
  if (node.kind === 'leaf-list')
    return { target: { steps: [...parent.steps, { node, keys: [String(entry)] }] }, value: entry }
  // Any keys say that it is an entry; its own are canonical once it is checked.
  const anyKeys = { node, keys: node.keys.map(() => '') }
  const canonical = checked(schema, { steps: [...parent.steps, anyKeys] }, entry)
  return { target: entryPath(target, node, canonical), value: canonical }
}

/** Softwires that stand for themselves, unlike those to be merged, become records at once: there may be a million. */
function complete(schema: Schema, target: DataPath, value: JsonValue): Value {
  const place = placeOf(schema, target)
  if (place === 'entry') return { value: canonicalSoftwire(value) ?? checked(schema, target, value) }
  if (place !== 'above' && place !== 'list') return { value: checked(schema, target, value) }
  const split = splitSoftwires(schema, target, value)
  const softwires = new SoftwireRecords(split.softwires.length)
  for (const softwire of split.softwires) pushSoftwire(schema, softwires, softwire)
  return { value: checked(schema, target, split.rest), softwires }
}

/** Canonical, of known nodes and right types; whether it is complete shows where it will stand. */
function checked(schema: Schema, target: DataPath, value: JsonValue): JsonValue {
  const configOnly = { configOnly: true }
  const last = target.steps.at(-1)
  if (last?.node.kind === 'leaf-list' && last.keys.length > 0)
    return (checkResource(target, [value], configOnly) as JsonValue[])[0] as JsonValue
  return target.steps.length === 0
    ? checkTree(schema, value, configOnly)
    : checkResource(target, value, configOnly)
}

function refuseEmpty(body: Buffer): void {
  if (body.length === 0) throw error('bad-request', { problem: 'the body is missing' })
}

export function readObject(body: Buffer): JsonObject {
  const document = parseJson(body)
  if (!isObject(document)) throw error('bad-request', { problem: 'the body is not a JSON object' })
  return document
}

/** The one member that a body has. */
function member(document: JsonObject, name: string, at: DataPath): JsonValue {
  const names = Object.keys(document)
  const value = document[name]
  const other = names.find((candidate) => candidate !== name)
  if (other !== undefined)
    throw error('unknown-node', {
      name: other,
      parent: formatInstanceIdentifier(at),
      hint: `; the body holds ${name} only`,
    })
  if (value === undefined) throw error('bad-request', { problem: `the body lacks ${name}` })
  return value
}

/** A list entry travels in an array of its own (RFC 8040 s4.4.1). */
function single(value: JsonValue, at: DataPath): JsonValue {
  if (!Array.isArray(value) || value.length !== 1 || value[0] === undefined)
    throw error('bad-request', {
      problem: `the body must hold exactly one entry of ${formatInstanceIdentifier(at)}`,
    })
  return value[0]
}

function isListed(node: SchemaNode): boolean {
  return node.kind === 'list' || node.kind === 'leaf-list'
}
