// Which of our formats a client sends and which it wants (RFC 9110 s12.5.1, RFC 8040 s5.2).
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { error } from '../errors.js'

/** `document` and `elements` are JSON and XML whose datastore has no name around it: what a file holds. */
export type Format = 'json' | 'xml' | 'document' | 'elements' | 'text' | 'xpath'

/** What RESTCONF's own messages come in: errors, operations, the API's root. */
export type MessageFormat = 'json' | 'xml'

/** The last four are for our own command line: there are no registered media types for them. */
const TYPES: Readonly<Record<string, Format>> = {
  'application/yang-data+json': 'json',
  'application/yang-data+xml': 'xml',
  'application/json': 'json',
  'application/xml': 'xml',
  'application/vnd.lwaftr.document+json': 'document',
  'application/vnd.lwaftr.document+xml': 'elements',
  'application/vnd.lwaftr.document+text': 'text',
  'application/vnd.lwaftr.document+xpath': 'xpath',
}

/** RFC 8072 s2.1. */
const PATCHES: Readonly<Record<string, MessageFormat>> = {
  'application/yang-patch+json': 'json',
  'application/yang-patch+xml': 'xml',
}

/** What a capture of live traffic is answered in: it has no registered type. */
export const CAPTURE_FILE = 'application/x-pcapng'

/** For messages. */
export const SUPPORTED = 'application/yang-data+json or application/yang-data+xml'

export const YANG_PATCH = 'application/yang-patch+json'

/** What can be sent with PATCH, for Accept-Patch (RFC 5789 s3.1). */
export const PATCH_TYPES: readonly string[] = [
  'application/yang-data+json',
  'application/yang-data+xml',
  ...Object.keys(PATCHES),
]

const DATA = Object.keys(TYPES)
const MESSAGES = DATA.filter((type) => TYPES[type] === 'json' || TYPES[type] === 'xml')

export function contentType(format: Format): string {
  return DATA.find((type) => TYPES[type] === format) ?? ''
}

/** The format of a request's body; a listing of leaves is only written. Throws LwaftrError 415. */
export function formatOf(headers: IncomingHttpHeaders): Exclude<Format, 'xpath'> {
  const format = TYPES[mediaType(headers)]
  if (!format || format === 'xpath') throw unsupported(headers)
  return format
}

/** The same where only JSON and XML are understood. */
export function messageFormatOf(headers: IncomingHttpHeaders): MessageFormat {
  const format = formatOf(headers)
  if (format === 'json' || format === 'xml') return format
  throw unsupported(headers)
}

/** The format of a YANG Patch; undefined when the body is something else. */
export function patchFormatOf(headers: IncomingHttpHeaders): MessageFormat | undefined {
  return PATCHES[mediaType(headers)]
}

/** Without parameters. All our formats are UTF-8; a body that is compressed, or in another charset, is not read. */
function mediaType(headers: IncomingHttpHeaders): string {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim())
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter))
  if (charset !== undefined && !/^charset="?(utf-8|us-ascii)"?$/i.test(charset)) throw unsupported(headers)
  const coding = headers['content-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'identity')
    throw error('unsupported-media-type', { media: `in content coding ${coding}`, supported: 'it without' })
  return type.toLowerCase()
}

function unsupported(headers: IncomingHttpHeaders): Error {
  const media = headers['content-type'] ?? '(none given)'
  return error('unsupported-media-type', { media, supported: SUPPORTED })
}

/** A media type that the client takes, and the format that it stands for. */
export interface Accepted<F extends Format = Format> {
  readonly type: string
  readonly format: F
}

/** The best form for data. Throws LwaftrError 406. */
export function acceptedFormat(headers: IncomingHttpHeaders): Accepted {
  const type = negotiate(headers, likeInput(headers, DATA))
  return { type, format: TYPES[type] ?? 'json' }
}

/** The best form for what is JSON or XML, or else a file of that type. Throws LwaftrError 406. */
export function acceptedMessage(headers: IncomingHttpHeaders, file?: string): Accepted<MessageFormat> {
  const type = negotiate(headers, [...likeInput(headers, MESSAGES), ...(file === undefined ? [] : [file])])
  return { type, format: TYPES[type] === 'xml' ? 'xml' : 'json' }
}

/** Errors have a form also where the client takes none that we have. */
export function errorForm(headers: IncomingHttpHeaders): Accepted<MessageFormat> {
  try {
    return acceptedMessage(headers)
  } catch {
    return acceptedMessage({ ...headers, accept: '*/*' })
  }
}

/** The best of the types offered; of equals the first. Throws LwaftrError 406. */
export function negotiate({ accept }: IncomingHttpHeaders, offered: readonly string[]): string {
  // What most clients send; the rest of the work is then for nothing.
  if (accept === undefined || accept === '' || accept === '*/*') return offered[0] ?? ''
  const best = new Negotiator({ headers: { accept } }).mediaType([...offered])
  if (best === undefined)
    throw error('not-acceptable', { accept, supported: offered.slice(0, 2).join(' or ') })
  return best
}

/** Who sends XML and leaves the choice to us gets XML (RFC 8040 s5.2). */
function likeInput(headers: IncomingHttpHeaders, types: readonly string[]): readonly string[] {
  if (!/^application\/(yang-data|yang-patch)?\+?xml\b/i.test(headers['content-type'] ?? '')) return types
  return [...types].sort((a, b) => Number(TYPES[b] === 'xml') - Number(TYPES[a] === 'xml'))
}
