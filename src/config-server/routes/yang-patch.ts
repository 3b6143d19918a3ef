// YANG Patch (RFC 8072): an ordered list of edits below one target, all carried out as one commit or none of them.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { error, LwaftrError } from '../../errors.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { type DataPath, formatApiPath, parseApiPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { parseBody, unwrap } from '../body.js'
import { culprit, type Edit, type Operation } from '../edit.js'
import { contentType } from '../media-types.js'
import { checkWrite } from '../preconditions.js'
import { exists } from '../reading.js'
import { send } from '../resource.js'
import { errorEntry } from '../restconf-errors.js'
import type { Services } from '../services.js'
import { isObject } from '../tree.js'

const OPERATIONS: readonly Operation[] = ['create', 'merge', 'replace', 'delete', 'remove']

interface NamedEdit extends Edit {
  readonly id: string
}

export async function patchInOrder(
  services: Services,
  target: DataPath,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Buffer,
): Promise<unknown> {
  const { patchId, edits } = readPatch(services.schema, target, body)
  try {
    const { schema, datastore } = services
    let { revision } = datastore.running
    const made = await services.transactions.commit({
      edits,
      who: request.session.user,
      via: 'restconf',
      precondition: (current) => {
        const { entityTag, running } = current
        revision = running.revision
        const there = exists({ schema, datastore: current }, target)
        checkWrite(request.headers, { entityTag, time: running.time, exists: there })
      },
    })
    reply.header('etag', datastore.entityTagOf(made?.revision ?? revision))
    return answer(reply, status(patchId, { ok: [null] }))
  } catch (problem) {
    if (!(problem instanceof LwaftrError) || problem.code === 'precondition-failed') throw problem
    reply.code(problem.status)
    const failed = edits.find((edit) => edit === culprit(problem))
    const errors = { error: [errorEntry(problem)] }
    return answer(
      reply,
      status(patchId, failed ? { 'edit-status': { edit: [{ 'edit-id': failed.id, errors }] } } : { errors }),
    )
  }
}

function answer(reply: FastifyReply, body: JsonObject): unknown {
  return send(reply, contentType('json'), JSON.stringify(body))
}

function status(patchId: string, outcome: JsonObject): JsonObject {
  return { 'ietf-yang-patch:yang-patch-status': { 'patch-id': patchId, ...outcome } }
}

function readPatch(schema: Schema, target: DataPath, body: Buffer): { patchId: string; edits: NamedEdit[] } {
  const document = parseBody(body)
  const patch = isObject(document) ? document['ietf-yang-patch:yang-patch'] : undefined
  if (!isObject(patch)) throw error('bad-request', { problem: 'the body lacks ietf-yang-patch:yang-patch' })
  const given = patch.edit ?? []
  if (!Array.isArray(given)) throw error('bad-request', { problem: 'edit is not a list' })
  return { patchId: text(patch, 'patch-id'), edits: readEdits(schema, target, given) }
}

/** The edits of a patch of `target`, in their order. */
export function readEdits(schema: Schema, target: DataPath, given: readonly JsonValue[]): NamedEdit[] {
  const edits = given.map((edit) => readEdit(schema, target, edit))
  const ids = new Set(edits.map(({ id }) => id))
  if (ids.size < edits.length) throw error('bad-request', { problem: 'an edit-id is given twice' })
  return edits
}

function readEdit(schema: Schema, target: DataPath, edit: JsonValue): NamedEdit {
  if (!isObject(edit)) throw error('bad-request', { problem: 'an edit is not an object' })
  const id = text(edit, 'edit-id')
  const name = text(edit, 'operation')
  const operation = OPERATIONS.find((candidate) => candidate === name)
  if (!operation)
    throw error('bad-value', { name: `operation of edit ${id}`, problem: `${name} is not supported` })
  const path = below(schema, target, text(edit, 'target'))
  if (operation === 'delete' || operation === 'remove') return { id, operation, target: path }
  if (edit.value === undefined) throw error('missing-node', { name: `value of edit ${id}` })
  return { id, operation, target: path, ...unwrap(schema, path, operation, edit.value) }
}

/** The target of an edit: an api-path that goes on where the patch's own target ends (RFC 8072 s2.4). */
function below(schema: Schema, target: DataPath, text: string): DataPath {
  const rest = text.replace(/^\//, '')
  if (rest === '') return target
  const above = formatApiPath(target)
  return parseApiPath(schema, above === '' ? rest : `${above}/${rest}`)
}

function text(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw error('missing-node', { name })
  return value
}
