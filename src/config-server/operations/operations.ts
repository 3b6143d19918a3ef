// What RPCs do, by name: one entry here, its input and output in the model, its work in a file beside this one.
import type { Readable } from 'node:stream'
import type { JsonObject } from '../../schema/json-types.js'
import type { Services } from '../services.js'
import type { Session } from '../session.js'
import { capture } from './capture.js'
import { commit, rollback } from './commit.js'
import { compare } from './compare.js'
import { cancelCommit, confirmCommit } from './confirm.js'
import { drain, undrain } from './drain.js'
import { purgeNeighbors } from './purge-neighbors.js'
import { validate } from './validate.js'

export interface Invocation {
  /** Valid, canonical, with defaults; members of anydata are as the client sent them. */
  readonly input: JsonObject
  readonly session: Session
  /** Through which door it came, as commits name them. */
  readonly via: string
}

/** Answers the RPC's output, nothing when it has none, or a pcapng file. Throws LwaftrError. */
export type RpcHandler<Output extends JsonObject | Readable | undefined = JsonObject | Readable | undefined> =
  (services: Services, invocation: Invocation) => Promise<Output>

/** By module:name, as Schema.rpcs has them. */
export const rpcHandlers: Readonly<Record<string, RpcHandler>> = {
  'lwaftr:cancel-commit': cancelCommit,
  'lwaftr:capture': capture,
  'lwaftr:commit': commit,
  'lwaftr:compare': compare,
  'lwaftr:confirm-commit': confirmCommit,
  'lwaftr:purge-neighbors': purgeNeighbors,
  'lwaftr:rollback': rollback,
  'lwaftr:drain': drain,
  'lwaftr:undrain': undrain,
  'lwaftr:validate': validate,
}
