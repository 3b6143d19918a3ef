/**
 * Every failure an operator can meet, in one table: what it is called here, the HTTP status, the
 * error-type and error-tag that RESTCONF answers with (RFC 8040 s7, RFC 7950 s15), and the message.
 * A bug is not in this table: it throws an ordinary Error and reaches the log.
 */

/** error-type of RFC 8040: the layer that found the error. */
export type ErrorType = 'transport' | 'rpc' | 'protocol' | 'application'

/** error-tag of RFC 6241 appendix A. */
export type ErrorTag =
  | 'in-use'
  | 'invalid-value'
  | 'too-big'
  | 'missing-attribute'
  | 'bad-attribute'
  | 'unknown-attribute'
  | 'missing-element'
  | 'bad-element'
  | 'unknown-element'
  | 'unknown-namespace'
  | 'access-denied'
  | 'lock-denied'
  | 'resource-denied'
  | 'rollback-failed'
  | 'data-exists'
  | 'data-missing'
  | 'operation-not-supported'
  | 'operation-failed'
  | 'partial-operation'
  | 'malformed-message'

interface Row {
  readonly status: number
  readonly type: ErrorType
  readonly tag: ErrorTag
  /** error-app-tag, where RFC 7950 s15 gives one. */
  readonly appTag?: string
  /** Says what is wrong and what to do; {words} are parameters. */
  readonly message: string
}

const row = <const M extends string>(
  status: number,
  type: ErrorType,
  tag: ErrorTag,
  message: M,
  appTag?: string,
) => ({ status, type, tag, message, ...(appTag === undefined ? {} : { appTag }) })

