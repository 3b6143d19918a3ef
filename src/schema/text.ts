/** The text format (YANG's own surface syntax for data), in and out. */
import { error, LwaftrError } from '../errors.js'
import type { Configuration, Subtree } from './configuration.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { type DataPath, formatXPath, type PathStep, parsePath } from './paths.js'
import type { Schema, SchemaNode } from './schema.js'
import { SoftwireRecords } from './softwire-record.js'
import { offsetOf, TextReader } from './text-reader.js'
import { validateTree } from './validate.js'

export { writeText } from './text-writer.js'

export interface TextOptions {
  /** Named in errors. */
  readonly file?: string
}

export interface TextConfiguration extends Configuration {
  /** The error with the line and column of what its path names added. */
  locate(failure: LwaftrError): LwaftrError
  /** Line and column of the softwire with this index in `softwires`. */
  locateSoftwire(index: number): { file?: string | undefined; line: number; column: number }
}

/**
 * Reads a whole configuration. Values, types and each softwire by itself are checked; rules of the tree are not yet:
 * loadText() has those checked too. The result holds on to `source` as long as it lives.
 */
export function readText(schema: Schema, source: Buffer, options: TextOptions = {}): TextConfiguration {
  const reader = new TextReader(schema, source, options.file)
  const tree = reader.block(null, null)
  if (Object.keys(tree).length === 0)
    throw reader.lexer.syntax(
      source.length,
      'the text holds no configuration; it begins with softwire-config {',
    )
  const { lexer } = reader
  return {
    tree,
    softwires: reader.softwires,
    locate(failure) {
      const offset =
        failure.path === undefined ? undefined : offsetOf(reader.places, tree, stepsOf(schema, failure.path))
      return failure.at(
        offset === undefined ? { file: lexer.file } : { file: lexer.file, ...lexer.place(offset) },
      )
    },
    locateSoftwire: (index) => ({ file: lexer.file, ...lexer.place(reader.offsetOfSoftwire(index)) }),
  }
}

/** Paths in libyang's errors are instance-identifiers, but for keys that hold both kinds of quotes. */
function stepsOf(schema: Schema, path: string): readonly PathStep[] {
  try {
    return parsePath(schema, path).steps
  } catch {
    return []
  }
}

/** Reads a whole configuration and validates it. What is left is what concerns several softwires (invariants.ts). */
export function loadText(schema: Schema, source: Buffer, options: TextOptions = {}): TextConfiguration {
  const read = readText(schema, source, options)
  try {
    return { ...read, tree: validateTree(schema, read.tree) }
  } catch (failure) {
    throw failure instanceof LwaftrError ? read.locate(failure) : failure
  }
}

/**
 * Reads the value of one resource, as `set-config PATH VALUE` has it:
 *
 *   leaf             1500    "a string"    mtu 1500;
 *   container, entry mtu 1500; …     { mtu 1500; … }     external-interface { mtu 1500; … }
 *   list             { … } { … }     queue { … } queue { … }
 *
 * Keys of the path need not be repeated in the value. Shape and types are checked; missing mandatory nodes are not.
 */
export function readTextAt(
  schema: Schema,
  path: DataPath,
  source: Buffer,
  options: TextOptions = {},
): Subtree {
  const reader = new TextReader(schema, source, options.file)
  const last = path.steps.at(-1)
  if (last === undefined) {
    const { tree, softwires } = readText(schema, source, options)
    return { value: tree, softwires }
  }
  const { node, keys } = last
  if (!node.config) throw error('read-only', { name: node.name }, { path: formatXPath(path) })
  if (node.kind === 'leaf') return { value: readLeaf(reader, node), softwires: new SoftwireRecords() }
  if (node.kind === 'list' && keys.length > 0)
    return { value: readEntry(reader, path, last), softwires: reader.softwires }
  const value = node.kind === 'container' ? readContainer(reader, node) : readList(reader, node)
  return { value, softwires: reader.softwires }
}

function readLeaf(reader: TextReader, node: SchemaNode): JsonValue {
  const { lexer } = reader
  lexer.skip()
  const start = lexer.at
  // `name value;` is a statement; anything else is the value, which may have blanks in it without quotes (a filter).
  const text = lexer.source.toString('utf8', start).trimEnd()
  const isStatement = text.endsWith(';') && new RegExp(`^([\\w.-]+:)?${node.name}\\s`).test(text)
  if (!isStatement && !/^["']/.test(text)) return reader.value(node, text.replace(/\s*;$/, ''), start)
  if (isStatement) lexer.name()
  const value = reader.leafValue(node)
  lexer.take(';')
  expectEnd(reader)
  return value
}

function expectEnd(reader: TextReader): void {
  const { lexer } = reader
  const next = lexer.shown()
  if (!lexer.atEnd) throw lexer.syntax(lexer.at, `nothing more is expected here, not ${next}`)
}

/** The contents of a container or entry, with or without its name and braces around them. */
function readContainer(reader: TextReader, node: SchemaNode, into: JsonObject = {}): JsonObject {
  const { lexer } = reader
  lexer.skip()
  const start = lexer.at
  if (!lexer.take('{') && !takeOpening(reader, node)) return reader.block(node, null, into)
  reader.block(node, start, into)
  expectEnd(reader)
  return into
}

/** Takes `name {` if that is next. */
function takeOpening(reader: TextReader, node: SchemaNode): boolean {
  const { lexer } = reader
  const start = lexer.at
  const next = lexer.source[start]
  if (!lexer.atEnd && next !== 125 && next !== 59) {
    const name = lexer.name()
    if ((name === node.name || name.endsWith(`:${node.name}`)) && lexer.take('{')) return true
  }
  lexer.at = start
  return false
}

function readEntry(reader: TextReader, path: DataPath, { node, keys }: PathStep): JsonObject {
  const entry = readContainer(reader, node)
  for (const [i, key] of node.keys.entries()) {
    const leaf = node.children.get(key) as SchemaNode
    const expected = keys[i] as string
    const given = entry[key]
    if (given === undefined) entry[key] = reader.value(leaf, expected, 0)
    else if (String(given) !== expected)
      throw error('key-mismatch', { name: key, value: String(given), expected }, { path: formatXPath(path) })
  }
  return entry
}

function readList(reader: TextReader, node: SchemaNode): JsonValue {
  const { lexer } = reader
  const list: JsonValue[] = []
  const seen = new Set<string>()
  for (;;) {
    if (node === reader.schema.softwires) reader.plainSoftwires()
    lexer.skip()
    if (lexer.atEnd) return list
    const start = lexer.at
    if (node.kind === 'leaf-list') {
      list.push(reader.leafValue(node))
      lexer.take(';')
      continue
    }
    if (!lexer.take('{') && !takeOpening(reader, node))
      throw lexer.syntax(
        start,
        `{ is expected at the start of an entry of ${node.name}, not ${lexer.shown()}`,
      )
    const entry = reader.block(node, start)
    reader.checkKeys(node, entry, start)
    if (node === reader.schema.softwires) {
      reader.addSoftwire(entry, start)
      continue
    }
    const keys = node.keys.map((key) => String(entry[key])).join(',')
    if (seen.has(keys)) throw lexer.fail(start, 'duplicate', { name: `${node.name} ${keys}` })
    seen.add(keys)
    list.push(entry)
  }
}
