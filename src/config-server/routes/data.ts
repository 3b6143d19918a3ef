// /restconf/data and /restconf/ds/…: datastores and every resource in them (RFC 8040 s3.4, s3.5, s4; RFC 8527).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { error, LwaftrError } from '../../errors.js'
import { type DataPath, formatApiPath, formatInstanceIdentifier, parseApiPath } from '../../schema/paths.js'
import { readChild, readValue } from '../body.js'
import type { ConfigurationView } from '../datastore.js'
import { DATA, DATASTORES, type Door, doorTo, isWritable } from '../datastores.js'
import type { Edit } from '../edit.js'
import { acceptedFormat, PATCH_TYPES, patchFormatOf } from '../media-types.js'
import {
  checkWrite,
  isFresh,
  showValidators,
  type Validators,
  validatorsAfter,
  validatorsOf,
} from '../preconditions.js'
import { parsePlacement, parseRetrieval, refuseParameters, type WantedPlacement } from '../query.js'
import { countUpTo, type Reading, read } from '../reading.js'
import { represent } from '../representation.js'
import { baseOf, type Method, notAllowed, pathOf, queryOf, resource, send } from '../resource.js'
import type { Services, Unbound } from '../services.js'
import { isUserOrdered, placementOf } from '../user-order.js'
import { announcedRoutes } from './announced-routes.js'
import { patchInOrder } from './yang-patch.js'

/** What a handler works with: all of the server, through one door. */
interface Here extends Services {
  readonly door: Door
}

export function dataRoutes(app: FastifyInstance, services: Unbound): void {
  const data = (request: FastifyRequest) => ({ ...services.access.as(request.session, services), door: DATA })
  announcedRoutes(app, services, (request, reply) => get(data(request), request, reply))
  everyResource(app, DATA.prefix, data)
  everyResource(app, `${DATASTORES}/:datastore`, (request) => {
    const door = doorTo(services.datastores, (request.params as { datastore: string }).datastore)
    if (!door) throw notFound(pathOf(request))
    return { ...services.access.as(request.session, services), door }
  })
}

function everyResource(app: FastifyInstance, prefix: string, here: (request: FastifyRequest) => Here): void {
  for (const url of [prefix, `${prefix}/*`])
    resource(app, url, {
      GET: (request, reply) => get(here(request), request, reply),
      OPTIONS: (request, reply) => options(here(request), request, reply),
      POST: (request, reply) => post(here(request), request, reply),
      PUT: (request, reply) => put(here(request), request, reply),
      PATCH: (request, reply) => patch(here(request), request, reply),
      DELETE: (request, reply) => remove(here(request), request, reply),
    })
}

function get(services: Here, request: FastifyRequest, reply: FastifyReply): unknown {
  const path = target(services, request)
  const query = parseRetrieval(services.schema, queryOf(request), path, services.door.datastore)
  const { type, format } = acceptedFormat(request.headers)
  const reading = read(services, path, query, baseOf(request))
  if (!reading) throw notFound(formatInstanceIdentifier(path))
  if (format === 'xml' && isSeveral(path)) refuseSeveral(path, reading)
  reply.header('cache-control', 'no-cache').header('vary', 'accept')
  // State has no validators: it changes when it likes (RFC 8040 s3.5.1), and so does what is in use.
  if (services.door.datastore !== 'operational' && (path.steps.at(-1)?.node.config ?? true)) {
    const current = validatorsOf(services, path)
    showValidators(reply, current)
    if (reading.configOnly && isFresh(request.headers, current)) return reply.code(304).send()
  }
  // What is streamed has no length that could be told without the work.
  if (request.method === 'HEAD' && reading.softwires) return reply.header('content-type', type).send()
  return send(reply, type, represent(services.schema, path, reading, format))
}

/** An XML document has one element: RFC 8040 s4.3 wants several instances refused. */
function refuseSeveral(path: DataPath, reading: Reading): void {
  if (countUpTo(2, reading) === 1) return
  const list = formatInstanceIdentifier(path)
  throw error('several-in-xml', { list }, { path: list })
}

function options(services: Here, request: FastifyRequest, reply: FastifyReply): unknown {
  refuseParameters(queryOf(request))
  const methods = methodsOf(services.door, target(services, request))
  if (methods.includes('PATCH')) reply.header('accept-patch', PATCH_TYPES.join(', '))
  return reply.header('allow', methods.join(', ')).code(204).send()
}

async function post(services: Here, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const parent = editable(services, request, reply)
  const wanted = parsePlacement(queryOf(request))
  const child = readChild(services.schema, parent, request.headers, body(request))
  const edit = placedEdit(services, { operation: 'create', ...child }, wanted)
  const { after } = await commit(services, request, parent, edit)
  return showValidators(reply, after)
    .code(201)
    .header('location', location(services, request, child.target))
    .send()
}

