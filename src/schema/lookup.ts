/** From a name that somebody wrote to the schema node: prefixes may be a module's name, its prefix, or absent. */
import { error } from '../errors.js'
import type { Schema, SchemaNode } from './schema.js'
import { hint } from './suggest.js'

/** Children of a node, or the top-level data nodes. */
export function childrenOf(schema: Schema, parent: SchemaNode | null): ReadonlyMap<string, SchemaNode> {
  return parent === null ? schema.roots : parent.children
}

/** Bare names in order, for messages; module:name only where two modules use the same name. */
function names(nodes: Iterable<SchemaNode>): string[] {
  return [...nodes].map(({ name }) => name)
}

/**
 * The child that `name` (`name` or `prefix:name`) means below `parent`. Throws LwaftrError with the nearest name.
 * `shownParent` is how the parent is called in messages.
 */
export function findChild(
  schema: Schema,
  parent: SchemaNode | null,
  name: string,
  shownParent: string,
  place: { path?: string; line?: number; column?: number; file?: string } = {},
): SchemaNode {
  const children = childrenOf(schema, parent)
  const exact = children.get(name)
  if (exact !== undefined) return exact
  const colon = name.indexOf(':')
  const bare = name.slice(colon + 1)
  let module: string | undefined
  if (colon >= 0) {
    const prefix = name.slice(0, colon)
    module = [...schema.modules.values()].find(
      (known) => known.name === prefix || known.prefix === prefix,
    )?.name
    if (module === undefined)
      throw error('unknown-module', { name: prefix, hint: hint(prefix, schema.modules.keys()) }, place)
  }
  for (const child of children.values())
    if (child.name === bare && (module === undefined || child.module === module)) return child
  throw error(
    'unknown-node',
    { name, parent: shownParent, hint: hint(bare, names(children.values())) },
    place,
  )
}
