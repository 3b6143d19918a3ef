// Operational state comes from several sources: the data plane, the library of modules, and what else has a part of
// the state tree to itself. Each says which top-level nodes it has something below, and is asked only when one of
// them is.
import type { JsonObject } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { memberName, type Schema } from '../schema/schema.js'
import { merge } from './tree.js'

export interface StateContext {
  /** The running configuration, canonical, without softwires. */
  readonly config: JsonObject
  /** What is asked for. A provider may leave out what is not below it; it need not. */
  readonly path: DataPath
  /** What absolute URLs of this server begin with for the client who asks; '' where it came without a host. */
  readonly base: string
  /** Whoever asks may not read all of the configuration: no words about it that no rule would hide. */
  readonly confined?: boolean
}

export interface StateProvider {
  /** Top-level nodes as `module:name`. Several providers may share one: what they answer is merged. */
  readonly roots: readonly string[]
  /** A tree as RFC 7951 has it, of config false nodes and the keys of lists above them; `{}` for none. */
  state(context: StateContext): JsonObject
}

/** The state at the path, in a tree from the top. */
export function stateAt(
  schema: Schema,
  providers: readonly StateProvider[],
  context: StateContext,
): JsonObject {
  const root = context.path.steps[0]?.node
  const reached = root ? providers.filter(({ roots }) => roots.includes(memberName(root))) : providers
  return reached.reduce<JsonObject>(
    (state, provider) => merge(null, schema.roots, state, provider.state(context)) as JsonObject,
    {},
  )
}
