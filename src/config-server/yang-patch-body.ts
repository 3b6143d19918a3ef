// What a YANG Patch asks for (RFC 8072 s2, s3), from JSON or XML, as edits of a commit.
import { error, LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import { type DataPath, formatApiPath, parseApiPath } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { documentOf, YANG_PATCH } from '../schema/xml.js'
import { foldSoftwires } from '../schema/xml-data.js'
import { parseXml, type XmlElement } from '../schema/xml-elements.js'
import { readObject, unwrap } from './body.js'
import type { Edit } from './edit.js'
import type { MessageFormat } from './media-types.js'
import { PLACES } from './query.js'
import { isObject } from './tree.js'
import { isUserOrdered, placementOf } from './user-order.js'

const OPERATIONS = ['create', 'delete', 'insert', 'merge', 'move', 'replace', 'remove'] as const
const WITH_VALUE: readonly string[] = ['create', 'insert', 'merge', 'replace']
const WITH_PLACE: readonly string[] = ['insert', 'move']

/** A patch as it came: the edits' leaves, and values that nobody looked into yet. */
export interface Patch {
  readonly id: string
  readonly edits: readonly RawEdit[]
}

interface RawEdit {
  readonly leaves: ReadonlyMap<string, string>
  /** The document of the value, for a target; undefined when there is none. */
  readonly value: ((target: DataPath) => JsonObject) | undefined
}

export interface NamedEdit extends Edit {
  readonly id: string
}

/** Throws LwaftrError when it is no patch, or does not say which. */
export function readPatch(schema: Schema, body: Buffer, format: MessageFormat): Patch {
  if (body.length === 0) throw error('bad-request', { problem: 'the body is missing' })
  const { leaves, edits } = format === 'json' ? fromJson(body) : fromXml(schema, body)
  checkIds(edits)
  return { id: required(leaves, 'patch-id'), edits }
}

/** The edits of a list `edit` as a patch has it; throws for the first that cannot be one. */
export function editsFromJson(schema: Schema, target: DataPath, list: readonly JsonValue[]): NamedEdit[] {
  const raw = list.map(editFromJson)
  checkIds(raw)
  const { edits, refused } = readEdits(schema, target, raw)
  if (refused) throw refused.problem
  return edits
}

function checkIds(edits: readonly RawEdit[]): void {
  const ids = new Set<string>()
  for (const { leaves } of edits) {
    const id = required(leaves, 'edit-id')
    if (ids.has(id)) throw error('duplicate', { name: `edit-id ${id}` })
    ids.add(id)
  }
}

/** The edits, in order; or the first that cannot be one, and why. */
export function readEdits(
  schema: Schema,
  target: DataPath,
  raw: readonly RawEdit[],
): { edits: NamedEdit[]; refused?: { id: string; problem: LwaftrError } } {
  const edits: NamedEdit[] = []
  for (const one of raw) {
    const id = required(one.leaves, 'edit-id')
    try {
      edits.push({ id, ...readEdit(schema, target, one) })
    } catch (problem) {
      if (problem instanceof LwaftrError) return { edits, refused: { id, problem } }
      throw problem
    }
  }
  return { edits }
}

function readEdit(schema: Schema, target: DataPath, { leaves, value }: RawEdit): Edit {
  const wrong = (name: string) => (problem: string) => error('bad-value', { name, problem })
  const name = required(leaves, 'operation')
  const operation = OPERATIONS.find((candidate) => candidate === name)
  if (!operation) throw wrong('operation')(`${name} is not one of ${OPERATIONS.join(', ')}`)
  const path = below(schema, target, 'target', required(leaves, 'target'))
  const where = leaves.get('where')
  const point = leaves.get('point')
  const positioned = WITH_PLACE.includes(operation)
  if (!positioned && where !== undefined) throw wrong('where')(`${operation} has no place`)
  if (!positioned && point !== undefined) throw wrong('point')(`${operation} has no place`)
  if (WITH_VALUE.includes(operation) && !value) throw error('missing-node', { name: 'value' })
  if (!WITH_VALUE.includes(operation) && value) throw wrong('value')(`${operation} takes none`)
  const edit = { operation: operation === 'insert' ? ('create' as const) : operation, target: path }
  const placement = positioned ? { placement: place(schema, target, path, where, point) } : {}
  if (!value) return { ...edit, ...placement }
  return {
    ...edit,
    ...placement,
    ...unwrap(schema, path, edit.operation === 'merge' ? 'merge' : 'replace', value(path)),
  }
}

function place(schema: Schema, target: DataPath, path: DataPath, where = 'last', point: string | undefined) {
  const wrong = (problem: string) =>
    error('bad-value', { name: point === undefined ? 'where' : 'point', problem })
  const known = PLACES.find((candidate) => candidate === where)
  if (!known) throw wrong(`${where} is not one of ${PLACES.join(', ')}`)
  if (!isUserOrdered(path)) throw wrong('the target is no entry of a list that is ordered by the user')
  const whole = point === undefined ? undefined : `/${formatApiPath(below(schema, target, 'point', point))}`
  return placementOf(schema, path, known, whole, wrong)
}

/** An api-path that goes on where the patch's own target ends (RFC 8072 s2.4). */
function below(schema: Schema, target: DataPath, name: string, text: string): DataPath {
  if (!text.startsWith('/'))
    throw error('bad-value', { name, problem: `${text} does not begin with a slash` })
  if (text === '/') return target
  const last = target.steps.at(-1)
  try {
    if (last?.node.kind !== 'list' || last.keys.length > 0) return parseApiPath(schema, text.slice(1), target)
  } catch (problem) {
    if (!(problem instanceof LwaftrError)) throw problem
  }
  // Nothing can be below a list as a whole, and an error names the path from the top.
  const above = formatApiPath(target)
  return parseApiPath(schema, above === '' ? text.slice(1) : above + text)
}

function required(leaves: ReadonlyMap<string, string>, name: string): string {
  const value = leaves.get(name)
  if (value === undefined) throw error('missing-node', { name })
  return value
}

interface Parts {
  readonly leaves: ReadonlyMap<string, string>
  readonly edits: readonly RawEdit[]
}

const PATCH_LEAVES = ['patch-id', 'comment']
const EDIT_LEAVES = ['edit-id', 'operation', 'target', 'point', 'where']

function fromJson(body: Buffer): Parts {
  const document = readObject(body)
  const patch = document[PATCH_NAME]
  const other = Object.keys(document).find((name) => name !== PATCH_NAME)
  if (other !== undefined) throw unknown(other, 'the body')
  if (!isObject(patch)) throw error('bad-request', { problem: `the body lacks ${PATCH_NAME}` })
  const { edit: edits = [], ...rest } = patch as { edit?: JsonValue } & JsonObject
  if (!Array.isArray(edits)) throw error('bad-request', { problem: 'edit is not a list' })
  return { leaves: leavesOf(rest, PATCH_LEAVES, 'yang-patch'), edits: edits.map(editFromJson) }
}

const PATCH_NAME = 'ietf-yang-patch:yang-patch'

function editFromJson(edit: JsonValue): RawEdit {
  if (!isObject(edit)) throw error('bad-request', { problem: 'an edit is not an object' })
  const { value, ...rest } = edit as { value?: JsonValue } & JsonObject
  const document = () => {
    if (isObject(value)) return value
    throw error('bad-request', { problem: 'the value is not a JSON object' })
  }
  return { leaves: leavesOf(rest, EDIT_LEAVES, 'edit'), value: value === undefined ? undefined : document }
}

function leavesOf(object: JsonObject, known: readonly string[], parent: string): Map<string, string> {
  return new Map(
    Object.entries(object).map(([name, value]) => {
      if (!known.includes(name)) throw unknown(name, parent)
      if (typeof value !== 'string') throw error('bad-value', { name, problem: 'in JSON give a string' })
      return [name, value]
    }),
  )
}

function fromXml(schema: Schema, body: Buffer): Parts {
  const [root] = parseXml(body, { fold: foldSoftwires(schema) })
  if (root?.name !== 'yang-patch' || root.namespace !== YANG_PATCH)
    throw unknown(root?.name ?? '', 'the body')
  const isEdit = ({ name }: XmlElement) => name === 'edit'
  return {
    leaves: leavesOfXml(
      root.children.filter((child) => !isEdit(child)),
      PATCH_LEAVES,
      'yang-patch',
    ),
    edits: root.children.filter(isEdit).map((edit) => editFromXml(schema, edit)),
  }
}

function editFromXml(schema: Schema, { children }: XmlElement): RawEdit {
  const [value, more] = children.filter(({ name }) => name === 'value')
  if (more) throw error('duplicate', { name: 'value' })
  const rest = children.filter(({ name }) => name !== 'value')
  const document = ({ steps }: DataPath) => documentOf(schema, steps.slice(0, -1), value?.children ?? [])
  return { leaves: leavesOfXml(rest, EDIT_LEAVES, 'edit'), value: value ? document : undefined }
}

function leavesOfXml(elements: readonly XmlElement[], known: readonly string[], parent: string) {
  const leaves = new Map<string, string>()
  for (const { name, namespace, text, children } of elements) {
    if (!known.includes(name) || namespace !== YANG_PATCH) throw unknown(name, parent)
    if (leaves.has(name)) throw error('duplicate', { name })
    if (children.length > 0) throw error('bad-value', { name, problem: 'it holds no elements' })
    leaves.set(name, text)
  }
  return leaves
}

function unknown(name: string, parent: string): LwaftrError {
  return error('unknown-node', { name, parent, hint: '' })
}
