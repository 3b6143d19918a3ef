// Conditional requests (RFC 9110 s13, RFC 8040 s3.4.1, s3.5.1, s3.5.2): the validators of a resource, and what a request
// says of them. Last-Modified has whole seconds; who wants to be sure in a race uses entity-tags.
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { error } from '../errors.js'
import { type DataPath, formatInstanceIdentifier } from '../schema/paths.js'
import type { Schema } from '../schema/schema.js'
import { changeOf, later } from './last-changes.js'
import { keyOf, placeOf } from './place.js'
import type { Commit } from './publisher.js'
import { type Configured, configurationAt, recordAt, softwireValue } from './reading.js'
import { keyNumber, keyOfRecord, recordsIn, softwireKey } from './softwire-scan.js'

export interface Validators {
  /** Strong; undefined where there is nothing. It changes when the configuration below the resource does. */
  readonly entityTag: string | undefined
  readonly time: Date
  /** Whether there is configuration, of which defaults are none. */
  readonly exists: boolean
}

/** Validators of a resource that is configuration, as it is now. */
export function validatorsOf(sources: Configured, path: DataPath): Validators {
  const { schema, datastore } = sources
  if (datastore.confined) return datastore.confined.validators(path)
  const { changes } = datastore.running
  const place = placeOf(schema, path)
  if (place === 'entry' || place === 'inside') {
    const record = recordAt(sources, path)
    return softwireValidators(datastore.id, schema, path, record, changes.softwires.time)
  }
  const { revision, time } =
    place === 'list'
      ? changes.softwires
      : place === 'above'
        ? later(changes.of(path), changes.softwires)
        : changes.of(path)
  const exists = path.steps.length === 0 || configurationAt(sources, path) !== undefined
  const entityTag = exists || hasDefault(path) ? tag(datastore.id, revision) : undefined
  return { entityTag, time, exists }
}

/** The same as a commit left the resource, which may have changed again since: of what it was asked to change. */
export function validatorsAfter(
  { schema, datastore }: Configured,
  path: DataPath,
  commit: Commit,
): Validators {
  if (datastore.confined) return datastore.confined.validators(path, commit)
  const { softwires } = commit
  const { revision, time } = changeOf(commit)
  const place = placeOf(schema, path)
  if (place !== 'entry' && place !== 'inside')
    return { entityTag: tag(datastore.id, revision), time, exists: true }
  const record = recordOf(schema, path, softwires)
  return softwireValidators(datastore.id, schema, path, record, time)
}

/** What a commit left of the softwire in the path. */
export function recordOf(
  schema: Schema,
  path: DataPath,
  softwires: Commit['softwires'],
): Uint8Array | undefined {
  const edits = softwires && 'edits' in softwires.change ? softwires.change.edits : new Uint8Array(0)
  const key = keyNumber(softwireKey(keyOf(path, schema)))
  return [...recordsIn(edits)].find((edit) => keyOfRecord(edit) === key)
}

/** A softwire's content says all: no two differ in it, and nothing needs to be kept for a million of them. */
function softwireValidators(
  id: string,
  schema: Schema,
  path: DataPath,
  record: Uint8Array | undefined,
  time: Date,
): Validators {
  const value = record && softwireValue(schema, path, record)
  const exists = value !== undefined
  if (!record || (!exists && !hasDefault(path))) return { entityTag: undefined, time, exists }
  const content = placeOf(schema, path) === 'entry' ? record : Buffer.from(JSON.stringify(value ?? null))
  return { entityTag: tag(id, Buffer.from(content).toString('base64url')), time, exists }
}

function tag(id: string, state: number | string): string {
  return `"${id}-${state}"`
}

/** A leaf that can be read although nobody set it. */
export function hasDefault({ steps }: DataPath): boolean {
  return steps.at(-1)?.node.default !== undefined
}

/** Throws LwaftrError 412 when the request was meant for another state of the resource. */
export function checkWrite(headers: IncomingHttpHeaders, path: DataPath, current: Validators): void {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  const unmodified = headers['if-unmodified-since']
  const changed = (problem: string) =>
    error('precondition-failed', { problem }, { path: formatInstanceIdentifier(path) })
  if (match !== undefined) {
    if (!matches(match, current))
      throw changed(current.entityTag ? `its entity-tag is now ${current.entityTag}` : 'it does not exist')
  } else if (unmodified !== undefined && modifiedAfter(unmodified, current))
    throw changed(`it was modified at ${current.time.toUTCString()}`)
  if (noneMatch !== undefined && matchesWeakly(noneMatch, current))
    throw changed(noneMatch.trim() === '*' ? 'it exists already' : 'it has that entity-tag')
}

/** True when the client's copy is still good: 304. */
export function isFresh(headers: IncomingHttpHeaders, current: Validators): boolean {
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) return matchesWeakly(noneMatch, current)
  const since = headers['if-modified-since']
  return since !== undefined && isDate(since) && !modifiedAfter(since, current)
}

/** Tells the client of the validators. */
export function showValidators(reply: FastifyReply, { entityTag, time }: Validators): FastifyReply {
  if (entityTag !== undefined) reply.header('etag', entityTag)
  // A date in the future must not be told (RFC 9110 s8.8.2.1), and until then there is no better one.
  return time.getTime() > Date.now() ? reply : reply.header('last-modified', time.toUTCString())
}

function matches(header: string, { exists, entityTag }: Validators): boolean {
  if (header.trim() === '*') return exists
  return header.split(',').some((tag) => tag.trim() === entityTag)
}

/** As If-None-Match compares (RFC 9110 s13.1.2): a proxy that compresses makes our entity-tags weak ones. */
function matchesWeakly(header: string, current: Validators): boolean {
  return matches(header.replaceAll(/\bW\/(?=")/g, ''), current)
}

/** HTTP dates have whole seconds; one that cannot be read counts as not given (RFC 9110 s13.1.4). */
function modifiedAfter(header: string, { time }: Validators): boolean {
  return isDate(header) && Math.floor(time.getTime() / 1000) * 1000 > Date.parse(header)
}

function isDate(header: string): boolean {
  return /GMT$|^\w{3} \w{3} /.test(header) && !Number.isNaN(Date.parse(header))
}
