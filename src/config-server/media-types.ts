// Which of our formats a client sends and which it wants (RFC 9110 s12.5.1, RFC 8040 s5.2).
import { error } from '../errors.js'

/** `document` is JSON whose datastore has no name around it: what a file holds. */
export type Format = 'json' | 'xml' | 'document' | 'text' | 'xpath'

/** The last three are for our own command line: there are no registered media types for them. */
const TYPES: Readonly<Record<string, Format>> = {
  'application/yang-data+json': 'json',
  'application/json': 'json',
  'application/yang-data+xml': 'xml',
  'application/xml': 'xml',
  'application/vnd.lwaftr.document+json': 'document',
  'application/vnd.lwaftr.document+text': 'text',
  'application/vnd.lwaftr.document+xpath': 'xpath',
}

export const YANG_PATCH = 'application/yang-patch+json'

export const supportedTypes: readonly string[] = Object.keys(TYPES)

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/yang-data+json',
  xml: 'application/yang-data+xml',
  document: 'application/vnd.lwaftr.document+json',
  text: 'application/vnd.lwaftr.document+text',
  xpath: 'application/vnd.lwaftr.document+xpath',
}

export function contentType(format: Format): string {
  return CONTENT_TYPES[format]
}

/** The format of a request's body. Throws LwaftrError 415. */
export function formatOf(contentTypeHeader: string | undefined): Format {
  const media = mediaType(contentTypeHeader)
  const format = TYPES[media]
  if (!format)
    throw error('unsupported-media-type', {
      media: media || 'missing',
      supported: 'application/yang-data+json',
    })
  return format
}

export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** The best of our types for an Accept header. Throws LwaftrError 406. */
export function negotiate(accept: string | undefined, offered: readonly string[] = supportedTypes): string {
  const ranges = (accept?.trim() || '*/*').split(',').map(parseRange)
  let best: { type: string; q: number } | undefined
  for (const type of offered) {
    const q = quality(type, ranges)
    if (q > 0 && (!best || q > best.q)) best = { type, q }
  }
  if (!best) throw error('not-acceptable', { accept: accept ?? '', supported: offered[0] ?? '' })
  return best.type
}

/** The best of our formats for an Accept header. */
export function acceptedFormat(accept: string | undefined): Format {
  return TYPES[negotiate(accept)] ?? 'json'
}

/** Media types of messages, as opposed to documents: JSON or XML. */
const MESSAGES = supportedTypes.filter((type) => TYPES[type] === 'json' || TYPES[type] === 'xml')

/** JSON or XML, for resources that have no other form. Throws LwaftrError 406. */
export function acceptedMessageFormat(accept: string | undefined): 'json' | 'xml' {
  return TYPES[negotiate(accept, MESSAGES)] === 'xml' ? 'xml' : 'json'
}

/** The format of a request's body where only JSON and XML are understood. Throws LwaftrError 415. */
export function messageFormatOf(contentTypeHeader: string | undefined): 'json' | 'xml' {
  const format = formatOf(contentTypeHeader)
  if (format === 'json' || format === 'xml') return format
  const supported = 'application/yang-data+json'
  throw error('unsupported-media-type', { media: mediaType(contentTypeHeader), supported })
}

interface Range {
  readonly type: string
  readonly q: number
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, q: q === undefined ? 1 : Number(q.slice(2)) || 0 }
}

/** The most specific range that covers the type decides. */
function quality(type: string, ranges: readonly Range[]): number {
  const [family] = type.split('/')
  for (const pattern of [type, `${family}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === pattern)
    if (range) return range.q
  }
  return 0
}
