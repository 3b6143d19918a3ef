// Failures as RESTCONF answers them (RFC 8040 s3.9, s7.1): an array of errors, in the client's format.
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError } from 'fastify'
import { error, LwaftrError } from '../errors.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { Schema } from '../schema/schema.js'
import { declared, escapeXml, RESTCONF } from '../schema/xml.js'
import { type MessageFormat, SUPPORTED } from './media-types.js'
import { isObject } from './tree.js'

/** Any failure as one that a client may see; what is a bug says nothing of its inside. */
export function asLwaftrError(problem: unknown): LwaftrError {
  if (problem instanceof LwaftrError) return problem
  const { code, statusCode, message } = problem as FastifyError
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return error('too-big', { what: 'the body', limit: 'the server takes' })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return error('unsupported-media-type', { media: '(none that could be read)', supported: SUPPORTED })
  if (statusCode !== undefined && statusCode < 500) return error('bad-request', { problem: message })
  return error('internal', { problem: 'see the log of the relay' })
}

/** Answers what is no HTTP request, whose Accept nobody knows, and closes. */
export function refuseConnection(schema: Schema, problem: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || problem.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const known = connectionError(problem)
  const body = errorBody(schema, known, 'json')
  socket.end(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\nContent-Type: application/yang-data+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function connectionError({ code, message }: Error & { code?: string }): LwaftrError {
  if (code === 'HPE_HEADER_OVERFLOW') return error('headers-too-big', {})
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return error('too-slow', {})
  return error('bad-http', { problem: message.replace(/^Parse Error: /, '') })
}

export function errorBody(schema: Schema, problem: LwaftrError, format: MessageFormat): string {
  const entry = errorEntry(problem)
  if (format === 'json') return JSON.stringify({ 'ietf-restconf:errors': { error: [entry] } })
  return `<errors xmlns="${RESTCONF}">${errorXml(schema, entry)}</errors>`
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
    ...(isInstanceIdentifier(problem.path) ? { 'error-path': problem.path } : {}),
    'error-message': problem.message,
    ...(Object.keys(place).length === 0 ? {} : { 'error-info': place }),
  }
}

/** Other paths (of URLs, of the datastore itself) are in the message. */
function isInstanceIdentifier(path: string | undefined): path is string {
  return path !== undefined && /^\/[A-Za-z_][\w.-]*:[A-Za-z_]/.test(path)
}

/** An entry in the namespace around it. */
export function errorXml(schema: Schema, entry: JsonObject): string {
  const members = Object.entries(entry).map(([name, value]) => {
    if (name === 'error-info' && isObject(value)) return element(name, '', info(schema, value))
    if (name !== 'error-path') return element(name, '', escapeXml(String(value)))
    const { text, attributes } = declared(schema, 'path', String(value))
    return element(name, attributes, escapeXml(text))
  })
  return element('error', '', members.join(''))
}

function info(schema: Schema, members: Readonly<Record<string, JsonValue>>): string {
  return Object.entries(members)
    .map(([qualified, value]) => {
      const [module = '', name = ''] = qualified.split(':')
      const namespace = schema.modules.get(module)?.namespace ?? ''
      return element(name, ` xmlns="${escapeXml(namespace)}"`, escapeXml(String(value)))
    })
    .join('')
}

function element(name: string, attributes: string, content: string): string {
  return `<${name}${attributes}>${content}</${name}>`
}
