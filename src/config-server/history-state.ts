// lwaftr:history: the commits that can be undone, and the one that waits to be confirmed.
import type { JsonObject } from '../schema/json-types.js'
import type { CommitRecord } from './publisher.js'
import type { StateProvider } from './state-provider.js'
import type { Store } from './store.js'
import type { Transactions } from './transaction.js'

export function historyState(store: Store, transactions: Transactions): StateProvider {
  return {
    roots: ['lwaftr:history'],
    state: ({ confined = false }) => {
      const commit = store.history().map((record) => recordOf(record, confined))
      const { pending } = transactions
      const history = {
        ...(commit.length > 0 ? { commit } : {}),
        ...(pending
          ? {
              pending: {
                'back-to': String(pending.back),
                deadline: dateAndTime(pending.deadline),
                who: pending.who,
              },
            }
          : {}),
      }
      return { 'lwaftr:history': history }
    },
  }
}

/** A summary names what was changed, be it hidden from whoever asks; so may its maker's comment. */
function recordOf(
  { revision, time, who, via, comment, summary }: CommitRecord,
  confined: boolean,
): JsonObject {
  return {
    revision: String(revision),
    time: dateAndTime(time),
    who,
    via,
    ...(confined ? {} : { ...(comment === undefined ? {} : { comment }), summary }),
  }
}

/** As yang:date-and-time has it in its canonical form. */
function dateAndTime(time: Date): string {
  return time.toISOString().replace('Z', '+00:00')
}
