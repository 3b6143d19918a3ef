// The config server as it is for one user: data that may not be read is not there, neither in answers nor in entity-tags,
// and a commit that changes what may not be changed is refused. Routes need not know.
import { createHmac, randomBytes } from 'node:crypto'
import { error, LwaftrError } from '../../errors.js'
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { type DataPath, parsePath } from '../../schema/paths.js'
import { decodeSoftwire, recordSize } from '../../schema/softwire-record.js'
import type { ConfigurationView, ReadableDatastore } from '../datastore.js'
import type { FeedEdit } from '../feeds/feed.js'
import type { ReadableHistory } from '../history.js'
import { type Change, changeOf, secondAfter } from '../last-changes.js'
import { placeOf, softwirePath } from '../place.js'
import { hasDefault, recordOf, type Validators } from '../preconditions.js'
import type { Commit } from '../publisher.js'
import { configurationAt, softwireValue } from '../reading.js'
import type { Services, Wish } from '../services.js'
import type { SoftwirePair, SoftwirePairs } from '../softwire-diff.js'
import { keyAt } from '../softwire-scan.js'
import type { Permit } from '../transaction.js'
import { isObject } from '../tree.js'
import { Turns } from '../turns.js'
import { type ChangeContext, checkChange } from './changes.js'
import type { Judge } from './judge.js'
import { prune, pruneTree } from './prune.js'
import { checkReach } from './reach.js'
import { withoutLeaves } from './redaction.js'
import { SoftwireRules, VisibleTable } from './softwires.js'

export interface ConfinementParts extends ChangeContext {
  readonly judge: Judge
  /** Told of each write that was refused. */
  readonly denied: () => void
}

const SECRET = randomBytes(16)

/** An entity-tag that does not tell how many commits there were. */
function mark(revision: number): string {
  return tag(`revision ${revision}`)
}

/** Of what the value alone decides. It must not be a revision's: who writes numbers could compare them. */
function markValue(value: JsonValue | undefined): string {
  return tag(`value ${JSON.stringify(value ?? null)}`)
}

function tag(state: string): string {
  return `"${createHmac('sha256', SECRET).update(state).digest('base64url').slice(0, 16)}"`
}

export class Confinement {
  readonly judge: Judge
  /** There is nothing that the user may not read or change. */
  readonly boundless: boolean
  readonly #parts: ConfinementParts
  readonly #readable: SoftwireRules
  /** When what the user could see last changed; before anything did, when it was first asked for. */
  #changed: Change
  #view: { readonly of: number; readonly datastore: ReadableDatastore } | undefined

  constructor(parts: ConfinementParts) {
    const { judge, schema } = parts
    this.judge = judge
    this.#parts = parts
    const { revision, modified } = parts.datastore.running
    this.#changed = { revision, time: new Date(Math.max(Date.now(), modified.getTime())) }
    this.boundless = (['read', 'create', 'update', 'delete'] as const).every((operation) =>
      judge.whole(operation, []),
    )
    this.#readable = new SoftwireRules(judge, schema, 'read')
  }

  services(services: Services): Services {
    const { transactions, history, state, schema } = services
    return {
      ...services,
      datastore: this.#live,
      state: state.map((provider) => ({
        roots: provider.roots,
        // Providers say how what is configured is doing: they need to know all of it.
        state: (context) =>
          pruneTree(
            this.judge,
            schema.roots,
            provider.state({
              ...context,
              config: this.#parts.datastore.running.tree,
              confined: this.judge.whole('read', []) !== true,
            }),
          ),
      })),
      history: this.#history(history),
      transactions: {
        commit: (wish) => this.#guarded(() => transactions.commit(this.#within(wish))),
        attempt: async (wish) => {
          const attempt = await this.#guarded(() => transactions.attempt(this.#within(wish)))
          return (
            attempt && {
              ...attempt,
              ...this.#readableTrees(attempt),
              softwires: this.#readablePairs(attempt.softwires),
            }
          )
        },
        settled: () => transactions.settled(),
        get pending() {
          return transactions.pending
        },
      },
    }
  }