async function put(services: Here, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  const wanted = parsePlacement(queryOf(request))
  const value = readValue(services.schema, path, 'replace', request.headers, body(request))
  const edit = placedEdit(services, { operation: 'replace', target: path, ...value }, wanted)
  const { existed, after } = await commit(services, request, path, edit)
  if (existed) reply.code(204)
  else reply.code(201).header('location', location(services, request, path))
  return showValidators(reply, after).send()
}

async function patch(services: Here, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  refuseParameters(queryOf(request))
  const format = patchFormatOf(request.headers)
  if (format) return patchInOrder(services, path, request, reply, { format, body: body(request) })
  const value = readValue(services.schema, path, 'merge', request.headers, body(request))
  const edit = { operation: 'merge', target: path, ...value } as const
  const { after } = await commit(services, request, path, edit, (existed) => {
    // What holds other nodes only is there whether or not it holds any (RFC 7950 s7.5.1).
    const node = path.steps.at(-1)?.node
    if (!existed && node && (node.kind !== 'container' || node.presence))
      throw notFound(formatInstanceIdentifier(path))
  })
  return showValidators(reply, after).code(204).send()
}

async function remove(services: Here, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = editable(services, request, reply)
  refuseParameters(queryOf(request))
  await commit(services, request, path, { operation: 'delete', target: path })
  return reply.code(204).send()
}

/** The edit with its `insert` and `point` (RFC 8040 s4.8.5, s4.8.6). */
function placedEdit({ schema }: Services, edit: Edit, { insert, point }: WantedPlacement): Edit {
  const wrong = (problem: string) =>
    error('bad-query', { name: point === undefined ? 'insert' : 'point', problem })
  if (insert === undefined && point === undefined) return edit
  if (insert === undefined) throw wrong('it comes with insert=before or insert=after only')
  if (!isUserOrdered(edit.target)) throw wrong('the target is no entry of a list that is ordered by the user')
  return { ...edit, placement: placementOf(schema, edit.target, insert, point, wrong) }
}

/** Commits, if the request's conditions for the path hold; tells whether that existed, and how the target is then. */
async function commit(
  services: Here,
  request: FastifyRequest,
  path: DataPath,
  edit: Edit,
  check: (existed: boolean) => void = () => {},
): Promise<{ existed: boolean; after: Validators }> {
  const { schema, transactions } = services
  let before = validatorsOf(services, path)
  const precondition = (datastore: ConfigurationView) => {
    before = validatorsOf({ schema, datastore }, path)
    check(before.exists)
    checkWrite(request.headers, path, before)
  }
  try {
    const by = { who: request.session.user, via: 'restconf' }
    const made = await transactions.commit({ edits: [edit], precondition, ...by })
    const after = made ? validatorsAfter(services, edit.target, made) : before
    return { existed: before.exists, after }
  } catch (problem) {
    // A resource that a URL names and that is not there is 404 in HTTP's words.
    if (problem instanceof LwaftrError && problem.code === 'data-missing') throw notFound(problem.path)
    throw problem
  }
}

function target({ schema, door }: Here, request: FastifyRequest): DataPath {
  // By its slashes: the name of a datastore may come percent-encoded.
  const apiPath = pathOf(request).split('/').slice(door.prefix.split('/').length).join('/')
  return apiPath === '' ? { steps: [] } : parseApiPath(schema, apiPath)
}

/** The target of a request that changes it. */
function editable(services: Here, request: FastifyRequest, reply: FastifyReply): DataPath {
  const path = target(services, request)
  const methods = methodsOf(services.door, path)
  if (!methods.includes(request.method as Method)) throw notAllowed(request, reply, methods.join(', '))
  return path
}

/** Read-only datastores, state and lists as a whole are only read; a datastore cannot be deleted; a leaf has no children to post. */
function methodsOf(door: Door, path: DataPath): Method[] {
  const read: Method[] = ['GET', 'HEAD', 'OPTIONS']
  if (!isWritable(door)) return read
  const last = path.steps.at(-1)
  if (!last) return [...read, 'POST', 'PUT', 'PATCH']
  const { kind, config } = last.node
  if (!config || isSeveral(path)) return read
  return kind === 'leaf' || kind === 'leaf-list'
    ? [...read, 'PUT', 'PATCH', 'DELETE']
    : [...read, 'POST', 'PUT', 'PATCH', 'DELETE']
}

/** A list as a whole, or a leaf-list. */
function isSeveral({ steps }: DataPath): boolean {
  const last = steps.at(-1)
  return (last?.node.kind === 'list' || last?.node.kind === 'leaf-list') && last.keys.length === 0
}

function location({ door }: Here, request: FastifyRequest, path: DataPath): string {
  return `${baseOf(request)}${door.prefix}/${formatApiPath(path)}`
}

function notFound(path = ''): Error {
  return error('not-found', { path }, { path })
}

function body(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}
