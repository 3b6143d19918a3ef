// Conditional requests (RFC 9110 s13, RFC 8040 s3.4.1). There is one entity-tag and one time, the datastore's: every
// resource has them for want of its own (RFC 8040 s3.5.1).
import type { IncomingHttpHeaders } from 'node:http'
import { error } from '../errors.js'

export interface Validators {
  readonly entityTag: string
  readonly time: Date
  readonly exists: boolean
}

/** Throws LwaftrError 412 when the request was meant for another state of the resource. */
export function checkWrite(headers: IncomingHttpHeaders, current: Validators): void {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  const unmodified = headers['if-unmodified-since']
  if (match !== undefined) {
    if (!matches(match, current)) throw changed(`its entity-tag is now ${current.entityTag}`)
  } else if (unmodified !== undefined && modifiedAfter(unmodified, current))
    throw changed(`it was modified at ${current.time.toUTCString()}`)
  if (noneMatch !== undefined && matchesWeakly(noneMatch, current)) throw changed('it exists already')
}

/** True when the client's copy is still good: 304. */
export function isFresh(headers: IncomingHttpHeaders, current: Validators): boolean {
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) return matchesWeakly(noneMatch, current)
  const since = headers['if-modified-since']
  return since !== undefined && !modifiedAfter(since, current)
}

function matches(header: string, current: Validators): boolean {
  if (!current.exists) return false
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => tag.trim() === current.entityTag)
}

/** As If-None-Match compares (RFC 9110 s13.1.2): a proxy that compresses makes our entity-tags weak ones. */
function matchesWeakly(header: string, current: Validators): boolean {
  return matches(header.replaceAll(/\bW\/(?=")/g, ''), current)
}

/** HTTP dates have whole seconds; one that cannot be read counts as not given. */
function modifiedAfter(header: string, current: Validators): boolean {
  const time = Date.parse(header)
  return !Number.isNaN(time) && Math.floor(current.time.getTime() / 1000) * 1000 > time
}

function changed(problem: string): Error {
  return error('precondition-failed', { problem })
}
