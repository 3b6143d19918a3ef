// Where configuration in use comes from (RFC 8342 s5.3.4, RFC 8527 s3.2.2): somebody set it, or it is there by default.
// A node without the annotation has its parent's origin; state has none.
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type SchemaNode } from '../schema/schema.js'
import { metadataOf, TAG } from '../schema/walk.js'
import { withMetadata } from './entry-sequence.js'
import { find, isObject } from './tree.js'

type Origin = 'intended' | 'default'

function originOf(origin: Origin): JsonObject {
  return { 'ietf-origin:origin': `ietf-origin:${origin}` }
}

interface Originated {
  readonly value: JsonValue
  /** Of the value itself. */
  readonly origin: Origin
}

export interface OriginOptions {
  /** What the answer is; undefined: the datastore. */
  readonly node: SchemaNode | undefined
  /** Defaults keep the tags that they have. */
  readonly tags: boolean
  /** Containers that hold what is not in the value, and are not there by default then. */
  readonly held: ReadonlySet<SchemaNode>
}

/**
 * The value of a node that has these children, whose defaults are tagged, with the origin of what is below it where
 * that is another than its own.
 */
function withOrigins(
  children: ReadonlyMap<string, SchemaNode>,
  value: JsonValue,
  options: OriginOptions,
): Originated {
  if (Array.isArray(value)) {
    const entries = value.map((entry) => withOrigins(children, entry, options).value)
    return { value: entries, origin: 'intended' }
  }
  if (!isObject(value)) return { value, origin: 'intended' }
  const annotated: JsonObject = {}
  let set = false
  for (const [name, member] of Object.entries(value)) {
    if (name.startsWith('@') || member === undefined) continue
    const child = children.get(name)
    if (!child?.config) {
      annotated[name] = member
      continue
    }
    const tag = value[`@${name}`]
    if (tag !== undefined) {
      annotated[name] = member
      annotated[`@${name}`] = { ...originOf('default'), ...(options.tags ? TAG : {}) }
      continue
    }
    const inner = withOrigins(child.children, member, options)
    const byDefault = inner.origin === 'default' && child.kind === 'container' && isImplied(child, options)
    annotated[name] =
      byDefault && isObject(inner.value) ? withMetadata(inner.value, originOf('default')) : inner.value
    if (!byDefault) set = true
  }
  return { value: annotated, origin: set ? 'intended' : 'default' }
}

/** What is at a path below nodes with these children, with origins: its own, and of what is below it another one. */
export function findOriginated(
  children: ReadonlyMap<string, SchemaNode>,
  tree: JsonValue,
  path: DataPath,
  options: OriginOptions,
): Found | undefined {
  const whole = withOrigins(children, tree, options).value as JsonObject
  const value = find(whole, path)
  if (value === undefined) return undefined
  let own = originOf('intended')
  for (const [i, step] of path.steps.entries()) {
    const above = find(whole, { steps: path.steps.slice(0, i) })
    const metadata = metadataOf(find(whole, { steps: path.steps.slice(0, i + 1) }) ?? null)
    const beside = isObject(above) ? above[`@${memberName(step.node)}`] : undefined
    own = (isObject(beside) ? beside : metadata) ?? own
  }
  return target(children, options.node, value, own)
}

export interface Found {
  readonly value: JsonValue
  /** Annotations of a leaf, or of the values of a leaf-list. */
  readonly metadata: JsonValue | undefined
}

/** The target of a request has no parent in the answer to have its origin from; nor have the top-level nodes. */
function target(
  children: ReadonlyMap<string, SchemaNode>,
  node: SchemaNode | undefined,
  value: JsonValue,
  own: JsonObject,
): Found {
  if (!node && isObject(value)) {
    const roots = Object.entries(value).map(([name, root]) => {
      const config = children.get(name)?.config && isObject(root)
      return [name, config ? withMetadata(root, own) : root]
    })
    return { value: Object.fromEntries(roots) as JsonObject, metadata: undefined }
  }
  if (!node?.config) return { value, metadata: undefined }
  if (node.kind === 'leaf') return { value, metadata: own }
  if (node.kind === 'leaf-list') return { value, metadata: Array.isArray(value) ? value.map(() => own) : own }
  const marked = (one: JsonValue) => (isObject(one) ? withMetadata(one, own) : one)
  return { value: Array.isArray(value) ? value.map(marked) : marked(value), metadata: undefined }
}

function isImplied(container: SchemaNode, { held }: OriginOptions): boolean {
  return !container.presence && !held.has(container)
}
