// /restconf/operations: what can be done beside editing data (RFC 8040 s3.3.2, s3.6, s4.4.2).
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { error } from '../../errors.js'
import { wrapJson } from '../../schema/json.js'
import { envelope, readInput } from '../../schema/operation.js'
import type { Schema, SchemaNode } from '../../schema/schema.js'
import { escapeXml, writeXml } from '../../schema/xml.js'
import { acceptedMessage, CAPTURE_FILE, messageFormatOf } from '../media-types.js'
import { rpcHandlers } from '../operations/operations.js'
import { refuseParameters } from '../query.js'
import { pathOf, queryOf, resource, send } from '../resource.js'
import type { Unbound } from '../services.js'

const PREFIX = '/restconf/operations'

export function operationRoutes(app: FastifyInstance, services: Unbound): void {
  resource(app, PREFIX, { GET: (request, reply) => list(services.schema, request, reply) })
  resource(app, `${PREFIX}/:name`, { POST: (request, reply) => invoke(services, request, reply) })
}

/** Each operation is shown as an empty leaf. */
function list(schema: Schema, request: FastifyRequest, reply: FastifyReply): unknown {
  refuseParameters(queryOf(request))
  const { type, format } = acceptedMessage(request.headers)
  reply.header('vary', 'accept')
  const rpcs = Object.keys(rpcHandlers).map((name) => rpcOf(schema, name))
  return send(reply, type, format === 'json' ? listJson(rpcs) : listXml(schema, rpcs))
}

function listJson(rpcs: readonly SchemaNode[]): string {
  const leaves = rpcs.map(({ module, name }) => [`${module}:${name}`, [null]] as const)
  return JSON.stringify({ 'ietf-restconf:operations': Object.fromEntries(leaves) })
}

function listXml({ modules }: Schema, rpcs: readonly SchemaNode[]): string {
  const leaves = rpcs.map(
    ({ module, name }) => `<${name} xmlns="${escapeXml(modules.get(module)?.namespace ?? '')}"/>`,
  )
  return `<operations xmlns="urn:ietf:params:xml:ns:yang:ietf-restconf">${leaves.join('')}</operations>`
}

async function invoke(services: Unbound, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  refuseParameters(queryOf(request))
  const { schema } = services
  const name = decodeURIComponent(pathOf(request).slice(PREFIX.length + 1))
  const handler = Object.hasOwn(rpcHandlers, name) ? rpcHandlers[name] : undefined
  if (!handler) throw error('not-found', { path: pathOf(request) })
  const rpc = rpcOf(schema, name)
  services.access.checkExecute(request.session, rpc)
  // Before anything is done: an answer that the client cannot read would hide from it that it was.
  const answer = acceptedMessage(request.headers, name === 'lwaftr:capture' ? CAPTURE_FILE : undefined)
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const input = readInput(schema, rpc, body, body.length === 0 ? 'json' : messageFormatOf(request.headers))
  const output = await handler(services.access.as(request.session, services), {
    input,
    session: request.session,
    via: 'restconf',
  })
  if (output instanceof Readable) return send(reply, CAPTURE_FILE, output)
  if (output === undefined) return reply.code(204).send()
  const path = envelope(rpc, 'output')
  const text =
    answer.format === 'json'
      ? JSON.stringify(wrapJson(path, output))
      : [...writeXml(schema, path, { value: output })].join('')
  return send(reply, answer.type, text)
}

function rpcOf(schema: Schema, name: string): SchemaNode {
  const rpc = schema.rpcs.get(name)
  if (rpc === undefined) throw new Error(`the model has no rpc ${name}`)
  return rpc
}
