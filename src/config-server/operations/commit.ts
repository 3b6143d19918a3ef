// rpc commit and rpc rollback: commits with a comment, or to be confirmed.
import { error } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { ConfigurationView } from '../datastore.js'
import type { Commit } from '../publisher.js'
import { rewriteTo } from '../rollback.js'
import type { Wish } from '../services.js'
import { isObject } from '../tree.js'
import type { Invocation, RpcHandler } from './operations.js'
import { proposedEdits } from './proposal.js'

export const commit: RpcHandler = async ({ schema, transactions }, invocation) => {
  const edits = proposedEdits(schema, invocation.input)
  const { 'expected-revision': expected } = invocation.input
  const precondition = expected === undefined ? {} : { precondition: isAt(Number(expected)) }
  return outcome(await transactions.commit({ edits, ...precondition, ...optionsOf(invocation) }))
}

function isAt(expected: number) {
  return ({ running: { revision } }: ConfigurationView) => {
    if (revision !== expected)
      throw error('precondition-failed', { problem: `its revision is now ${revision}, not ${expected}` })
  }
}

export const rollback: RpcHandler = async ({ transactions, history, datastore }, invocation) => {
  const revision = Number(invocation.input.revision)
  const { comment = `back to revision ${revision}`, ...options } = optionsOf(invocation)
  const edits = rewriteTo(history, datastore, revision)
  return outcome(await transactions.commit({ edits, comment, ...options }))
}

/** Grouping `commit-outcome` of the model. */
export function outcome(made: Commit | null): JsonObject {
  return made ? { revision: String(made.revision), summary: made.summary } : {}
}

/** Grouping `commit-options`. */
function optionsOf({ input, session, via }: Invocation): Omit<Wish, 'edits'> {
  const { comment, confirmed } = input
  return {
    who: session.user,
    via,
    comment: textOf(comment),
    confirmed: isObject(confirmed)
      ? { timeout: Number(confirmed.timeout), persist: textOf(confirmed.persist) }
      : undefined,
    persistId: textOf(input['persist-id']),
  }
}

function textOf(value: JsonObject[string] | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}
