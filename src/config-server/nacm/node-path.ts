// node-instance-identifier (RFC 8341): an absolute path whose key predicates may be left out, and then stand for any.
import { error } from '../../errors.js'
import { findChild } from '../../schema/lookup.js'
import { splitPath } from '../../schema/path-syntax.js'
import type { Schema, SchemaNode } from '../../schema/schema.js'
import { BadValue, valueFromText, valueToText } from '../../schema/values.js'

/** Stands for the name of whoever asks (variable USER of RFC 8341's XPath context). */
export const USER = Symbol('$USER')

/** A step; a key that is undefined matches any. */
export interface PatternStep {
  readonly node: SchemaNode
  readonly keys: readonly (string | typeof USER | undefined)[]
}

/** Throws LwaftrError for what names no node, or has predicates that are not keys. */
export function parseNodePath(schema: Schema, text: string): PatternStep[] {
  const steps: PatternStep[] = []
  let parent: SchemaNode | null = null
  for (const { name, predicates, values } of splitPath(text)) {
    if (values) throw bad(text, 'keys are written in brackets: [name=value]')
    const node: SchemaNode = findChild(schema, parent, name, parent?.name ?? 'the datastore', { path: text })
    steps.push({ node, keys: keysOf(text, node, predicates) })
    parent = node
  }
  if (steps.length === 0) throw bad(text, 'it names no node; leave the path out for all of them')
  return steps
}

function keysOf(
  text: string,
  node: SchemaNode,
  predicates: readonly (readonly [string, string])[],
): PatternStep['keys'] {
  const names = node.kind === 'leaf-list' ? ['.'] : node.keys
  const given = new Map(predicates.map(([key, value]) => [key.slice(key.indexOf(':') + 1), value]))
  for (const key of given.keys())
    if (!names.includes(key)) throw bad(text, `${key} is no key of ${node.name}`)
  return names.map((key) => {
    const value = given.get(key)
    if (value === undefined) return undefined
    if (value === '$USER') return USER
    return canonical(text, key === '.' ? node : node.children.get(key), value)
  })
}

function canonical(path: string, leaf: SchemaNode | undefined, text: string): string {
  if (!leaf?.type) throw new Error(`a key without a type in ${path}`)
  try {
    return valueToText(valueFromText(leaf.type, text))
  } catch (reason) {
    if (reason instanceof BadValue) throw bad(path, `${leaf.name}: ${reason.problem}`)
    throw reason
  }
}

function bad(path: string, problem: string): Error {
  return error('bad-path', { path, problem }, { path, value: path })
}
