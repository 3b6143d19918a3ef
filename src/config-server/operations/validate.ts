// rpc validate: a commit's way up to where it would become one.
import { summarise } from '../summary.js'
import type { RpcHandler } from './operations.js'
import { proposedEdits } from './proposal.js'

export const validate: RpcHandler = async ({ schema, transactions }, { input, session, via }) => {
  const edits = proposedEdits(schema, input)
  const difference = await transactions.attempt({ edits, who: session.user, via })
  return difference ? { summary: summarise(difference.tree, difference.softwires) } : {}
}
