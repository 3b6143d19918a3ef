/** Elements of YANG data (RFC 7950) as the JSON of RFC 7951, by the schema: names, lists, and values of the right types. */
import { error } from '../errors.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { childrenOf } from './lookup.js'
import { formatInstanceIdentifier, type PathStep, pathTo } from './paths.js'
import type { Schema, SchemaNode } from './schema.js'
import { keysIn } from './shape.js'
import { hint } from './suggest.js'
import { BadValue, isJsonNumber, valueFromText } from './values.js'
import type { XmlElement } from './xml-elements.js'
import { namesFromXml, namesIn } from './xml-names.js'

type Steps = readonly PathStep[]

/** The members that elements below what `above` leads to stand for. Throws LwaftrError that names the instance. */
export function membersFromXml(schema: Schema, elements: readonly XmlElement[], above: Steps): JsonObject {
  const parent = above.at(-1)?.node ?? null
  const members: JsonObject = {}
  for (const element of elements) {
    const [name, node] = childFor(schema, parent, element, above)
    if (node.kind === 'list' || node.kind === 'leaf-list') {
      const others = members[name]
      const value =
        node.kind === 'list' ? entry(schema, node, element, above) : leaf(schema, node, element, above)
      if (Array.isArray(others)) others.push(value)
      else members[name] = [value]
      continue
    }
    const steps = [...above, { node, keys: [] }]
    if (members[name] !== undefined) throw error('duplicate', { name: node.name }, place(element, steps))
    members[name] =
      node.kind === 'leaf'
        ? leaf(schema, node, element, above)
        : // Of any data only the top-level nodes of the model are known.
          node.kind === 'anydata'
          ? membersFromXml(schema, element.children, [])
          : membersFromXml(schema, structure(element, steps), steps)
  }
  return members
}

/** Makes softwires objects as they end, whose elements would need ten times the memory. For parseXml. */
export function foldSoftwires(schema: Schema): (element: XmlElement) => JsonValue | undefined {
  const node = schema.softwires
  const namespace = schema.modules.get(node.module)?.namespace
  const { steps } = pathTo(node)
  return (element) =>
    element.name === node.name && element.namespace === namespace
      ? membersOfEntry(schema, node, element, steps.slice(0, -1))
      : undefined
}

function entry(schema: Schema, node: SchemaNode, element: XmlElement, above: Steps): JsonValue {
  return element.value ?? membersOfEntry(schema, node, element, above)
}

function membersOfEntry(schema: Schema, node: SchemaNode, element: XmlElement, above: Steps): JsonObject {
  const list = [...above, { node, keys: [] }]
  const children = structure(element, list)
  // The keys first, so that errors in the others can name the entry.
  const isKey = ({ name, namespace }: XmlElement) =>
    namespace === element.namespace && node.keys.includes(name)
  const keys = membersFromXml(schema, children.filter(isKey), list)
  const known = [...above, { node, keys: keysIn(node, keys) }]
  return {
    ...keys,
    ...membersFromXml(
      schema,
      children.filter((child) => !isKey(child)),
      known,
    ),
  }
}

function leaf(schema: Schema, node: SchemaNode, element: XmlElement, above: Steps): JsonValue {
  const steps = [...above, { node, keys: [] }]
  if (element.children.length > 0)
    throw error(
      'bad-value',
      { name: node.name, problem: `it is a ${node.kind}; it holds no elements` },
      place(element, steps),
    )
  if (node.type === undefined) throw new Error(`${node.name} has no type`)
  const { base } = node.type
  const names = namesIn(node.type)
  // Blanks around numbers mean nothing, and there are no others than decimal ones (RFC 7950 s9.2.1).
  const isNumber = isJsonNumber(base) || base.endsWith('int64')
  const text = isNumber ? element.text.trim() : element.text
  try {
    if (isNumber && /x/i.test(text)) throw new BadValue(`${JSON.stringify(text)} is not a decimal number`)
    return valueFromText(node.type, names ? namesFromXml(schema, names, element, text) : text)
  } catch (reason) {
    if (reason instanceof BadValue)
      throw error(
        'bad-value',
        { name: node.name, problem: reason.problem },
        { ...place(element, steps), value: text },
      )
    throw reason
  }
}

/** The children of what holds nothing but elements. */
function structure(element: XmlElement, steps: Steps): readonly XmlElement[] {
  if (element.text.trim() === '') return element.children
  throw error(
    'bad-value',
    { name: element.name, problem: 'it holds elements, not text' },
    place(element, steps),
  )
}

function childFor(
  schema: Schema,
  parent: SchemaNode | null,
  element: XmlElement,
  above: Steps,
): readonly [string, SchemaNode] {
  const children = byElement(schema, childrenOf(schema, parent))
  const found = children.get(`${element.namespace} ${element.name}`)
  if (found) return found
  const { name, namespace } = element
  const at = place(element, above)
  if (![...schema.modules.values()].some((module) => module.namespace === namespace))
    throw error('unknown-module', { name: namespace || '(no namespace)', hint: '' }, at)
  const names = [...childrenOf(schema, parent).values()].map((child) => child.name)
  const shown = above.length === 0 ? 'the datastore' : formatInstanceIdentifier({ steps: above })
  throw error('unknown-node', { name, parent: shown, hint: hint(name, names) }, at)
}

type Children = ReadonlyMap<string, SchemaNode>
type ByElement = ReadonlyMap<string, readonly [string, SchemaNode]>

const known = new WeakMap<Children, ByElement>()

/** Children by namespace and name, with the names that they have in JSON. */
function byElement(schema: Schema, children: Children): ByElement {
  const found = known.get(children)
  if (found) return found
  const made = new Map<string, readonly [string, SchemaNode]>()
  for (const [name, node] of children)
    made.set(`${schema.modules.get(node.module)?.namespace} ${node.name}`, [name, node])
  known.set(children, made)
  return made
}

function place({ line }: XmlElement, steps: Steps) {
  return { line, ...(steps.length === 0 ? {} : { path: formatInstanceIdentifier({ steps }) }) }
}
