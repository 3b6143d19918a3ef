// Failures as RESTCONF answers them (RFC 8040 s3.9, s7.1): an array of errors, in the client's format.
import type { FastifyError } from 'fastify'
import { error, LwaftrError } from '../errors.js'
import type { JsonObject } from '../schema/json-types.js'

/** Any failure as one that a client may see; what is a bug says nothing of its inside. */
export function asLwaftrError(problem: unknown): LwaftrError {
  if (problem instanceof LwaftrError) return problem
  const { code, statusCode, message } = problem as FastifyError
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return error('too-big', { what: 'the body', limit: 'the server takes' })
  if (statusCode !== undefined && statusCode < 500) return error('bad-request', { problem: message })
  return error('internal', { problem: 'see the log of the relay' })
}

export function errorBody(problem: LwaftrError): JsonObject {
  return { 'ietf-restconf:errors': { error: [errorEntry(problem)] } }
}

export function errorEntry(problem: LwaftrError): JsonObject {
  const place = {
    ...(problem.line === undefined ? {} : { 'lwaftr:line': problem.line }),
    ...(problem.column === undefined ? {} : { 'lwaftr:column': problem.column }),
  }
  return {
    'error-type': problem.type,
    'error-tag': problem.tag,
    ...(problem.appTag === undefined ? {} : { 'error-app-tag': problem.appTag }),
    ...(problem.path === undefined ? {} : { 'error-path': problem.path }),
    'error-message': problem.message,
    ...(Object.keys(place).length === 0 ? {} : { 'error-info': place }),
  }
}