/* One row a line, so that the table reads as a table. */
// biome-ignore format: a table
const table = {
  // Text, JSON, XML: what could not be read
  'syntax': row(400, 'application', 'malformed-message', '{problem}'),
  'too-deep': row(400, 'application', 'malformed-message', 'nested deeper than {limit} levels'),
  'too-big': row(413, 'application', 'too-big', '{what} is larger than {limit}'),
  // Names and paths
  'bad-path': row(400, 'protocol', 'invalid-value', 'cannot read path {path}: {problem}'),
  'unknown-node': row(400, 'application', 'unknown-element', 'unknown node {name} in {parent}{hint}'),
  'unknown-module': row(400, 'application', 'unknown-namespace', 'unknown module {name}{hint}'),
  'unknown-attribute': row(400, 'protocol', 'unknown-attribute', 'attribute {name} of {element} is not known here'),
  'missing-key': row(400, 'application', 'missing-element', 'entry of list {list} lacks its key {key}; add it'),
  // Values
  'bad-value': row(400, 'application', 'invalid-value', '{name}: {problem}'),
  'key-mismatch': row(400, 'application', 'invalid-value', '{name} is {value} in the value but {expected} in the path; make them the same'),
  'duplicate': row(400, 'application', 'bad-element', '{name} is given twice; keep one'),
  'choice': row(400, 'application', 'bad-element', '{name} and {other} exclude each other; keep one'),
  'missing-node': row(400, 'application', 'missing-element', '{name} is missing; add it'),
  'missing-choice': row(409, 'application', 'data-missing', 'one of {names} is missing; add one of them', 'missing-choice'),
  'missing-instance': row(409, 'application', 'data-missing', '{problem}', 'instance-required'),
  'must-violation': row(412, 'application', 'operation-failed', '{problem}', 'must-violation'),
  'not-unique': row(412, 'application', 'operation-failed', '{problem}', 'data-not-unique'),
  'read-only': row(400, 'application', 'invalid-value', '{name} is state, it cannot be configured; leave it out'),
  // Rules across softwires, enforced beside libyang
  'softwire-duplicate': row(400, 'application', 'bad-element', 'softwire {entry} is given twice; keep one'),
  'softwire-port-set': row(412, 'application', 'operation-failed', 'softwires {entry} and {other} share an IPv4 address but differ in port-set; give all softwires of an address the same psid-length and reserved-ports-bit-count', 'must-violation'),
  // Resources
  'data-missing': row(409, 'application', 'data-missing', '{path} does not exist'),
  'data-exists': row(409, 'application', 'data-exists', '{path} exists already; replace it, or merge into it'),
  'not-found': row(404, 'application', 'invalid-value', '{path} does not exist'),
  'method-not-allowed': row(405, 'protocol', 'operation-not-supported', '{method} is not possible on {path}; the methods that are stand in Allow'),
  'unknown-method': row(501, 'protocol', 'operation-not-supported', 'method {method} is not known'),
  'not-acceptable': row(406, 'protocol', 'invalid-value', 'none of the media types in Accept ({accept}) can be produced; try {supported}'),
  'several-in-xml': row(400, 'protocol', 'invalid-value', '{list} has not exactly one entry, which is all that an XML document can hold; name one, or ask for JSON'),
  'unsupported-media-type': row(415, 'protocol', 'invalid-value', 'content type {media} is not understood; send {supported}'),
  'precondition-failed': row(412, 'protocol', 'operation-failed', 'the resource changed meanwhile: {problem}; read it again, then repeat the edit'),
  'bad-page': row(400, 'application', 'invalid-value', 'query parameter {name}: {problem}'),
  'lists-only': row(400, 'application', 'operation-not-supported', 'query parameter {name} is for lists as a whole'),
  'offset-out-of-range': row(416, 'application', 'invalid-value', 'offset {offset} is beyond the {count} entries that there are', 'ietf-list-pagination:offset-out-of-range'),
  'cursor-not-found': row(404, 'application', 'invalid-value', 'cursor {cursor} is none of this list; begin without one', 'ietf-list-pagination:cursor-not-found'),
  'cursor-not-supported': row(501, 'application', 'operation-not-supported', 'entries of {name} have no keys that a cursor could hold; use offset'),
  'locale-unavailable': row(501, 'application', 'invalid-value', 'locale {locale} is not available', 'ietf-list-pagination:locale-unavailable'),
  'upgrade-required': row(426, 'protocol', 'operation-not-supported', '{path} is a WebSocket (RFC 6455); ask for an upgrade'),
  'bad-query': row(400, 'protocol', 'invalid-value', 'query parameter {name}: {problem}'),
  'missing-point': row(400, 'protocol', 'bad-attribute', 'there is no {point} to insert next to', 'missing-instance'),
  'starting': row(503, 'protocol', 'resource-denied', 'the relay is starting; try again in a second'),
  'bad-http': row(400, 'transport', 'malformed-message', 'this is not HTTP: {problem}'),
  'headers-too-big': row(431, 'transport', 'too-big', 'the headers are larger than the server takes'),
  'too-slow': row(408, 'transport', 'operation-failed', 'the request took too long to arrive'),
  'bad-request': row(400, 'protocol', 'malformed-message', '{problem}'),
  // Who may come in, and how often
  'login-required': row(401, 'protocol', 'access-denied', 'say who you are: by user name and password (HTTP basic), a bearer token or a client certificate'),
  'login-failed': row(401, 'protocol', 'access-denied', 'nobody is known by these credentials; check user and password, token or certificate, and whether they have expired'),
  'too-many-logins': row(429, 'protocol', 'access-denied', 'too many failed logins from this address; wait as Retry-After says'),
  'too-many-requests': row(429, 'protocol', 'resource-denied', 'more requests from this address than the relay is set to take; wait as Retry-After says'),
  'foreign-origin': row(403, 'protocol', 'access-denied', 'web pages of {origin} may not use this relay; add it to /config-server/allowed-origin if they should'),
  'foreign-host': row(421, 'protocol', 'access-denied', 'this relay is not {host}: where nobody logs in, ask for it by its address or as localhost, or add the name as an origin to /config-server/allowed-origin'),
  'busy': row(503, 'protocol', 'resource-denied', 'too many {what} at once; try again as Retry-After says'),
  'access-denied': row(403, 'protocol', 'access-denied', 'you may not do this; a rule of NACM (/nacm/rule-list) has to permit it'),
  // Commits
  'unknown-revision': row(400, 'application', 'invalid-value', 'revision {revision} cannot be had back; those from {oldest} to {newest} can'),
  'commit-pending': row(409, 'application', 'in-use', 'a confirmed commit of {who} is pending until {deadline}; confirm it or cancel it first'),
  'no-commit-pending': row(409, 'application', 'data-missing', 'no confirmed commit is pending'),
  'not-the-committer': row(400, 'application', 'invalid-value', 'the pending commit is confirmed or cancelled with its persist-id, or without one by {who}'),
  // The data plane and the machine below it
  'bad-filter': row(400, 'application', 'invalid-value', 'filter "{filter}" does not compile: {problem}'),
  'device': row(409, 'application', 'resource-denied', 'device {device}: {problem}'),
  'no-memory': row(409, 'application', 'resource-denied', 'not enough memory for {what}: {problem}'),
  'data-plane': row(500, 'application', 'operation-failed', 'data plane: {problem}'),
  'capture-running': row(409, 'application', 'in-use', 'a capture is running already, of {who}; wait for its end, or end it'),
  'damaged': row(500, 'application', 'operation-failed', '{file} is damaged: {problem}; put back a copy of it, or start with --reset and take the configuration from --conf'),
  'storage': row(409, 'application', 'resource-denied', 'cannot store the configuration: {problem}; nothing has changed'),
  'internal': row(500, 'application', 'operation-failed', 'internal error: {problem}'),
  // Files and running relays, as the command line meets them
  'file': row(400, 'application', 'operation-failed', '{file}: {problem}'),
  'check': row(400, 'application', 'operation-failed', '{count} counters are not as expected'),
  'running': row(409, 'transport', 'in-use', 'a relay named {name} is running already; choose another --name or stop it'),
  'state-in-use': row(409, 'transport', 'in-use', 'another relay is running on state directory {directory}'),
  'exposed': row(400, 'transport', 'operation-failed', '{host} can be reached from other machines, where anybody could change everything: add TLS (--tls-cert, --tls-key) and users (/config-server/user, or --client-ca), or --insecure'),
  'listen': row(500, 'transport', 'operation-failed', 'cannot listen on {where}: {problem}'),
  'several-running': row(400, 'transport', 'operation-failed', 'several relays are running, say which with --name: {names}'),
  'not-running': row(503, 'transport', 'operation-failed', 'no relay {name} is running{hint}'),
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof table

/** The {words} of a message template. */
type Words<M extends string> = M extends `${string}{${infer Word}}${infer Rest}` ? Word | Words<Rest> : never
export type ErrorParameters<C extends ErrorCode> = {
  readonly [W in Words<(typeof table)[C]['message']>]: string | number
}

/** Where it happened: in the data (an instance-identifier or api-path) and in the source text. */
export interface ErrorPlace {
  readonly path?: string | undefined
  readonly value?: unknown
  readonly file?: string | undefined
  /** Counted from 1. */
  readonly line?: number | undefined
  /** Counted from 1, in bytes. */
  readonly column?: number | undefined
  readonly appTag?: string | undefined
  readonly tag?: ErrorTag | undefined
  /** Seconds after which it may go better. */
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

/** Control characters as escapes: a message is one line, and nobody's input commands a terminal or a log. */
export const visible = (text: string) =>
  text.replace(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

export class LwaftrError extends Error {
  override readonly name = 'LwaftrError'
  readonly status: number
  readonly tag: ErrorTag
  readonly type: ErrorType
  readonly appTag: string | undefined
  readonly path: string | undefined
  readonly value: unknown
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly retryAfter: number | undefined

  constructor(
    readonly code: ErrorCode,
    message: string,
    place: ErrorPlace = {},
  ) {
    super(visible(message), place.cause === undefined ? undefined : { cause: place.cause })
    const known: Row = table[code]
    this.status = known.status
    this.type = known.type
    this.tag = place.tag ?? known.tag
    this.appTag = place.appTag ?? known.appTag
    this.path = place.path
    this.value = place.value
    this.file = place.file
    this.line = place.line
    this.column = place.column
    this.retryAfter = place.retryAfter
  }

  /** The same error, with more known about where it happened; what is known already stays. */
  at(place: ErrorPlace): LwaftrError {
    const { path, value, file, line, column, appTag, tag, retryAfter, cause } = this
    const known = { path, value, file, line, column, appTag, tag, retryAfter, cause }
    const merged = {
      ...place,
      ...Object.fromEntries(Object.entries(known).filter(([, v]) => v !== undefined)),
    }
    return new LwaftrError(this.code, this.message, merged)
  }

  /** One line for a terminal: `file:line:column: message (path)`. */
  describe(): string {
    const where = [this.file, this.line, this.column].filter((part) => part !== undefined).join(':')
    const path = this.path === undefined || this.message.includes(this.path) ? '' : ` (${this.path})`
    return `${where === '' ? '' : `${where}: `}${this.message}${path}`
  }
}

/** Makes the error that the table's row `code` describes. */
export function error<C extends ErrorCode>(
  code: C,
  parameters: ErrorParameters<C>,
  place?: ErrorPlace,
): LwaftrError {
  const words = new Map<string, string | number>(Object.entries(parameters))
  const message = table[code].message.replace(/\{(\w+)\}/g, (_, word: string) => String(words.get(word)))
  return new LwaftrError(code, message, place)
}

/** The table itself, for documentation and tests. */
export const errorTable: Readonly<Record<ErrorCode, Row>> = table
