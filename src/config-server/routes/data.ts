// /restconf/data: the datastore and every resource in it (RFC 8040 s3.4, s3.5, s4).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { error, LwaftrError } from '../../errors.js'
import { type DataPath, formatApiPath, formatInstanceIdentifier, parseApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { readChild, readValue } from '../body.js'
import type { ConfigurationView, Running } from '../datastore.js'
import type { Edit } from '../edit.js'
import { acceptedFormat, contentType, mediaType, YANG_PATCH } from '../media-types.js'
import { checkWrite, isFresh } from '../preconditions.js'
import { parseRetrieval, refuseParameters } from '../query.js'
import { exists, read } from '../reading.js'
import { represent } from '../representation.js'
import { baseOf, type Method, notAllowed, pathOf, queryOf, resource, send } from '../resource.js'
import type { Services } from '../services.js'
import { announcedRoutes } from './announced-routes.js'
import { patchInOrder } from './yang-patch.js'

const PREFIX = '/restconf/data'

export function dataRoutes(app: FastifyInstance, services: Services): void {
  announcedRoutes(app, services, (request, reply) => get(services, request, reply))
  for (const url of [PREFIX, `${PREFIX}/*`])
    resource(app, url, {
      GET: (request, reply) => get(services, request, reply),
      OPTIONS: (request, reply) => options(services, request, reply),
      POST: (request, reply) => post(services, request, reply),
      PUT: (request, reply) => put(services, request, reply),
      PATCH: (request, reply) => patch(services, request, reply),
      DELETE: (request, reply) => remove(services, request, reply),
    })
}

function get(services: Services, request: FastifyRequest, reply: FastifyReply): unknown {
  const path = target(services, request)
  const query = parseRetrieval(services.schema, queryOf(request), path)
  const format = acceptedFormat(request.headers.accept)
  const reading = read(services, path, query, baseOf(request))
  if (!reading) throw notFound(formatInstanceIdentifier(path))
  validators(services, reply, services.datastore.running)
  reply.header('cache-control', 'no-cache').header('vary', 'accept')
  if (reading.configOnly && isFresh(request.headers, current(services.schema, services.datastore, path)))
    return reply.code(304).send()
  if (request.method === 'HEAD') return reply.type(contentType(format)).send()
  return send(reply, contentType(format), represent(services.schema, path, reading, format))
}

function options(services: Services, request: FastifyRequest, reply: FastifyReply): unknown {
  const methods = methodsOf(target(services, request))
  if (methods.includes('PATCH')) reply.header('accept-patch', `application/yang-data+json, ${YANG_PATCH}`)
  return reply.header('allow', methods.join(', ')).code(204).send()
}

async function post(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const parent = editable(services, request, reply)
  const child = readChild(services.schema, parent, request.headers['content-type'], body(request))
  const { made } = await commit(services, request, parent, [{ operation: 'create', ...child }])
  return validators(services, reply, made)
    .code(201)
    .header('location', location(request, child.target))
    .send()
}

async function put(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  const value = readValue(services.schema, path, 'replace', request.headers['content-type'], body(request))
  const edits: Edit[] = [{ operation: 'replace', target: path, ...value }]
  const { existed, made } = await commit(services, request, path, edits)
  if (!existed) reply.code(201).header('location', location(request, path))
  else reply.code(204)
  return validators(services, reply, made).send()
}

async function patch(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  if (mediaType(request.headers['content-type']) === YANG_PATCH)
    return patchInOrder(services, path, request, reply, body(request))
  const value = readValue(services.schema, path, 'merge', request.headers['content-type'], body(request))
  const { made } = await commit(
    services,
    request,
    path,
    [{ operation: 'merge', target: path, ...value }],
    (existed) => {
      // What holds other nodes only is there whether or not it holds any (RFC 7950 s7.5.1).
      const node = path.steps.at(-1)?.node
      if (!existed && node && (node.kind !== 'container' || node.presence))
        throw notFound(formatInstanceIdentifier(path))
    },
  )
  return validators(services, reply, made).code(204).send()
}

async function remove(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  const { made } = await commit(services, request, path, [{ operation: 'delete', target: path }])
  return validators(services, reply, made).code(204).send()
}

/**
 * Commits, if the request's conditions hold; tells whether the target existed before, and what the datastore was then
 * called: others may have committed since.
 */
async function commit(
  services: Services,
  request: FastifyRequest,
  path: DataPath,
  edits: Edit[],
  check: (existed: boolean) => void = () => {},
): Promise<{ existed: boolean; made: Named }> {
  let existed = false
  let before: Named = services.datastore.running
  const precondition = (datastore: ConfigurationView) => {
    const validators = current(services.schema, datastore, path)
    existed = validators.exists
    before = datastore.running
    check(existed)
    checkWrite(request.headers, validators)
  }
  try {
    const by = { who: request.session.user, via: 'restconf' }
    const made = await services.transactions.commit({ edits, precondition, ...by })
    return { existed, made: made ?? before }
  } catch (problem) {
    // A resource that a URL names and that is not there is 404 in HTTP's words.
    if (problem instanceof LwaftrError && problem.code === 'data-missing') throw notFound(problem.path)
    throw problem
  }
}

function target({ schema }: Services, request: FastifyRequest): DataPath {
  const apiPath = pathOf(request).slice(PREFIX.length).replace(/^\//, '')
  return apiPath === '' ? { steps: [] } : parseApiPath(schema, apiPath)
}

/** The target of a request that changes it and takes no query parameters. */
function editable(services: Services, request: FastifyRequest, reply: FastifyReply): DataPath {
  const path = target(services, request)
  const methods = methodsOf(path)
  if (!methods.includes(request.method as Method)) throw notAllowed(request, reply, methods.join(', '))
  refuseParameters(queryOf(request))
  return path
}

/** State and lists as a whole are only read; the datastore cannot be deleted; a leaf has no children to post. */
function methodsOf(path: DataPath): Method[] {
  const read: Method[] = ['GET', 'HEAD', 'OPTIONS']
  const last = path.steps.at(-1)
  if (!last) return [...read, 'POST', 'PUT', 'PATCH']
  const { kind, config } = last.node
  const whole = (kind === 'list' || kind === 'leaf-list') && last.keys.length === 0
  if (!config || whole) return read
  return kind === 'leaf' || kind === 'leaf-list'
    ? [...read, 'PUT', 'PATCH', 'DELETE']
    : [...read, 'POST', 'PUT', 'PATCH', 'DELETE']
}

function current(schema: Schema, datastore: ConfigurationView, path: DataPath) {
  const { entityTag, running } = datastore
  return {
    entityTag,
    time: running.time,
    exists: path.steps.length === 0 || exists({ schema, datastore }, path),
  }
}

/** A configuration, by what its commit is called. */
type Named = Pick<Running, 'revision' | 'time'>

function validators({ datastore }: Services, reply: FastifyReply, { revision, time }: Named): FastifyReply {
  return reply.header('etag', datastore.entityTagOf(revision)).header('last-modified', time.toUTCString())
}

function location(request: FastifyRequest, path: DataPath): string {
  return `${baseOf(request)}${PREFIX}/${formatApiPath(path)}`
}

function notFound(path = ''): Error {
  return error('not-found', { path }, { path })
}

function body(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}
