/** XML (RFC 7950) in and out; written so that it streams. */
import { error } from '../errors.js'
import type { Configuration, Subtree } from './configuration.js'
import { configurationOf, guarded, subtreeOf } from './json.js'
import type { JsonObject, JsonValue } from './json-types.js'
import type { DataPath } from './paths.js'
import type { Schema, SchemaNode } from './schema.js'
import { isObject } from './shape.js'
import { decodeSoftwire, recordSize } from './softwire-record.js'
import { valueToText } from './values.js'
import { chunks, isBlock, metadataOf, type Source, TAG, walk } from './walk.js'
import { foldSoftwires, membersFromXml } from './xml-data.js'
import { parseXml, type XmlElement } from './xml-elements.js'
import { namesIn, namesToXml } from './xml-names.js'

/** Namespace of RESTCONF's own elements (RFC 8040 s8). */
export const RESTCONF = 'urn:ietf:params:xml:ns:yang:ietf-restconf'

/** Namespace of YANG Patch (RFC 8072 s3). */
export const YANG_PATCH = 'urn:ietf:params:xml:ns:yang:ietf-yang-patch'

/** Reads a whole configuration: the top-level elements. */
export function readXml(schema: Schema, source: Buffer, file?: string): Configuration {
  const elements = parseXml(source, { file, fragment: true, fold: foldSoftwires(schema) })
  return guarded(file, () => configurationOf(schema, membersFromXml(schema, elements, []), file))
}

/** Reads one resource: its own element, or those of a list. */
export function readXmlAt(schema: Schema, path: DataPath, source: Buffer, file?: string): Subtree {
  if (path.steps.length === 0) {
    const { tree, softwires } = readXml(schema, source, file)
    return { value: tree, softwires }
  }
  const elements = parseXml(source, { file, fragment: true, fold: foldSoftwires(schema) })
  return guarded(file, () =>
    subtreeOf(schema, path, documentOf(schema, path.steps.slice(0, -1), elements), file),
  )
}

/** Reads a request's document: one element, of a child of what `above` leads to. */
export function readXmlDocument(schema: Schema, above: DataPath, source: Buffer): JsonObject {
  return documentOf(schema, above.steps, parseXml(source, { fold: foldSoftwires(schema) }))
}

/** Reads the document of the datastore as a whole (RFC 8040 s3.4), under its name in JSON. */
export function readXmlDatastore(schema: Schema, source: Buffer): JsonObject {
  const [root] = parseXml(source, { fold: foldSoftwires(schema) })
  if (root?.name !== 'data' || root.namespace !== RESTCONF) {
    const hint = `; send data, of namespace ${RESTCONF}`
    throw error('unknown-node', { name: root?.name ?? '', parent: 'the body', hint })
  }
  return { 'ietf-restconf:data': membersFromXml(schema, root.children, []) }
}

/** Elements as a JSON document: every name has its module (RFC 7951 s4). */
export function documentOf(
  schema: Schema,
  above: DataPath['steps'],
  elements: readonly XmlElement[],
): JsonObject {
  const module = above.at(-1)?.node.module
  const members = Object.entries(membersFromXml(schema, elements, above))
  return Object.fromEntries(
    members.map(([name, value]) => [name.includes(':') ? name : `${module}:${name}`, value]),
  )
}

/** Writes the element of a resource, or the top-level elements of the datastore. */
export function writeXml(schema: Schema, path: DataPath, source: Source): Generator<string> {
  return chunks(pieces(schema, path, source))
}

function* pieces(schema: Schema, path: DataPath, source: Source): Generator<string> {
  const last = path.steps.at(-1)
  const ownElement = last !== undefined && isBlock(last)
  // The first element names its module; those below it only where theirs is another.
  const top = last !== undefined && !ownElement ? null : last?.node
  const open = (node: SchemaNode, depth: number, attributes = '') =>
    `<${node.name}${depth === 0 || node.module !== node.parent?.module ? ` xmlns="${namespace(schema, node)}"` : ''}${attributes}>`
  const leaf = (node: SchemaNode, value: JsonValue, metadata: JsonObject | undefined) => {
    const names = node.type && namesIn(node.type)
    const { text, attributes } = names
      ? declared(schema, names, valueToText(value))
      : { text: valueToText(value), attributes: '' }
    return `${open(node, depth, attributes + annotations(schema, metadata))}${escapeXml(text)}</${node.name}>`
  }
  let depth = 0
  if (ownElement && top) yield open(top, depth++, annotations(schema, metadataOf(source.value)))
  for (const visit of walk(schema, path, source)) {
    switch (visit.kind) {
      case 'open':
        yield open(visit.node, depth++, annotations(schema, visit.metadata))
        break
      case 'close':
        yield `</${visit.node.name}>`
        depth--
        break
      case 'leaf':
        yield leaf(visit.node, visit.value, visit.metadata)
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

/** A value's text, and the attributes that declare the namespaces of the names in it. */
export function declared(schema: Schema, kind: Parameters<typeof namesToXml>[1], value: string) {
  const { text, namespaces } = namesToXml(schema, kind, value)
  const attributes = [...namespaces].map(([prefix, uri]) => ` xmlns:${prefix}="${escapeXml(uri)}"`).join('')
  return { text, attributes }
}

function namespace(schema: Schema, node: SchemaNode): string {
  return escapeXml(schema.modules.get(node.module)?.namespace ?? '')
}

/** Annotations (RFC 7952 s5.1). An identity among the values is of the annotation's own module, and so is its prefix. */
function annotations(schema: Schema, metadata: JsonObject | undefined): string {
  if (metadata === undefined) return ''
  const others = Object.entries(metadata).filter(([name]) => !(name in TAG))
  const modules = new Set(others.map(([name]) => name.split(':')[0] as string))
  const uris = [...modules].map(
    (name) => ` xmlns:${name}="${escapeXml(schema.modules.get(name)?.namespace ?? '')}"`,
  )
  const values = others.map(([name, value]) => ` ${name}="${escapeXml(valueToText(value))}"`)
  return [...uris, ...values, others.length < Object.keys(metadata).length ? TAG_ATTRIBUTE : ''].join('')
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
