// Query parameters (RFC 8040 s4.8): each at most once, and none that is not known to the resource and the method.
import { error } from '../errors.js'
import type { DataPath } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { DATASTORE_CAPABILITIES, type Door } from './datastores.js'
import { type Fields, parseFields } from './fields.js'
import {
  PAGINATION_CAPABILITIES,
  PAGINATION_PARAMETERS,
  type Pagination,
  parsePagination,
} from './pagination.js'

/** RFC 8040 s9.1, s9.3. */
export const CAPABILITIES = [
  'urn:ietf:params:restconf:capability:defaults:1.0?basic-mode=explicit',
  'urn:ietf:params:restconf:capability:with-defaults:1.0',
  'urn:ietf:params:restconf:capability:depth:1.0',
  'urn:ietf:params:restconf:capability:fields:1.0',
  ...PAGINATION_CAPABILITIES,
  ...DATASTORE_CAPABILITIES,
]

/** Where an entry of a user-ordered list can go. */
export const PLACES = ['first', 'last', 'before', 'after'] as const

export type Content = 'config' | 'nonconfig' | 'all'
export type DefaultsMode = 'explicit' | 'trim' | 'report-all' | 'report-all-tagged'

export interface RetrievalQuery {
  readonly content: Content
  /** Levels of the answer, counted from the target; Infinity for all. */
  readonly depth: number
  /** Undefined: everything. */
  readonly fields: Fields | undefined
  /** Undefined: the basic mode, which is explicit (RFC 6243 s2.3). */
  readonly withDefaults: DefaultsMode | undefined
  /** Annotate configuration with its origin (RFC 8527 s3.2.2). */
  readonly withOrigin: boolean
  /** Of the target, if that is a list. */
  readonly pagination: Pagination
}

export type Parameters = ReadonlyMap<string, string>

const RETRIEVAL = ['content', 'depth', 'fields', 'with-defaults']

/**
 * The query of a GET or HEAD. Conventional datastores hold configuration alone; what is in use, defaults included, is
 * what the operational one shows (RFC 8527 s3.2.1).
 */
export function parseRetrieval(
  schema: Schema,
  search: string,
  path: DataPath,
  datastore?: Door['datastore'],
): RetrievalQuery {
  const operational = datastore === 'operational'
  const conventional = datastore !== undefined && !operational
  const given = parseParameters(search, [
    ...RETRIEVAL,
    ...PAGINATION_PARAMETERS,
    ...(operational ? ['with-origin'] : []),
  ])
  const content = oneOf(given, 'content', ['config', 'nonconfig', 'all'] as const) ?? 'all'
  if (conventional && content === 'nonconfig')
    throw error('bad-query', { name: 'content', problem: `there is no state in ${datastore}` })
  if (given.get('with-origin'))
    throw error('bad-query', { name: 'with-origin', problem: 'it takes no value' })
  const mode = oneOf(given, 'with-defaults', ['explicit', 'trim', 'report-all', 'report-all-tagged'] as const)
  return {
    content: conventional ? 'config' : content,
    depth: depthOf(given),
    fields: fieldsOf(schema, given, path),
    withDefaults: mode ?? (operational ? 'report-all' : undefined),
    withOrigin: given.has('with-origin'),
    pagination: parsePagination(given, path),
  }
}

export interface WantedPlacement {
  readonly insert: (typeof PLACES)[number] | undefined
  readonly point: string | undefined
}

/** The query of a POST or PUT. */
export function parsePlacement(search: string): WantedPlacement {
  const given = parseParameters(search, ['insert', 'point'])
  return { insert: oneOf(given, 'insert', PLACES), point: given.get('point') }
}

/** For requests that take no parameters. */
export function refuseParameters(search: string): void {
  parseParameters(search, [])
}

/** Names and values, decoded. A plus sign is itself: this is RFC 3986's query, not an HTML form's. */
export function parseParameters(search: string, known: readonly string[]): Parameters {
  const given = new Map<string, string>()
  if (search === '') return given
  for (const part of search.split('&')) {
    const at = part.indexOf('=')
    const name = decode(at < 0 ? part : part.slice(0, at))
    if (!known.includes(name)) throw error('bad-query', { name, problem: 'it is not known here' })
    if (given.has(name)) throw error('bad-query', { name, problem: 'it is given twice' })
    given.set(name, at < 0 ? '' : decode(part.slice(at + 1)))
  }
  return given
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw error('bad-query', { name: text, problem: 'it is not percent-encoded UTF-8' })
  }
}

/** The value of a parameter that has only these. */
export function oneOf<T extends string>(
  given: Parameters,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  const known = values.find((candidate) => candidate === value)
  if (!known) throw error('bad-query', { name, problem: `${value} is not one of ${values.join(', ')}` })
  return known
}

/** RFC 8040 s4.8.2. */
function depthOf(given: Parameters): number {
  const value = given.get('depth') ?? 'unbounded'
  if (value === 'unbounded') return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65535) return Number(value)
  throw error('bad-query', {
    name: 'depth',
    problem: `${value} is not a number from 1 to 65535, or unbounded`,
  })
}

function fieldsOf(schema: Schema, given: Parameters, path: DataPath): Fields | undefined {
  const text = given.get('fields')
  return text === undefined ? undefined : parseFields(schema, path.steps.at(-1)?.node ?? null, text)
}
