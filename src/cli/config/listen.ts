// The machine interface of `lwaftr config listen`: requests as JSON objects, one a line, answered in their order.
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { error } from '../../errors.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import type { Schema } from '../../schema/schema.js'
import { isObject } from '../../schema/shape.js'
import type { Client } from '../client.js'
import { describeFailure } from '../failure.js'
import { add, pathGiven, plainReading, read, remove, set } from './verbs.js'

const VERBS = ['get', 'get-state', 'set', 'add', 'remove'] as const

/**
 * {id, verb, path, value} → {id, status: "ok", value} or {id, status: "error", error}. A request that fails has changed
 * nothing and ends nothing. Resolves at the end of `input`, when everything is answered.
 */
export async function listen(
  client: Client,
  schema: Schema,
  input: Readable,
  output: Writable,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    output.write(`${JSON.stringify(await answer(client, schema, line))}\n`)
  }
}

async function answer(client: Client, schema: Schema, line: string): Promise<JsonObject> {
  let id: JsonObject = {}
  try {
    const request = parse(line)
    if (request.id !== undefined) id = { id: request.id }
    const value = await perform(client, schema, request)
    return { ...id, status: 'ok', ...(value === undefined ? {} : { value }) }
  } catch (problem) {
    return { ...id, status: 'error', error: describeFailure(problem) }
  }
}

function parse(line: string): JsonObject {
  let request: JsonValue
  try {
    request = JSON.parse(line) as JsonValue
  } catch (cause) {
    throw error('bad-request', { problem: `this is not JSON: ${(cause as Error).message}` }, { cause })
  }
  if (!isObject(request)) throw error('bad-request', { problem: 'a request is a JSON object' })
  return request
}

async function perform(client: Client, schema: Schema, request: JsonObject): Promise<string | undefined> {
  const verb = stringIn(request, 'verb')
  const path = pathGiven(schema, stringIn(request, 'path'))
  switch (verb) {
    case 'get':
      return read(client, path, 'config', plainReading)
    case 'get-state':
      return read(client, path, 'nonconfig', plainReading)
    case 'set':
      await set(client, schema, path, stringIn(request, 'value'))
      return undefined
    case 'add':
      await add(client, schema, path, stringIn(request, 'value'))
      return undefined
    case 'remove':
      await remove(client, path)
      return undefined
    default:
      throw error('bad-request', { problem: `verb ${verb} is none of ${VERBS.join(', ')}` })
  }
}

function stringIn(request: JsonObject, name: string): string {
  const value = request[name]
  if (typeof value !== 'string')
    throw error('bad-request', { problem: `the request lacks ${name}, a string; add it` })
  return value
}
