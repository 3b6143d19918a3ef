// rpc confirm-commit and rpc cancel-commit: how the waiting of a confirmed commit ends.
import type { Claim } from '../pending-commit.js'
import { outcome } from './commit.js'
import type { Invocation, RpcHandler } from './operations.js'

export const confirmCommit: RpcHandler = async ({ confirmation }, invocation) => {
  await confirmation.confirm(claimOf(invocation))
  return undefined
}

export const cancelCommit: RpcHandler = async ({ confirmation }, invocation) =>
  outcome(await confirmation.cancel(claimOf(invocation)))

/** Whoever is on the machine itself may end what anybody began. */
function claimOf({ input, session }: Invocation): Claim {
  const id = input['persist-id']
  return {
    who: session.user,
    override: session.local,
    ...(id === undefined ? {} : { persistId: String(id) }),
  }
}
