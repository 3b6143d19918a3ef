// rpc validate: a commit's way up to where it would become one.
import type { JsonObject } from '../../schema/json-types.js'
import { differenceLines, differenceOutput } from '../difference.js'
import type { RpcHandler } from './operations.js'
import { proposedEdits } from './proposal.js'

export const validate: RpcHandler<JsonObject | undefined> = async (
  { schema, transactions },
  { input, session, via },
) => {
  const edits = proposedEdits(schema, input)
  const attempt = await transactions.attempt({ edits, who: session.user, via })
  if (!attempt) return {}
  const { summary, before, after, softwires } = attempt
  const lines = differenceLines(schema, before, after, softwires)
  return { summary, ...(await differenceOutput(lines, Number(input.limit))) }
}
