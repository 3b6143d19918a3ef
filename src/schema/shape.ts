/**
 * Whether JSON (RFC 7951) has the shape that the schema asks for: known nodes, strict types, keys, no duplicates,
 * nothing mandatory missing. Answers canonical values; errors name the instance. What needs XPath is libyang's.
 */
import { error, type LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { type DataPath, formatInstanceIdentifier, type PathStep } from './paths.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { hint } from './suggest.js'
import { BadValue, problemOf, valueFromJson, valueToText } from './values.js'

export interface ShapeOptions {
  /** Refuse state data. */
  readonly configOnly?: boolean
  /** Refuse what lacks mandatory nodes; off for parts that are merged into what exists. */
  readonly complete?: boolean
}

type Steps = readonly PathStep[]

const show = (steps: Steps) => formatInstanceIdentifier({ steps })

/** Checks a whole tree (`{"module:node": …}`). */
export function checkTree(schema: Schema, tree: JsonValue, options: ShapeOptions = {}): JsonObject {
  const checked = checkMembers(schema.roots, tree, [], options)
  if (options.complete) for (const node of schema.roots.values()) checkCompleteMember(node, checked, [])
  return checked
}

/** Checks the value of the resource at `path`: what stands behind its name in JSON. For one list entry, its object. */
export function checkResource(path: DataPath, value: JsonValue, options: ShapeOptions = {}): JsonValue {
  const last = path.steps.at(-1)
  if (last === undefined) throw new Error('the datastore has no value of its own; use checkTree')
  const above = path.steps.slice(0, -1)
  if (last.node.kind === 'list' && last.keys.length > 0) {
    const entry = checkEntry(last.node, value, above, options)
    if (options.complete)
      checkComplete(last.node, entry, [...above, { node: last.node, keys: keysIn(last.node, entry) }])
    return entry
  }
  const checked = checkNode(last.node, value, above, options)
  if (options.complete) checkCompleteMember(last.node, { [memberName(last.node)]: checked }, above)
  return checked
}

function checkNode(node: SchemaNode, value: JsonValue, above: Steps, options: ShapeOptions): JsonValue {
  const steps = [...above, { node, keys: [] }]
  if (options.configOnly && !node.config) throw error('read-only', { name: node.name }, { path: show(steps) })
  switch (node.kind) {
    case 'leaf':
      return checkLeaf(node, value, steps)
    case 'leaf-list':
      return checkLeafList(node, value, steps)
    case 'list':
      return checkList(node, value, above, options)
    case 'anydata':
      // Whoever takes it knows by which schema to read what is in it.
      if (!isObject(value)) throw wrongKind(node, 'an object', steps)
      return value
    default:
      return checkMembers(node.children, value, steps, options)
  }
}

function checkLeaf(node: SchemaNode, value: JsonValue, steps: Steps): JsonValue {
  if (node.type === undefined) throw new Error(`${node.name} has no type`)
  try {
    return valueFromJson(node.type, value)
  } catch (reason) {
    if (reason instanceof BadValue)
      throw error(
        'bad-value',
        { name: node.name, problem: problemOf(node, reason) },
        { path: show(steps), value },
      )
    throw reason
  }
}

function checkLeafList(node: SchemaNode, value: JsonValue, steps: Steps): JsonValue {
  if (!Array.isArray(value)) throw wrongKind(node, 'an array', steps)
  const values = value.map((one) => checkLeaf(node, one, steps))
  const seen = new Set<string>()
  for (const one of values) {
    const text = valueToText(one)
    if (node.config && seen.has(text))
      throw error('duplicate', { name: `${node.name} ${text}` }, { path: show(steps) })
    seen.add(text)
  }
  return values
}

function checkList(node: SchemaNode, value: JsonValue, above: Steps, options: ShapeOptions): JsonValue {
  if (!Array.isArray(value)) throw wrongKind(node, 'an array', [...above, { node, keys: [] }])
  const seen = new Set<string>()
  return value.map((entry) => {
    const checked = checkEntry(node, entry, above, options)
    const keys = keysIn(node, checked)
    const id = JSON.stringify(keys)
    if (node.keys.length > 0 && seen.has(id))
      throw error(
        'duplicate',
        { name: `${node.name} ${keys.join(',')}` },
        { path: show([...above, { node, keys }]) },
      )
    seen.add(id)
    return checked
  })
}

function checkEntry(node: SchemaNode, value: JsonValue, above: Steps, options: ShapeOptions): JsonObject {
  if (options.configOnly && !node.config)
    throw error('read-only', { name: node.name }, { path: show([...above, { node, keys: [] }]) })
  if (!isObject(value)) throw wrongKind(node, 'an object', [...above, { node, keys: [] }])
  // The keys first, so that every later error can name the entry.
  const keys: string[] = []
  for (const key of node.keys) {
    const leaf = node.children.get(key)
    const given = value[key]
    if (leaf === undefined || given === undefined)
      throw error('missing-key', { list: node.name, key }, { path: show([...above, { node, keys: [] }]) })
    keys.push(valueToText(checkLeaf(leaf, given, [...above, { node, keys: [] }, { node: leaf, keys: [] }])))
  }
  const steps = [...above, { node, keys }]
  return checkMembers(node.children, value, steps, options)
}

function checkMembers(
  children: ReadonlyMap<string, SchemaNode>,
  value: JsonValue,
  steps: Steps,
  options: ShapeOptions,
): JsonObject {
  const parent = steps.at(-1)?.node
  if (!isObject(value)) {
    if (parent !== undefined) throw wrongKind(parent, 'an object', steps)
    throw error('bad-value', { name: 'the datastore', problem: 'in JSON give an object' })
  }
  const result: JsonObject = {}
  const cases = new Map<string, SchemaNode>()
  for (const [name, member] of Object.entries(value)) {
    const node = children.get(name)
    if (node === undefined) throw unknown(name, children, steps)
    checkChoice(node, cases, steps)
    result[name] = checkNode(node, member, steps, options)
  }
  return result
}

/** Alternatives of a choice exclude each other. */
function checkChoice(node: SchemaNode, cases: Map<string, SchemaNode>, steps: Steps): void {
  if (node.choice === undefined) return
  const other = cases.get(node.choice.name)
  if (other?.choice !== undefined && other.choice.case !== node.choice.case)
    throw error('choice', { name: node.name, other: other.name }, { path: show(steps) })
  cases.set(node.choice.name, node)
}

/** Throws for the first mandatory node that an instance of `node`, or anything below it, lacks. */
export function checkComplete(node: SchemaNode, object: JsonObject, steps: Steps): void {
  for (const child of node.children.values())
    if (child.config || !node.config) checkCompleteMember(child, object, steps)
}

function checkCompleteMember(node: SchemaNode, parent: JsonObject, above: Steps): void {
  const value = parent[memberName(node)]
  if (value === undefined && node.choice !== undefined) checkChoiceMade(node, parent, above)
  else if (node.kind === 'container') {
    // An absent container may lack something mandatory, too, unless its being there means something.
    if (value !== undefined || (!node.presence && above.length > 0))
      checkComplete(node, isObject(value) ? value : {}, [...above, { node, keys: [] }])
  } else if (value === undefined) {
    if (node.mandatory)
      throw error('missing-node', { name: node.name }, { path: show([...above, { node, keys: [] }]) })
  } else if (node.kind === 'list' && Array.isArray(value))
    for (const entry of value)
      if (isObject(entry)) checkComplete(node, entry, [...above, { node, keys: keysIn(node, entry) }])
}

function checkChoiceMade(child: SchemaNode, object: JsonObject, steps: Steps): void {
  if (!child.choice?.mandatory) return
  const { name } = child.choice
  const parent = steps.at(-1)?.node
  const alternatives = [...(parent?.children.values() ?? [])].filter((other) => other.choice?.name === name)
  if (alternatives.some((other) => object[memberName(other)] !== undefined)) return
  const names = alternatives.filter(({ config }) => config).map((other) => other.name)
  throw error('missing-choice', { names: names.join(', ') }, { path: show(steps) })
}

/** Canonical keys of a checked entry, in key order. */
export function keysIn(list: SchemaNode, entry: JsonObject): string[] {
  return list.keys.map((key) => valueToText(entry[key] ?? ''))
}

function unknown(name: string, children: ReadonlyMap<string, SchemaNode>, steps: Steps): LwaftrError {
  const parent = steps.length === 0 ? 'the datastore' : show(steps)
  return error('unknown-node', { name, parent, hint: hint(name, children.keys()) }, { path: show(steps) })
}

function wrongKind(node: SchemaNode, needed: string, steps: Steps): LwaftrError {
  const problem = `it is a ${node.kind}; in JSON give ${needed}`
  return error('bad-value', { name: node.name, problem }, { path: show(steps) })
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
