// JSON-RPC 2.0: requests, notifications and batches in, answers out. Results are JSON text already, so that nothing large
// is made twice.
import { error, type LwaftrError } from '../../errors.js'
import { parseJson } from '../../schema/json.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { asLwaftrError, errorEntry } from '../restconf-errors.js'
import { isObject } from '../tree.js'

/** Answers JSON text. Throws LwaftrError. */
export type Method = (params: JsonValue | undefined) => string | Promise<string>

export interface Methods {
  readonly [name: string]: Method
}

/** Of JSON-RPC; `refused` is ours, for what RESTCONF would answer with the same errors. */
export const CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  refused: -32000,
}

/** A failure whose answer has another code, or more data than its errors. */
export class Failure extends Error {
  constructor(
    readonly problem: LwaftrError,
    readonly code: number,
    readonly data: JsonObject = {},
  ) {
    super(problem.message, { cause: problem })
  }
}

/** Requests in one batch, and characters of the answers to it after which no more are worked on. */
const MOST = 1000
const LARGEST = 16 << 20

/** The answer to a message; undefined where none is due: there were only notifications. */
export async function answer(
  methods: Methods,
  message: Buffer,
  log: (problem: unknown) => void,
): Promise<string | undefined> {
  let document: JsonValue
  try {
    document = parseJson(message)
  } catch (problem) {
    return failure(null, CODES.parse, asLwaftrError(problem))
  }
  if (!Array.isArray(document)) return one(methods, document, log)
  if (document.length === 0 || document.length > MOST)
    return invalid(`a batch holds 1 to ${MOST} requests, not ${document.length}`)
  const answers: string[] = []
  let size = 0
  // One after the other: what is asked later in a batch sees what was done earlier.
  for (const request of document) {
    const text = await one(size < LARGEST ? methods : exhausted(methods), request, log)
    if (text === undefined) continue
    answers.push(text)
    size += text.length
  }
  return answers.length > 0 ? `[${answers.join(',')}]` : undefined
}

/** The same methods, all of which refuse. */
function exhausted(methods: Methods): Methods {
  const refuse = () => {
    throw error('too-big', { what: 'the answer to the batch', limit: `${LARGEST >> 20} MiB` })
  }
  return Object.fromEntries(Object.keys(methods).map((name) => [name, refuse]))
}

async function one(
  methods: Methods,
  request: JsonValue,
  log: (problem: unknown) => void,
): Promise<string | undefined> {
  if (!isObject(request)) return invalid('a request is an object')
  const { jsonrpc, id, method, params } = request
  if (jsonrpc !== '2.0') return invalid('its jsonrpc is not "2.0"')
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    return invalid('its id is neither a string nor a number')
  if (typeof method !== 'string') return invalid('its method is not a string')
  const text = await call(methods, method, params, id ?? null, log)
  return id === undefined ? undefined : text
}

async function call(
  methods: Methods,
  name: string,
  params: JsonValue | undefined,
  id: JsonValue,
  log: (problem: unknown) => void,
): Promise<string> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) {
    const problem = `method ${name} is not one of ${Object.keys(methods).join(', ')}`
    return failure(id, CODES.method, error('bad-request', { problem }))
  }
  try {
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${await method(params)}}`
  } catch (problem) {
    if (problem instanceof Failure) return failure(id, problem.code, problem.problem, problem.data)
    const known = asLwaftrError(problem)
    if (known.code !== 'internal') return failure(id, CODES.refused, known)
    log(problem)
    return failure(id, CODES.internal, known)
  }
}

function invalid(problem: string): string {
  return failure(null, CODES.request, error('bad-request', { problem }))
}

function failure(id: JsonValue, code: number, problem: LwaftrError, more: JsonObject = {}): string {
  const data = { 'ietf-restconf:errors': { error: [errorEntry(problem)] }, ...more }
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: problem.message, data } })
}
