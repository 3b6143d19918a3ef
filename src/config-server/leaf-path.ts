// A leaf of a list's entries, as `where` and `sort-by` of list pagination name it: by its name, or a path through
// containers, with or without module names.
import { error } from '../errors.js'
import type { JsonValue } from '../schema/json-types.js'
import { memberName, type SchemaNode } from '../schema/schema.js'
import { defaultOf } from '../schema/walk.js'
import { isObject } from './tree.js'

export interface LeafPath {
  readonly leaf: SchemaNode
  /** From the entry down; empty for the value of a leaf-list. */
  readonly members: readonly string[]
}

/** Throws LwaftrError, for the query parameter `name`. */
export function leafPath(list: SchemaNode, text: string, name: string): LeafPath {
  const wrong = (problem: string) => error('bad-page', { name, problem })
  if (list.kind === 'leaf-list') {
    if (text === '.') return { leaf: list, members: [] }
    throw wrong(`${text} is not in a leaf-list; its values are .`)
  }
  let node = list
  const members: string[] = []
  for (const step of text.replace(/^\.\//, '').split('/')) {
    const child = [...node.children.values()].find(
      (candidate) => candidate.name === step || `${candidate.module}:${candidate.name}` === step,
    )
    if (members.length > 0 && node.kind === 'list') throw wrong(`${text} leads through another list`)
    if (!child) throw wrong(`${node.name} has no ${step || 'node without a name'}`)
    members.push(memberName(child))
    node = child
  }
  if (node.kind !== 'leaf') throw wrong(`${text} is a ${node.kind}; give a leaf`)
  return { leaf: node, members }
}

/** The leaf's value in an entry, or the default that is in use. */
export function leafValue({ leaf, members }: LeafPath, entry: JsonValue): JsonValue | undefined {
  let at: JsonValue | undefined = entry
  for (const member of members) at = isObject(at) ? at[member] : undefined
  return at ?? (leaf.kind === 'leaf' && leaf.default !== undefined ? defaultOf(leaf) : undefined)
}
