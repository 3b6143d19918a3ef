// Access to the config server: who somebody is, and what of the configuration is there for them. Follows the running
// configuration, which says both.
import type { IncomingMessage } from 'node:http'
import { error } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { DataPath } from '../../schema/paths.js'
import type { SchemaNode } from '../../schema/schema.js'
import type { FeedEdit } from '../feeds/feed.js'
import { Confinement } from '../nacm/confinement.js'
import { Judge } from '../nacm/judge.js'
import { type Policy, readPolicy } from '../nacm/policy.js'
import type { Services, Unbound } from '../services.js'
import type { Session } from '../session.js'
import type { StateProvider } from '../state-provider.js'
import type { Parts } from '../transaction.js'
import type { Audit } from './audit.js'
import { Authentication } from './authentication.js'
import { type AccessSettings, accessSettings } from './settings.js'

export interface AccessOptions {
  /** Clients may show certificates of an authority that this relay trusts. */
  readonly clientCertificates: boolean
  /** Everybody has to say who they are, even where no user is configured. */
  readonly required: boolean
  readonly audit: Audit
}

type Sources = Pick<Parts, 'schema' | 'datastore' | 'createTable' | 'publisher'>

/** Users whose rules are kept ready. */
const READY = 1000

export class Access {
  readonly audit: Audit
  /** Of RFC 8341's /nacm: since the start. */
  readonly denied = { operations: 0, dataWrites: 0, notifications: 0 }
  readonly #sources: Sources
  readonly #authentication: Authentication
  readonly #confinements = new Map<string, Confinement>()
  #read: { tree: JsonObject; settings: AccessSettings; policy: Policy } | undefined

  constructor(sources: Sources, { clientCertificates, required, audit }: AccessOptions) {
    this.#sources = sources
    this.audit = audit
    this.#authentication = new Authentication({
      clientCertificates,
      required,
      failed: ({ user, from, method }) => audit({ event: 'login-failed', user, from, what: method }),
    })
    sources.publisher.subscribe((commit) => {
      const { who, via, revision, summary, from } = commit
      audit({ event: 'change', user: who, from, via, revision, what: summary })
      for (const confinement of this.#confinements.values()) confinement.notice(commit)
    })
  }

  /** Calls back when users or rules have changed. */
  onChange(listener: () => void): void {
    let last = this.#current()
    this.#sources.publisher.subscribe(() => {
      const { settings, policy } = this.#current()
      if (settings === last.settings && policy === last.policy) return
      last = this.#current()
      listener()
    })
  }

  /** Calls back with the settings as they are, and whenever they change. */
  onSettings(listener: (settings: AccessSettings) => void): void {
    let last = this.settings
    listener(last)
    this.#sources.publisher.subscribe(() => {
      if (this.settings === last) return
      last = this.settings
      listener(last)
    })
  }

  get settings(): AccessSettings {
    return this.#current().settings
  }

  /** Whether everybody has to say who they are. */
  get required(): boolean {
    return this.#authentication.required(this.settings)
  }

  /** Whose request it is. Throws LwaftrError 401, or 429 for who guesses. */
  authenticate(request: IncomingMessage): Promise<Session> {
    return this.#authentication.session(request, this.settings)
  }

  /** Whether a web page of this origin may use the server from a browser. */
  allowsOrigin(origin: string): boolean {
    return this.settings.origins.has(origin)
  }

  /** The services as they are for a session: with what it may see, and commits that do what it may do. */
  as(session: Session, services: Unbound): Services {
    const { transactions } = services
    const { from } = session
    const confinement = this.#confinement(session)
    const confined = confinement?.boundless === false
    const permit = confined ? confinement.permit : 'everything'
    const own: Services = {
      ...services,
      transactions: {
        commit: (wish) => transactions.commit({ ...wish, from, permit }),
        attempt: (wish) => transactions.attempt({ ...wish, from, permit }),
        settled: () => transactions.settled(),
        get pending() {
          return transactions.pending
        },
      },
    }
    if (!confined) return own
    const conceal = (edit: FeedEdit) => confinement.conceal(edit)
    return confinement.services({
      ...own,
      streams: {
        names: services.streams.names,
        replayOf: (stream) => services.streams.replayOf(stream),
        notificationOf: (stream) => services.streams.notificationOf(stream),
        opened: (close) => services.streams.opened(close),
        close: () => services.streams.close(),
        followers: services.streams.followers,
        view: (wanted) => services.streams.view(wanted, { name: keyOf(session), conceal }),
      },
    })
  }

  /** Whether the session may read all that there is, and could be, at and below the path. */
  readsAll(session: Session, { steps }: DataPath): boolean {
    const confinement = this.#confinement(session)
    return confinement === null || confinement.judge.whole('read', steps) === true
  }

  /** Throws LwaftrError 403 when the session may not call the RPC. */
  checkExecute(session: Session, rpc: SchemaNode): void {
    if (this.#confinement(session)?.judge.mayExecute(rpc) ?? true) return
    this.denied.operations++
    throw error('access-denied', {})
  }

  /** Whether the session may be told; one that is not is counted. */
  mayReceive(session: Session, notification: SchemaNode): boolean {
    if (this.#confinement(session)?.judge.mayReceive(notification) ?? true) return true
    this.denied.notifications++
    return false
  }

  /** What RFC 8341 has a relay count. */
  get state(): StateProvider {
    const root = 'ietf-netconf-acm:nacm'
    return {
      roots: [root],
      state: () => ({
        [root]: {
          'denied-operations': this.denied.operations,
          'denied-data-writes': this.denied.dataWrites,
          'denied-notifications': this.denied.notifications,
        },
      }),
    }
  }

  /** Null for who may do everything. */
  #confinement(session: Session): Confinement | null {
    const { policy } = this.#current()
    if (session.local || policy.enforcement === 'off') return null
    if (policy.enforcement === 'marked' && !session.authenticated) return null
    const key = keyOf(session)
    const known = this.#confinements.get(key)
    if (known) return known
    const confinement = new Confinement({
      ...this.#sources,
      judge: new Judge(policy, session.user, session.groups),
      denied: () => this.denied.dataWrites++,
    })
    this.#confinements.set(key, confinement)
    for (const oldest of this.#confinements.keys()) {
      if (this.#confinements.size <= READY) break
      this.#confinements.delete(oldest)
    }
    return confinement
  }

  #current() {
    const { tree } = this.#sources.datastore.running
    if (this.#read?.tree === tree) return this.#read
    const last = this.#read
    const settings = accessSettings(tree)
    const [own, nacm] = [tree['lwaftr:config-server'], tree['ietf-netconf-acm:nacm']]
    const same = (name: string, now: unknown) => JSON.stringify(last?.tree[name]) === JSON.stringify(now)
    const usersStay = last !== undefined && same('lwaftr:config-server', own)
    const rulesStay = last !== undefined && same('ietf-netconf-acm:nacm', nacm)
    if (!rulesStay) this.#confinements.clear()
    this.#read = {
      tree,
      settings: usersStay ? last.settings : settings,
      policy: rulesStay ? last.policy : readPolicy(this.#sources.schema, tree),
    }
    return this.#read
  }
}

function keyOf({ user, groups }: Session): string {
  return JSON.stringify([user, groups])
}
