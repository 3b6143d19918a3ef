import type { Parts, Transactions } from './transaction.js'

/** What the routes work with. */
export interface Services extends Parts {
  readonly transactions: Transactions
  /** False until the first configuration is in force. */
  readonly isReady: () => boolean
}
