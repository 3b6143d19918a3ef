import type { Routes } from './announce/routes.js'
import type { Confirmation } from './confirmation.js'
import type { DatastoreName } from './datastores.js'
import type { Streams } from './feeds/streams.js'
import type { History } from './history.js'
import type { StateProvider } from './state-provider.js'
import type { Parts, Transactions } from './transaction.js'

/** What the routes work with. */
export interface Services extends Parts {
  readonly transactions: Transactions
  readonly history: History
  readonly confirmation: Confirmation
  /** Those that the server has. */
  readonly datastores: readonly DatastoreName[]
  /** Where operational state comes from. */
  readonly state: readonly StateProvider[]
  readonly routes: Routes
  /** What can be followed. */
  readonly streams: Streams
  /** False until the first configuration is in force. */
  readonly isReady: () => boolean
}
