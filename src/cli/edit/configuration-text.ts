// The text that `lwaftr edit` puts into an editor, and the edits that lead from one such text to another.
import { contentType } from '../../config-server/media-types.js'
import { insert } from '../../config-server/representation.js'
import { isObject } from '../../config-server/tree.js'
import { diffTrees } from '../../config-server/tree-diff.js'
import { readValueAt } from '../../schema/formats.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { type DataPath, formatApiPath, type PathStep } from '../../schema/paths.js'
import { memberName, type Schema, type SchemaNode } from '../../schema/schema.js'
import { decodeSoftwire } from '../../schema/softwire-record.js'
import { valueFromText } from '../../schema/values.js'
import { type Client, text } from '../client.js'
import type { PathEdit } from '../edit-config.js'
import { Refused, readingInput } from '../failure.js'
import { latestCommit } from '../operation.js'

/** What is edited: a part of the configuration, with the softwires in it or without. */
export interface Subject {
  readonly schema: Schema
  readonly path: DataPath
  readonly withSoftwires: boolean
}

export interface Version {
  readonly text: string
  /** Of the configuration, no later than the text. */
  readonly revision: string
}

const NOT_FOUND = 404

export async function readVersion(client: Client, subject: Subject): Promise<Version> {
  const { revision } = await latestCommit(client)
  const { schema, path, withSoftwires } = subject
  const node = path.steps.at(-1)?.node
  const fields = withSoftwires ? '' : `&fields=${fieldsBeside(schema, node)}`
  const target = formatApiPath(path)
  try {
    const response = await client.request('GET', {
      path: `/restconf/data${target && `/${target}`}?content=config${fields}`,
      headers: { accept: contentType('text') },
    })
    return { text: await text(response), revision }
  } catch (problem) {
    if (problem instanceof Refused && problem.details.status === NOT_FOUND) return { text: '', revision }
    throw problem
  }
}

/** Every child below the node, or below the top, but the softwires. */
function fieldsBeside({ roots, softwires }: Schema, top: SchemaNode | undefined): string {
  const above = new Set<SchemaNode>()
  for (let node = softwires.parent; node !== null; node = node.parent) above.add(node)
  const beside = (children: ReadonlyMap<string, SchemaNode>, top: boolean): string =>
    [...children.values()]
      .filter((child) => child.config && child !== softwires)
      .map((child) => {
        const name = top ? `${child.module}:${child.name}` : memberName(child)
        return above.has(child) ? `${name}(${beside(child.children, false)})` : name
      })
      .join(';')
  return beside(top?.children ?? roots, top === undefined)
}

/** The shortest list of edits from one text to the other. Throws what is wrong with the second, and where. */
export function editsBetween(subject: Subject, before: string, after: string, file: string): PathEdit[] {
  return diffTrees(subject.schema, treeOf(subject, before, file), treeOf(subject, after, file))
}

function treeOf({ schema, path }: Subject, source: string, file: string): JsonObject {
  // Nothing of it, in what is above it.
  if (source.trim() === '') return place(path.steps.slice(0, -1), {})
  const bytes = Buffer.from(source)
  const { value, softwires } = readingInput(bytes, () => readValueAt(schema, path, bytes, { file }))
  const entries = [...softwires].map((record) => decodeSoftwire(record))
  const whole = entries.length === 0 ? value : insert(schema, path, value, entries)
  return place(path.steps, whole)
}

/** A tree that has the value at the path, and the keys of list entries above it. */
function place([step, ...below]: readonly PathStep[], value: JsonValue): JsonObject {
  if (step === undefined) return value as JsonObject
  const { node, keys } = step
  const inside: JsonValue = below.length === 0 ? value : place(below, value)
  if (keys.length === 0) return { [memberName(node)]: inside }
  const named = node.keys.map((key, i): [string, JsonValue] => [key, keyValue(node, key, keys[i] ?? '')])
  return { [memberName(node)]: [isObject(inside) ? { ...Object.fromEntries(named), ...inside } : inside] }
}

function keyValue(list: SchemaNode, key: string, text: string): JsonValue {
  const type = list.children.get(key)?.type
  return type === undefined ? text : valueFromText(type, text)
}
