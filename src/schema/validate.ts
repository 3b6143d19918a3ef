/** The last word on data: its shape first (errors that name the instance), then libyang (must, and all of it again). */
import { type ErrorCode, error, LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from './json-types.js'
import { type ConvertOptions, type YangError, yangContext } from './native.js'
import { pathTo } from './paths.js'
import type { Schema } from './schema.js'
import { checkResource, checkTree, isObject } from './shape.js'
import { decodeSoftwire, recordSize, type SoftwireRecords, tryWriteSoftwire } from './softwire-record.js'
import { isPlainSoftwire, isSoundSoftwire } from './softwire-rules.js'

/**
 * Validates a whole configuration, as a rule without its softwires. Answers it canonical, in the model's order.
 * Throws LwaftrError.
 */
export function validateTree(schema: Schema, tree: JsonObject): JsonObject {
  const checked = checkTree(schema, tree, { configOnly: true, complete: true })
  return JSON.parse(
    convert(JSON.stringify(checked), { from: 'json', to: 'json', configOnly: true }),
  ) as JsonObject
}

/** Validates one softwire by itself. Answers it canonical; throws LwaftrError. */
export function validateSoftwire(schema: Schema, softwire: JsonValue): JsonObject {
  const checked = checkSoftwireShape(schema, softwire)
  const tree = { 'snabb-softwire-v3:softwire-config': { 'binding-table': { softwire: [checked] } } }
  convert(JSON.stringify(tree), { from: 'json', to: 'json', configOnly: true })
  return checked
}

/** Types and mandatory leaves of one softwire; not the rules among its leaves. */
export function checkSoftwireShape(schema: Schema, softwire: JsonValue): JsonObject {
  // Any keys will do to say that it is an entry: its own are checked first and named in errors.
  const checked = checkResource(pathTo(schema.softwires, ['', '']), softwire, {
    configOnly: true,
    complete: true,
  })
  if (!isObject(checked)) throw new Error('a list entry is an object')
  return checked
}

/** A valid softwire, canonical, at a fraction of libyang's price; undefined where it takes more to know. */
export function canonicalSoftwire(softwire: JsonValue): JsonObject | undefined {
  if (!isPlainSoftwire(softwire)) return undefined
  const record = new Uint8Array(recordSize)
  const sound = tryWriteSoftwire(softwire, record, 0) && isSoundSoftwire(record, 0)
  return sound ? decodeSoftwire(record) : undefined
}

/** Appends a softwire if it is valid, at a fraction of libyang's price; throws what validateSoftwire does if it is not. */
export function pushSoftwire(schema: Schema, records: SoftwireRecords, softwire: JsonValue): void {
  if (isPlainSoftwire(softwire)) {
    const offset = records.reserve()
    if (tryWriteSoftwire(softwire, records.buffer, offset) && isSoundSoftwire(records.buffer, offset)) return
    records.drop()
  }
  pushShaped(schema, records, checkSoftwireShape(schema, softwire))
}

/** The same for one whose shape was checked. */
export function pushShaped(schema: Schema, records: SoftwireRecords, softwire: JsonObject): void {
  records.push(softwire)
  if (isSoundSoftwire(records.buffer, (records.count - 1) * recordSize)) return
  records.drop()
  validateSoftwire(schema, softwire)
  throw new Error(`libyang accepts what softwire-rules.ts does not: ${JSON.stringify(softwire)}`)
}

/** Runs libyang over data; throws its first error as LwaftrError. */
export function convert(data: string, options: ConvertOptions): string {
  const result = yangContext().convert(data, options)
  if (result.errors === undefined) return result.data
  throw fromYang(result.errors[0])
}

/** libyang tells its errors apart by text alone; these are the texts that lead to a row of their own. */
const known: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^Duplicate instance|^Data for both cases/, 'duplicate'],
  [/missing its key/, 'missing-key'],
  [/^Mandatory node/, 'missing-node'],
]

function fromYang(problem: YangError | undefined): LwaftrError {
  if (problem === undefined)
    return error('internal', { problem: 'libyang refuses the data but gives no reason' })
  const { message, appTag, line } = problem
  const path = problem.path ?? problem.schemaPath
  const place = { path, appTag, line }
  switch (appTag) {
    case 'must-violation':
      return error('must-violation', { problem: message }, place)
    case 'instance-required':
      return error('missing-instance', { problem: message }, place)
    case 'missing-choice':
      return new LwaftrError('missing-choice', message, place)
    case 'data-not-unique':
      return error('not-unique', { problem: message }, place)
  }
  const code = known.find(([text]) => text.test(message))?.[1] ?? byCode[problem.code]
  return new LwaftrError(code, message, place)
}

const byCode = { syntax: 'syntax', reference: 'unknown-node', data: 'bad-value', other: 'internal' } as const
