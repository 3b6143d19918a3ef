/** XML (RFC 7950): read by libyang, written by us so that it streams. */
import { error, LwaftrError } from '../errors.js'
import type { Configuration, Subtree } from './configuration.js'
import { readJson, readJsonAt } from './json.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { type DataPath, formatInstanceIdentifier } from './paths.js'
import type { Schema, SchemaNode } from './schema.js'
import { isObject } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { convert } from './validate.js'
import { valueToText } from './values.js'
import { chunks, type Source, type Visit, walk } from './walk.js'

/** Reads a whole configuration: the top-level elements. */
export function readXml(schema: Schema, source: Buffer, file?: string): Configuration {
  return readJson(schema, Buffer.from(toJson(source, undefined, file)), file)
}

/** Reads one resource: its own element. */
export function readXmlAt(schema: Schema, path: DataPath, source: Buffer, file?: string): Subtree {
  const parent = path.steps.slice(0, -1)
  const at = parent.length === 0 ? undefined : formatInstanceIdentifier({ steps: parent })
  return readJsonAt(schema, path, Buffer.from(toJson(source, at, file)), file)
}

function toJson(source: Buffer, parent: string | undefined, file: string | undefined): string {
  refuseEntities(source, file)
  const below = parent === undefined ? {} : { parent }
  try {
    return convert(source.toString(), {
      from: 'xml',
      to: 'json',
      configOnly: true,
      incomplete: true,
      ...below,
    })
  } catch (failure) {
    throw failure instanceof LwaftrError ? failure.at({ file }) : failure
  }
}

/** Entities could make a small document a large one, or a file's contents its value. */
export function refuseEntities(source: Buffer, file?: string): void {
  if (source.includes('<!DOCTYPE') || source.includes('<!ENTITY'))
    throw error('syntax', { problem: 'a document type or entity is not allowed' }, { file })
}

/** Writes the element of a resource, or the top-level elements of the datastore. */
export function writeXml(schema: Schema, path: DataPath, source: Source): Generator<string> {
  return chunks(pieces(schema, path, source))
}

function* pieces(schema: Schema, path: DataPath, source: Source): Generator<string> {
  const last = path.steps.at(-1)
  const ownElement = last?.node.kind === 'container' || (last?.node.kind === 'list' && last.keys.length > 0)
  // The first element names its module; those below it only where theirs is another.
  const top = last !== undefined && !ownElement ? null : last?.node
  const open = (node: SchemaNode, depth: number, attributes = '') =>
    `<${node.name}${depth === 0 || node.module !== node.parent?.module ? ` xmlns="${namespace(schema, node.module)}"` : ''}${attributes}>`
  let depth = 0
  if (ownElement && top) yield open(top, depth++)
  for (const visit of walk(schema, path, source)) {
    switch (visit.kind) {
      case 'open':
        yield open(visit.node, depth++)
        break
      case 'close':
        yield `</${visit.node.name}>`
        depth--
        break
      case 'leaf':
        yield `${open(visit.node, depth, attributes(schema, visit))}${escapeXml(valueToText(visit.value))}</${visit.node.name}>`
        break
      case 'softwires':
        for (let offset = 0; offset < visit.page.length; offset += recordSize) {
          const softwire = decodeSoftwire(visit.page, offset)
          const members = elements(source.defaults ? withSoftwireDefaults(softwire) : softwire)
          yield `${open(schema.softwires, depth)}${members}</softwire>`
        }
    }
  }
  if (ownElement && top) yield `</${top.name}>`
}

/** RFC 6243 s6. */
const TAG_ATTRIBUTE = ' xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0" wd:default="true"'

function namespace(schema: Schema, module: string): string {
  return escapeXml(schema.modules.get(module)?.namespace ?? '')
}

/** What a leaf's element needs beside its name; the prefix of an identity is its module's name, as in JSON. */
function attributes(schema: Schema, { node, value, tagged }: Extract<Visit, { kind: 'leaf' }>): string {
  const [, module] = /^(.*):/.exec(node.type?.base === 'identityref' ? String(value) : '') ?? []
  const prefix = module === undefined ? '' : ` xmlns:${module}="${namespace(schema, module)}"`
  return tagged ? prefix + TAG_ATTRIBUTE : prefix
}

/** Members of one module, by their names alone. */
function elements(object: JsonObject): string {
  return Object.entries(object)
    .map(([name, value]) => `<${name}>${isObject(value) ? elements(value) : valueToText(value)}</${name}>`)
    .join('')
}

/** A softwire with its defaulted leaves. */
export function withSoftwireDefaults(softwire: JsonObject): JsonObject {
  const { ipv4, psid, padding, ...rest } = softwire as Record<string, JsonValue>
  const portSet = { 'reserved-ports-bit-count': 0, ...(softwire['port-set'] as JsonObject) }
  return { ipv4: ipv4 ?? '', psid: psid ?? 0, padding: padding ?? 0, ...rest, 'port-set': portSet }
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"\r]/g, (char) => `&#${char.charCodeAt(0)};`)
}
