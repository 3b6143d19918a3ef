import type { Access } from './access/access.js'
import type { Routes } from './announce/routes.js'
import type { Confirmation } from './confirmation.js'
import type { ReadableDatastore } from './datastore.js'
import type { DatastoreName } from './datastores.js'
import type { ReadableStreams } from './feeds/streams.js'
import type { ReadableHistory } from './history.js'
import type { StateProvider } from './state-provider.js'
import type { Parts, Transactions } from './transaction.js'

/** What the routes work with. */
export interface Services extends Omit<Parts, 'datastore'> {
  readonly datastore: ReadableDatastore
  readonly transactions: Pick<Transactions, 'commit' | 'attempt' | 'pending' | 'settled'>
  readonly history: ReadableHistory
  readonly confirmation: Confirmation
  /** Those that the server has. */
  readonly datastores: readonly DatastoreName[]
  readonly access: Access
  /** Where operational state comes from. */
  readonly state: readonly StateProvider[]
  readonly routes: Routes
  /** What can be followed. */
  readonly streams: ReadableStreams
  /** False until the first configuration is in force. */
  readonly isReady: () => boolean
}