  readonly permit: Permit = (difference, before) => checkChange(this.judge, this.#parts, difference, before)

  /** An edit as the user may see it; null when nothing of it is to be seen. */
  conceal(edit: FeedEdit): FeedEdit | null {
    const { target, value } = edit
    if (value === undefined) return this.judge.whole('read', target.steps) === false ? null : edit
    const visible = this.#visible(target, value)
    return visible === undefined ? null : { ...edit, value: visible }
  }

  /** Remembers commits that changed something for this user. */
  notice(commit: Commit): void {
    this.#view = undefined
    if (this.#concerns(commit)) this.#changed = this.#changeOf(commit)
  }

  /** Later than what the user saw before, also where that was not the time of a commit. */
  #changeOf(commit: Commit): Change {
    const { revision, time } = changeOf(commit)
    const last = this.#changed.time
    return { revision, time: time < last ? secondAfter(last) : time }
  }

  #concerns({ tree, softwires }: Commit): boolean {
    const seen = tree.some(({ target }) => this.judge.whole('read', target.steps) !== false)
    return seen || this.#sees(softwires?.change)
  }

  #sees(change: NonNullable<Commit['softwires']>['change'] | undefined): boolean {
    if (!change) return false
    const records = 'edits' in change ? change.edits : change.replace
    if (this.#readable.others !== false && records.length > 0) return true
    for (let at = 0; at < records.length; at += recordSize) {
      const { ipv4, psid } = keyAt(records, at)
      if (this.#readable.verdict(ipv4, psid) !== false) return true
    }
    // A whole new table may also lack what the last one had.
    return 'replace' in change
  }

  /** What is there at the time of asking: a request may commit in between. */
  get #live(): ReadableDatastore {
    const now = () => this.#datastore()
    const { id } = this.#parts.datastore
    return {
      id,
      entityTagOf: (revision) => mark(Math.min(revision, this.#changed.revision)),
      get running() {
        return now().running
      },
      get table() {
        return now().table
      },
      get entityTag() {
        return now().entityTag
      },
      get confined() {
        return now().confined
      },
    }
  }

  #datastore(): ReadableDatastore {
    const { datastore } = this.#parts
    const { revision } = datastore.running
    if (this.#view?.of !== revision) this.#view = { of: revision, datastore: this.#confined(datastore) }
    return this.#view.datastore
  }

  /** A configuration without what may not be read of it. */
  #confined(configuration: ConfigurationView): ReadableDatastore {
    const { schema } = this.#parts
    const { running, commits = [], id } = configuration
    const draft = commits.findLast((commit) => this.#concerns(commit))
    const last = draft ? this.#changeOf(draft) : this.#changed
    const table = new VisibleTable(() => configuration.table, this.#readable, this.#reveal)
    const visible = (path: DataPath, value: JsonValue) => this.#visible(path, value)
    const view: ReadableDatastore = {
      id,
      running: { ...running, time: last.time, tree: pruneTree(this.judge, schema.roots, running.tree) },
      table,
      entityTag: mark(last.revision),
      entityTagOf: (revision) => mark(Math.min(revision, last.revision)),
      confined: {
        softwiresInParts: this.#readable.inParts,
        visible,
        validators: (path, after) => this.#validators(view, last, path, after),
      },
    }
    return view
  }

  /** Where everything may be read, when it last changed; else when anything did that the user may see. */
  #validators(view: ReadableDatastore, last: Change, path: DataPath, after: Commit | undefined): Validators {
    const { schema } = this.#parts
    const place = placeOf(schema, path)
    const softwire = place === 'entry' || place === 'inside'
    const record = softwire && after ? recordOf(schema, path, after.softwires) : undefined
    const found = record
      ? softwireValue(schema, path, record)
      : configurationAt({ schema, datastore: view }, path)
    const value = found === undefined ? undefined : this.#visible(path, found)
    const exists = path.steps.length === 0 || value !== undefined || (after !== undefined && !softwire)
    const made = after && this.#changeOf(after)
    const { time } = made ?? last
    if (!exists && !hasDefault(path)) return { entityTag: undefined, time, exists }
    if (softwire) return { entityTag: markValue(value), time, exists }
    const plain = place === 'beside' && this.judge.whole('read', path.steps) === true
    const change = made ?? (plain ? view.running.changes.of(path) : last)
    return { entityTag: mark(change.revision), time: change.time, exists }
  }

  #visible(path: DataPath, value: JsonValue): JsonValue | undefined {
    const { schema } = this.#parts
    if (path.steps.length === 0) return pruneTree(this.judge, schema.roots, value as JsonObject)
    // An empty container above the softwires stands for those that may be seen.
    const above = placeOf(schema, path) === 'above' && isObject(value) && Object.keys(value).length === 0
    return above ? value : prune(this.judge, path.steps, value)
  }

  #history(history: ReadableHistory): ReadableHistory {
    return {
      get oldest() {
        return history.oldest
      },
      // Leads a rollback back, which is judged by what it changes.
      wayBack: (revision) => history.wayBack(revision),
      compare: (from, to) => {
        const found = history.compare(from, to)
        return (
          found && {
            ...found,
            ...this.#readableTrees(found),
            softwires: this.#readablePairs(found.softwires),
          }
        )
      },
    }
  }

