/** What goes into an RPC and comes out of it, in RESTCONF's envelopes (RFC 8040 s3.6.1, s3.6.2). */
import { error, LwaftrError } from '../errors.js'
import { parseJson } from './json.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { type DataPath, formatInstanceIdentifier } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { checkResource, isObject } from './shape.js'
import { convert } from './validate.js'
import { defaultOf } from './walk.js'
import { membersFromXml } from './xml-data.js'
import { parseXml } from './xml-elements.js'

/** The path of an RPC's `input` or `output`, which stand alone: /module:input. */
export function envelope(rpc: SchemaNode, which: 'input' | 'output'): DataPath {
  const node = rpc.children.get(`${rpc.module}:${which}`)
  if (node === undefined) throw new Error(`${rpc.name} has no ${which}`)
  return { steps: [{ node, keys: [] }] }
}

/**
 * Reads the input, which may be left out where nothing in it is mandatory. Answers it canonical and with defaults; what
 * is anydata is as it came. Throws LwaftrError, with paths from /module:input on.
 */
export function readInput(schema: Schema, rpc: SchemaNode, body: Buffer, format: 'json' | 'xml'): JsonObject {
  const path = envelope(rpc, 'input')
  const node = path.steps[0]?.node as SchemaNode
  const given =
    body.length === 0 ? {} : format === 'json' ? fromJson(path, body) : fromXml(schema, path, body)
  const input = checkResource(path, given, { complete: true }) as JsonObject
  const document = JSON.stringify({ [memberName(rpc)]: withoutAnydata(node, input) })
  try {
    convert(document, { from: 'json', to: 'json', operation: true })
  } catch (failure) {
    throw below(path, rpc, failure)
  }
  return withDefaults(node, input) as JsonObject
}

function fromJson(path: DataPath, body: Buffer): JsonValue {
  const name = formatInstanceIdentifier(path).slice(1)
  const document = parseJson(body)
  if (!isObject(document)) throw error('bad-request', { problem: 'the body is not a JSON object' })
  const other = Object.keys(document).find((member) => member !== name)
  if (other !== undefined)
    throw error('unknown-node', { name: other, parent: 'the body', hint: `; the body holds ${name} only` })
  if (document[name] === undefined) throw error('bad-request', { problem: `the body lacks ${name}` })
  return document[name]
}

function fromXml(schema: Schema, path: DataPath, body: Buffer): JsonValue {
  const [root] = parseXml(body)
  const module = schema.modules.get(path.steps[0]?.node.module ?? '')
  if (root?.name !== 'input' || root.namespace !== module?.namespace)
    throw error('bad-request', { problem: `the body is not an input element of ${module?.namespace}` })
  return membersFromXml(schema, root.children, path.steps)
}

/** The error with its path as clients know it. */
function below(path: DataPath, rpc: SchemaNode, failure: unknown): unknown {
  if (!(failure instanceof LwaftrError)) return failure
  const { code, message, appTag } = failure
  const own = `/${memberName(rpc)}`
  const rest = failure.path?.startsWith(own) ? failure.path.slice(own.length).replace(/^\/input\b/, '') : ''
  return new LwaftrError(code, message, { path: formatInstanceIdentifier(path) + rest, appTag })
}

function withoutAnydata(node: SchemaNode, value: JsonValue): JsonValue {
  if (node.kind === 'anydata') return {}
  return mapMembers(node, value, withoutAnydata)
}

/** Values that the model gives to leaves left out. */
function withDefaults(node: SchemaNode, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => withDefaults(node, entry))
  const filled = mapMembers(node, value, withDefaults)
  if (isObject(filled))
    for (const [name, child] of node.children)
      if (child.default !== undefined && !child.choice) filled[name] ??= defaultOf(child)
  return filled
}

function mapMembers(
  node: SchemaNode,
  value: JsonValue,
  change: (child: SchemaNode, member: JsonValue) => JsonValue,
): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => mapMembers(node, entry, change))
  if (!isObject(value) || node.kind === 'anydata') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      change(node.children.get(name) as SchemaNode, member as JsonValue),
    ]),
  )
}
