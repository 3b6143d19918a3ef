/** JSON (RFC 7951) in: syntax errors with line and column, strict types, softwires into records. */
import { isUtf8 } from 'node:buffer'
import { error, LwaftrError } from '../errors.js'
import type { Configuration, Subtree } from './configuration.js'
import { duplicateMember, hasDuplicate } from './json-members.js'
import type { JsonObject, JsonValue } from './json-types.js'
import type { DataPath } from './paths.js'
import type { Schema, SchemaNode } from './schema.js'
import { checkResource, checkTree, isObject } from './shape.js'
import { SoftwireRecords } from './softwire-record.js'
import { pushSoftwire } from './validate.js'

/** Parses JSON of any shape. */
export function parseJson(source: Buffer, file?: string): JsonValue {
  if (!isUtf8(source)) throw error('syntax', { problem: 'this is not UTF-8 text' }, { file })
  const text = source.toString()
  try {
    const value = JSON.parse(text) as JsonValue
    if (hasDuplicate(source, value)) throw duplicateError(source, file)
    return value
  } catch (problem) {
    if (problem instanceof LwaftrError) throw problem
    const { message } = problem as SyntaxError
    const offset = /at position (\d+)/.exec(message)?.[1]
    const before = text.slice(0, offset === undefined ? text.length : Number(offset))
    const line = before.split('\n').length
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1)) + 1
    const reason = message.replace(/ in JSON at position.*$/, '').replace(/, (".*|\.\.\.).*$/s, '')
    throw error('syntax', { problem: `this is not JSON: ${reason}` }, { file, line, column })
  }
}

/** RFC 7951 wants JSON without (RFC 7493 s2.3): of two values nobody could say which one was meant. */
function duplicateError(source: Buffer, file: string | undefined): LwaftrError {
  const { name, line } = duplicateMember(source)
  return error('duplicate', { name }, { file, line })
}

/** Reads a whole configuration; the tree is shaped but not yet validated. */
export function readJson(schema: Schema, source: Buffer, file?: string): Configuration {
  return configurationOf(schema, parseJson(source, file), file)
}

/** The configuration in a tree that was just read; it is taken apart. */
export function configurationOf(schema: Schema, tree: JsonValue, file?: string): Configuration {
  return guarded(file, () => {
    const softwires = takeSoftwires(schema, schema.roots, tree)
    return { tree: checkTree(schema, tree, { configOnly: true }), softwires }
  })
}

/**
 * Reads the value of one resource: bare (`1500`, `{…}`, `[…]`), or as RESTCONF carries it, under its own qualified
 * name (`{"snabb-softwire-v3:mtu": 1500}`, an entry in an array of its own).
 */
export function readJsonAt(schema: Schema, path: DataPath, source: Buffer, file?: string): Subtree {
  return subtreeOf(schema, path, parseJson(source, file), file)
}

/** The same in a value that was just read; it is taken apart. */
export function subtreeOf(schema: Schema, path: DataPath, document: JsonValue, file?: string): Subtree {
  const last = path.steps.at(-1)
  if (last === undefined) {
    const { tree, softwires } = configurationOf(schema, document, file)
    return { value: tree, softwires }
  }
  return guarded(file, () => {
    const { node, keys } = last
    const entry = (node.kind === 'list' || node.kind === 'leaf-list') && keys.length > 0
    let value = unwrapped(node, document)
    if (entry && Array.isArray(value)) {
      if (value.length !== 1) throw error('bad-value', { name: node.name, problem: 'give exactly one entry' })
      value = value[0] as JsonValue
    }
    if (entry && isObject(value)) value = withKeys(node, keys, value)
    const softwires = entry
      ? new SoftwireRecords()
      : takeSoftwires(schema, new Map([['', node]]), { '': value })
    if (node === schema.softwires && !entry) return { value: [], softwires }
    return { value: checkResource(path, value, { configOnly: true }), softwires }
  })
}

function unwrapped(node: SchemaNode, value: JsonValue): JsonValue {
  const names = isObject(value) ? Object.keys(value) : []
  const name = `${node.module}:${node.name}`
  return isObject(value) && names.length === 1 && names[0] === name ? (value[name] as JsonValue) : value
}

/** Keys that the path gives need not be in the value. */
function withKeys(list: SchemaNode, keys: readonly string[], entry: JsonObject): JsonObject {
  const given: JsonObject = {}
  for (const [i, key] of list.keys.entries()) {
    const leaf = list.children.get(key)
    const expected = keys[i] as string
    if (leaf?.type === undefined) throw new Error(`${list.name} has no leaf ${key}`)
    if (entry[key] === undefined)
      given[key] = /^u?int(8|16|32)$/.test(leaf.type.base) ? Number(expected) : expected
    else if (String(entry[key]) !== expected)
      throw error('key-mismatch', { name: key, value: String(entry[key]), expected })
  }
  return { ...given, ...entry }
}

/** Moves the softwires out of a tree that was just parsed, each validated. */
function takeSoftwires(
  schema: Schema,
  children: ReadonlyMap<string, SchemaNode>,
  tree: JsonValue,
): SoftwireRecords {
  const records = new SoftwireRecords()
  const take = (nodes: ReadonlyMap<string, SchemaNode>, value: JsonValue): void => {
    if (!isObject(value)) return
    for (const [name, node] of nodes) {
      const member = value[name]
      if (member === undefined) continue
      if (node === schema.softwires) {
        if (!Array.isArray(member))
          throw error('bad-value', { name: node.name, problem: 'in JSON give an array' })
        for (const softwire of member) pushSoftwire(schema, records, softwire)
        delete value[name]
      } else if (above(schema, node)) take(node.children, member)
    }
  }
  take(children, tree)
  return records
}

function above(schema: Schema, node: SchemaNode): boolean {
  for (let at = schema.softwires.parent; at !== null; at = at.parent) if (at === node) return true
  return false
}

export function guarded<T>(file: string | undefined, read: () => T): T {
  try {
    return read()
  } catch (failure) {
    throw failure instanceof LwaftrError ? failure.at({ file }) : failure
  }
}

/** The value under the name that it has at the top of a document. */
export function wrapJson(path: DataPath, value: JsonValue): JsonObject {
  const last = path.steps.at(-1)
  if (last === undefined) return isObject(value) ? value : {}
  const listed = (last.node.kind === 'list' || last.node.kind === 'leaf-list') && last.keys.length > 0
  return { [`${last.node.module}:${last.node.name}`]: listed ? [value] : value }
}
