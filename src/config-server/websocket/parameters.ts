// What comes in a WebSocket message, checked by ajv (JSON Type Definition, RFC 8927). The compiler holds each schema to
// its type.
import { Ajv, type JTDSchemaType, type ValidateFunction } from 'ajv/dist/jtd.js'
import { error } from '../../errors.js'
import type { JsonValue } from '../../schema/json-types.js'
import { CODES, Failure } from './json-rpc.js'

export interface Subscribe {
  stream: string
  since?: string
  epoch?: string
  'interval-ms'?: number
  filter?: string
}

export interface Unsubscribe {
  subscription: number
}

/** Beside the path, query parameters of a GET. */
export interface Get {
  path: string
}

const string = { type: 'string' } as const

const subscribe: JTDSchemaType<Subscribe> = {
  properties: { stream: string },
  optionalProperties: { since: string, epoch: string, 'interval-ms': { type: 'float64' }, filter: string },
}

const unsubscribe: JTDSchemaType<Unsubscribe> = { properties: { subscription: { type: 'float64' } } }

const get: JTDSchemaType<Get> = { properties: { path: string }, additionalProperties: true }

const ajv = new Ajv({ validateSchema: false })

/** Throws Failure unless the parameters of the method are those of the schema. */
function checker<T>(schema: JTDSchemaType<T>): (params: JsonValue | undefined) => T {
  const validate: ValidateFunction<T> = ajv.compile(schema)
  return (params) => {
    if (validate(params)) return params
    const problem = ajv.errorsText(validate.errors, { dataVar: 'params' })
    throw new Failure(error('bad-value', { name: 'params', problem }), CODES.params)
  }
}

export const subscribeParams = checker(subscribe)
export const unsubscribeParams = checker(unsubscribe)
export const getParams = checker(get)
