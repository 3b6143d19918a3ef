// rpc compare: two revisions, leaf by leaf.
import { differenceLines, differenceOutput } from '../difference.js'
import { unknownRevision } from '../rollback.js'
import type { RpcHandler } from './operations.js'

export const compare: RpcHandler = async ({ schema, history, datastore, transactions }, { input }) => {
  // The table must not be ahead of the revision.
  await transactions.settled()
  const to = Number(input.to ?? datastore.running.revision)
  const from = Number(input.from ?? to - 1)
  const compared = history.compare(from, to)
  if (!compared) {
    const forgotten = history.wayBack(from) ? to : from
    throw unknownRevision(history, datastore, forgotten)
  }
  try {
    const lines = differenceLines(schema, compared.before, compared.after, compared.softwires)
    return await differenceOutput(lines, Number(input.limit))
  } finally {
    compared.close()
  }
}
