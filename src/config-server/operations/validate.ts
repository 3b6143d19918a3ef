// rpc validate: a commit's way up to where it would become one.
import { summarise } from '../summary.js'
import type { RpcHandler } from './operations.js'
import { proposedEdits } from './proposal.js'

export const validate: RpcHandler = async ({ schema, transactions }, { input, session, via }) => {
  const edits = proposedEdits(schema, input)
  const { tree, softwires } = await transactions.attempt({ edits, who: session.user, via })
  const summary = summarise(tree, softwires)
  return summary === '' ? {} : { summary }
}