  #readableTrees({ before, after }: { before: JsonObject; after: JsonObject }) {
    const visible = (tree: JsonObject) => pruneTree(this.judge, this.#parts.schema.roots, tree)
    return { before: visible(before), after: visible(after) }
  }

  /** A softwire that may be read in part is left out: records know no parts. */
  async *#readablePairs(pairs: SoftwirePairs): AsyncIterable<SoftwirePair> {
    const turns = new Turns()
    for await (const pair of pairs) {
      await turns.step()
      const record = pair[0] ?? pair[1]
      if (record && this.#seesWhole(record)) yield pair
    }
  }

  #seesWhole(record: Uint8Array): boolean {
    const { ipv4, psid } = keyAt(record, 0)
    return this.#readable.verdict(ipv4, psid) === true
  }

  /** The record of a softwire that may be read in part, without the rest; null when nothing of it may be. */
  readonly #reveal = (record: Uint8Array): Uint8Array | null => {
    const { schema } = this.#parts
    const softwire = decodeSoftwire(record)
    const shown = prune(this.judge, softwirePath(schema, softwire).steps, softwire)
    return isObject(shown) ? withoutLeaves(record, shown) : null
  }

  #within({ precondition, ...wish }: Wish): Wish {
    const { edits } = wish
    if (typeof edits !== 'function') checkReach(this.judge, this.#parts.schema, edits)
    return { ...wish, precondition: (current) => precondition?.(this.#confined(current)) }
  }

  /** Whether something is there is not told by how it is refused. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (problem) {
      if (!(problem instanceof LwaftrError)) throw problem
      const told = this.#tellable(problem)
      if (told.code === 'access-denied') this.#parts.denied()
      throw told
    }
  }

  #tellable(problem: LwaftrError): LwaftrError {
    if (problem.path !== undefined && !this.#mayKnow(problem.path)) return error('access-denied', {})
    // Names the softwire that it contradicts, which may be another's.
    if (
      problem.code !== 'softwire-port-set' ||
      (this.#readable.others && this.#readable.addresses.length === 0)
    )
      return problem
    const message = 'the softwire contradicts another of its IPv4 address in its port-set'
    return new LwaftrError(problem.code, message, { path: problem.path })
  }

  #mayKnow(text: string): boolean {
    let path: DataPath
    try {
      path = parsePath(this.#parts.schema, text)
    } catch {
      return true // It is what the client wrote, not what is there.
    }
    const { steps } = path
    if (steps.length === 0) return true
    return this.judge.whole('read', steps) !== false
  }
}
