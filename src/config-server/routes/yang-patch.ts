// YANG Patch (RFC 8072): an ordered list of edits below one target, all carried out as one commit or none of them.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LwaftrError } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { DataPath } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { escapeXml, YANG_PATCH } from '../../schema/xml.js'
import { culprit } from '../edit.js'
import { acceptedMessage, type MessageFormat } from '../media-types.js'
import { checkWrite, showValidators, validatorsAfter, validatorsOf } from '../preconditions.js'
import { send } from '../resource.js'
import { errorEntry, errorXml } from '../restconf-errors.js'
import type { Services } from '../services.js'
import { type NamedEdit, readEdits, readPatch } from '../yang-patch-body.js'

export interface PatchBody {
  readonly format: MessageFormat
  readonly body: Buffer
}

export async function patchInOrder(
  services: Services,
  target: DataPath,
  request: FastifyRequest,
  reply: FastifyReply,
  { format, body }: PatchBody,
): Promise<unknown> {
  const { schema } = services
  // Before anything is done: an answer that the client cannot read would hide from it that it was.
  const answer = acceptedMessage(request.headers)
  const patch = readPatch(schema, body, format)
  const tell = (outcome: Outcome) =>
    send(reply, answer.type, statusMessage(schema, answer.format, patch.id, outcome))

  const { edits, refused } = readEdits(schema, target, patch.edits)
  if (refused) {
    reply.code(refused.problem.status)
    return tell({ done: [], failed: refused })
  }
  try {
    let before = validatorsOf(services, target)
    const made = await services.transactions.commit({
      edits,
      who: request.session.user,
      via: 'restconf',
      precondition: (datastore) => {
        before = validatorsOf({ schema, datastore }, target)
        checkWrite(request.headers, target, before)
      },
    })
    showValidators(reply, made ? validatorsAfter(services, target, made) : before)
    return tell({ done: [] })
  } catch (problem) {
    if (!(problem instanceof LwaftrError) || problem.code === 'precondition-failed') throw problem
    reply.code(problem.status)
    return tell(failedOutcome(edits, problem))
  }
}

/** It is about one of the edits, or about all of them. */
export function failedOutcome(edits: readonly NamedEdit[], problem: LwaftrError): Outcome {
  const failed = edits.find((edit) => edit === culprit(problem))
  if (!failed) return { done: [], failed: { problem } }
  const done = edits.slice(0, edits.indexOf(failed)).map(({ id }) => id)
  return { done, failed: { id: failed.id, problem } }
}

export interface Outcome {
  /** Edits that were in order before one that was not; of what is not reached nothing is said. */
  readonly done: readonly string[]
  /** Absent: all is well. Without an id it is about no single edit. */
  readonly failed?: { readonly id?: string; readonly problem: LwaftrError }
}

function statusMessage(schema: Schema, format: MessageFormat, patchId: string, outcome: Outcome): string {
  return format === 'json'
    ? JSON.stringify(statusJson(patchId, outcome))
    : statusXml(schema, patchId, outcome)
}

export function statusJson(patchId: string, { done, failed }: Outcome): JsonObject {
  const errors = failed && { errors: { error: [errorEntry(failed.problem)] } }
  const edits =
    failed?.id === undefined
      ? []
      : [...done.map((id) => ({ 'edit-id': id, ok: [null] })), { 'edit-id': failed.id, ...errors }]
  const result = !failed ? { ok: [null] } : edits.length > 0 ? { 'edit-status': { edit: edits } } : errors
  return { 'ietf-yang-patch:yang-patch-status': { 'patch-id': patchId, ...result } }
}

function statusXml(schema: Schema, patchId: string, { done, failed }: Outcome): string {
  const errors = failed && `<errors>${errorXml(schema, errorEntry(failed.problem))}</errors>`
  const edit = (id: string, status = '<ok/>') => `<edit><edit-id>${escapeXml(id)}</edit-id>${status}</edit>`
  const edits = failed?.id === undefined ? '' : done.map((id) => edit(id)).join('') + edit(failed.id, errors)
  const result = !failed ? '<ok/>' : edits ? `<edit-status>${edits}</edit-status>` : errors
  return `<yang-patch-status xmlns="${YANG_PATCH}"><patch-id>${escapeXml(patchId)}</patch-id>${result}</yang-patch-status>`
}
