import type { Access } from './access/access.js'
import type { Routes } from './announce/routes.js'
import type { Confirmation } from './confirmation.js'
import type { ReadableDatastore } from './datastore.js'
import type { DatastoreName } from './datastores.js'
import type { ReadableStreams } from './feeds/streams.js'
import type { ReadableHistory } from './history.js'
import type { Metrics } from './metrics/metrics.js'
import type { Commit } from './publisher.js'
import type { StateProvider } from './state-provider.js'
import type { Attempt, CommitRequest, Parts, Transactions } from './transaction.js'

/** A commit as a session asks for it: whence, and what it may change, is known of the session. */
export type Wish = Omit<CommitRequest, 'from' | 'permit'>

/** The transactions as they are for a session. */
export interface SessionTransactions extends Pick<Transactions, 'pending' | 'settled'> {
  // Functions, not methods: so the compiler tells these from those of nobody in particular.
  readonly commit: (wish: Wish) => Promise<Commit | null>
  readonly attempt: (wish: Wish) => Promise<Attempt | null>
}

/** What the routes work with once it is known for whom: Access.as() makes it. */
export interface Services extends Omit<Unbound, 'transactions'> {
  readonly transactions: SessionTransactions
}

/** What the server consists of, with the rights of nobody in particular. */
export interface Unbound extends Omit<Parts, 'datastore'> {
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
  readonly metrics: Metrics
  /** What can be followed. */
  readonly streams: ReadableStreams
  /** False until the first configuration is in force. */
  readonly isReady: () => boolean
}
