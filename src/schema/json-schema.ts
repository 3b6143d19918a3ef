// The configuration as a JSON Schema (2020-12), for editors that complete and check JSON and YAML while one writes.
//
// It says what a JSON Schema can say: names, types, ranges, patterns, what must be there, what excludes what. It refuses
// nothing that the relay takes. Rules between values (must, when, unique keys, one port-set for an address) are the
// relay's: `lwaftr validate`.
import type { JsonObject, JsonValue } from './json-types.js'
import { type LeafType, memberName, type Schema, type SchemaNode } from './schema.js'
import { integerRanges, isJsonNumber, valueFromText } from './values.js'

export function jsonSchema({ roots }: Schema): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:lwaftr:configuration',
    title: 'Configuration of a lwaftr relay (JSON as in RFC 7951)',
    ...objectOf([...roots.values()]),
  }
}

function objectOf(nodes: readonly SchemaNode[]): JsonObject {
  const shown = nodes.filter(({ config, kind }) => config && kind !== 'rpc' && kind !== 'notification')
  const properties = Object.fromEntries(shown.map((node) => [memberName(node), schemaOf(node)]))
  const required = shown.filter(isRequired).map(memberName)
  const choices = choicesAmong(shown)
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...(choices.length > 0 ? { allOf: choices } : {}),
  }
}

function schemaOf(node: SchemaNode): JsonObject {
  return { ...aboutOf(node), ...shapeOf(node) }
}

function aboutOf({ description, units }: SchemaNode): JsonObject {
  const words = [description?.replaceAll(/\s+/g, ' '), units === undefined ? undefined : `(${units})`]
  const text = words.filter((word) => word !== undefined).join(' ')
  return text === '' ? {} : { description: text }
}

function shapeOf(node: SchemaNode): JsonObject {
  switch (node.kind) {
    case 'leaf':
      return { ...typeOf(node), ...defaultOf(node) }
    case 'leaf-list':
      return { type: 'array', items: typeOf(node), uniqueItems: true }
    case 'list':
      return { type: 'array', items: objectOf([...node.children.values()]) }
    case 'anydata':
      return { type: 'object' }
    default:
      return objectOf([...node.children.values()])
  }
}

function defaultOf({ type, default: text }: SchemaNode): JsonObject {
  return type === undefined || text === undefined ? {} : { default: valueFromText(type, text) }
}

/** A container that means nothing by itself is there as soon as its parent is, with what is mandatory in it. */
function isRequired(node: SchemaNode): boolean {
  if (node.choice !== undefined) return false
  if (node.kind === 'leaf') return node.mandatory || (node.parent?.keys.includes(node.name) ?? false)
  return node.kind === 'container' && !node.presence && [...node.children.values()].some(isNeeded)
}

function isNeeded(node: SchemaNode): boolean {
  return node.config && (isRequired(node) || node.choice?.mandatory === true)
}

/** Of each choice one case at most, and one at least where it is mandatory. */
function choicesAmong(nodes: readonly SchemaNode[]): JsonObject[] {
  const choices = new Map<string, Map<string, string[]>>()
  for (const node of nodes) {
    if (node.choice === undefined) continue
    const { name, case: which, mandatory } = node.choice
    const key = `${name} ${mandatory}`
    const cases = choices.get(key) ?? new Map<string, string[]>()
    choices.set(key, cases.set(which, [...(cases.get(which) ?? []), memberName(node)]))
  }
  return [...choices].flatMap(([key, cases]) => {
    const all = [...cases.values()]
    const present = all.map((names) => anyOf(names.map((name) => ({ required: [name] }))))
    const needed = key.endsWith(' true') ? [{ anyOf: present }] : []
    const excluded = present.flatMap((one, i) =>
      present.slice(i + 1).map((other) => ({ not: { allOf: [one, other] } })),
    )
    return [...needed, ...excluded]
  })
}

function typeOf(node: SchemaNode): JsonObject {
  if (node.type === undefined) return {}
  return ofType(node.type, node.module)
}

function ofType(type: LeafType, module: string): JsonObject {
  const { base, names } = type
  if (isJsonNumber(base))
    return anyOf(
      integerRanges(type).map(([least, most]) => ({
        type: 'integer',
        minimum: Number(least),
        maximum: Number(most),
      })),
    )
  switch (base) {
    case 'boolean':
      return { type: 'boolean' }
    case 'enumeration':
      return { enum: [...names] }
    case 'identityref': {
      // Without its module's name where that is the node's own (RFC 7951 s6.8).
      const bare = names
        .filter((name) => name.startsWith(`${module}:`))
        .map((name) => name.slice(module.length + 1))
      return { enum: [...names, ...bare] }
    }
    case 'empty':
      return { const: [null] }
    case 'int64':
    case 'uint64':
      return { type: 'string', pattern: '^-?[0-9]+$' }
    case 'decimal64':
      return { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]+)?$' }
    case 'union':
      return anyOf(type.members.map((member) => ofType(member, module)))
    case 'string':
      return ofString(type)
    default:
      return {}
  }
}

function ofString({ ranges, patterns }: LeafType): JsonObject {
  const lengths: JsonObject[] = ranges.map(([least, most]) => ({
    minLength: Number(least),
    // The longest that YANG can say is no bound.
    ...(BigInt(most) > 2n ** 53n ? {} : { maxLength: Number(most) }),
  }))
  const rules = patterns.map(({ regex, inverted }): JsonObject => {
    const rule = { pattern: regex.source }
    return inverted ? { not: rule } : rule
  })
  const all = [...(lengths.length > 0 ? [anyOf(lengths)] : []), ...rules]
  const [only] = all
  return all.length === 1
    ? { type: 'string', ...only }
    : { type: 'string', ...(all.length > 0 ? { allOf: all } : {}) }
}

function anyOf(schemas: readonly JsonObject[]): JsonObject {
  const [only] = schemas
  return schemas.length === 1 && only !== undefined ? only : { anyOf: [...schemas] as JsonValue[] }
}
