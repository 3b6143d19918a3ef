/**
 * Paths to data, in the two syntaxes people use:
 *
 *   /softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]/b4-ipv6           XPath subset
 *   snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,7/b4-ipv6      api-path, RFC 8040 s3.5.3
 */
import { error } from '../errors.js'
import { childrenOf, findChild } from './lookup.js'
import { type PathSegment, splitPath } from './path-syntax.js'
import { memberName, type Schema, type SchemaNode } from './schema.js'
import { BadValue, valueFromText, valueToText } from './values.js'

/** One step of a path: a node, and for a list entry (or leaf-list value) its canonical keys in key order. */
export interface PathStep {
  readonly node: SchemaNode
  /** Empty for what has no keys, and for a list resource as a whole. */
  readonly keys: readonly string[]
}

/** A path to data; without steps it is the datastore itself. */
export interface DataPath {
  readonly steps: readonly PathStep[]
}

/** Reads either syntax; prefixes are optional. Throws LwaftrError naming the path, the segment and what was expected. */
export function parsePath(schema: Schema, text: string): DataPath {
  return resolve(schema, text, splitPath(text))
}

/** Reads an api-path strictly: percent-encoded, and with module names where RFC 8040 wants them. */
export function parseApiPath(schema: Schema, text: string, above: DataPath = { steps: [] }): DataPath {
  const segments = splitPath(text, 'api')
  const path = resolve(schema, text, segments, above)
  for (const [i, { name }] of segments.entries()) {
    const { node } = path.steps[above.steps.length + i] as PathStep
    // Both the node's module, where it must or may be named, and nothing else: no prefix.
    const right = name === `${node.module}:${node.name}` || name === memberName(node)
    if (!right)
      throw error(
        'bad-path',
        { path: text, problem: `write ${memberName(node)} instead of ${name}` },
        { path: text },
      )
  }
  return path
}

function resolve(
  schema: Schema,
  text: string,
  segments: readonly PathSegment[],
  above: DataPath = { steps: [] },
): DataPath {
  const steps: PathStep[] = [...above.steps]
  let parent: SchemaNode | null = above.steps.at(-1)?.node ?? null
  for (const [i, segment] of segments.entries()) {
    // Most names are found at once: how their parent would be called in a message costs more than that.
    const node: SchemaNode =
      childrenOf(schema, parent).get(segment.name) ??
      findChild(schema, parent, segment.name, parent ? formatXPath({ steps }) : 'the datastore', {
        path: text,
      })
    const keys = keysOf(text, segment, node)
    const listed = node.kind === 'list' || node.kind === 'leaf-list'
    if (listed && keys.length === 0 && i < segments.length - 1)
      throw error(
        'bad-path',
        { path: text, problem: `${segment.name} is a list; say which entry: ${example(node)}` },
        { path: text },
      )
    steps.push({ node, keys })
    parent = node
  }
  return { steps }
}

const example = (node: SchemaNode) =>
  `${node.name}${node.keys.map((key) => `[${key}=…]`).join('')} or ${node.name}=${node.keys.map(() => '…').join(',')}`

function keysOf(text: string, segment: PathSegment, node: SchemaNode): string[] {
  const { values, predicates, name } = segment
  const fail = (problem: string) => error('bad-path', { path: text, problem }, { path: text })
  if (values === undefined && predicates.length === 0) return []
  if (node.kind === 'leaf-list') {
    const value = values?.[0] ?? predicates.find(([key]) => key === '.')?.[1]
    if (value === undefined || (values ?? predicates).length !== 1)
      throw fail(`${name} is a leaf-list: give one value`)
    return [canonicalKey(text, node, value)]
  }
  if (node.kind !== 'list') throw fail(`${name} is a ${node.kind}, it takes no keys`)
  if (values !== undefined) {
    if (values.length !== node.keys.length)
      throw fail(`${name} has ${node.keys.length} keys (${node.keys.join(', ')}), not ${values.length}`)
    return node.keys.map((key, i) => canonicalKey(text, keyNode(node, key), values[i] as string))
  }
  const given = new Map<string, string>()
  for (const [key, value] of predicates) {
    const bare = key.slice(key.indexOf(':') + 1)
    if (!node.keys.includes(bare))
      throw fail(`${key} is no key of ${name}; its keys are ${node.keys.join(', ')}`)
    if (given.has(bare)) throw fail(`key ${bare} of ${name} is given twice`)
    given.set(bare, value)
  }
  return node.keys.map((key) => {
    const value = given.get(key)
    if (value === undefined) throw fail(`${name} lacks its key ${key}: ${example(node)}`)
    return canonicalKey(text, keyNode(node, key), value)
  })
}

function keyNode(list: SchemaNode, key: string): SchemaNode {
  const node = list.children.get(key)
  if (node === undefined) throw new Error(`the model's list ${list.name} has no leaf for its key ${key}`)
  return node
}

function canonicalKey(path: string, node: SchemaNode, text: string): string {
  if (node.type === undefined) throw new Error(`${node.name} has no type`)
  try {
    return valueToText(valueFromText(node.type, text))
  } catch (reason) {
    if (reason instanceof BadValue)
      throw error('bad-path', { path, problem: `${node.name}: ${reason.problem}` }, { path, value: text })
    throw reason
  }
}

/** The path of a node as the model has it, without the keys of lists above it; `keys` are its own. */
export function pathTo(node: SchemaNode, keys: readonly string[] = []): DataPath {
  const steps: PathStep[] = [{ node, keys }]
  for (let above = node.parent; above !== null; above = above.parent) steps.unshift({ node: above, keys: [] })
  return { steps }
}

/** `/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]`: for people. */
export function formatXPath(path: DataPath): string {
  return format(path, ({ name }) => name, plainOrQuoted)
}

/** `/snabb-softwire-v3:softwire-config/binding-table/softwire[ipv4='193.5.1.100'][psid='7']`: RFC 7951 s6.11. */
export function formatInstanceIdentifier(path: DataPath): string {
  return format(path, memberName, quoted)
}

function format(path: DataPath, name: (node: SchemaNode) => string, value: (text: string) => string): string {
  if (path.steps.length === 0) return '/'
  return path.steps
    .map(({ node, keys }) => {
      const names = node.kind === 'leaf-list' ? ['.'] : node.keys
      return `/${name(node)}${keys.map((key, i) => `[${names[i]}=${value(key)}]`).join('')}`
    })
    .join('')
}

const plainOrQuoted = (text: string) => (/^[^\s'"[\]]+$/.test(text) ? text : quoted(text))

/** XPath 1.0 has no escapes: the other kind of quote it is. For a value with both kinds a quote is doubled, as in XPath 2.0. */
function quoted(text: string): string {
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "''")}'`
}

/** `snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,7`: for URLs, percent-encoded. */
export function formatApiPath(path: DataPath): string {
  return path.steps
    .map(
      ({ node, keys }) =>
        `${memberName(node)}${keys.length === 0 ? '' : `=${keys.map(encodeKey).join(',')}`}`,
    )
    .join('/')
}

/** All reserved characters of RFC 3986 are encoded, except the colon, which a path segment may hold. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')
}
