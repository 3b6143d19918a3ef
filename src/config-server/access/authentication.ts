// Who sends a request. Passwords take long to verify on purpose: who was right once is remembered, by a keyed hash of
// what it sent, until the users change.
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { error } from '../../errors.js'
import { anonymous, LOCAL, type Session } from '../session.js'
import { type Credentials, clientCertificate, readAuthorization } from './credentials.js'
import { FailedLogins } from './failed-logins.js'
import { hashToken, NOBODY, sameHash, verifyPassword } from './password.js'
import type { AccessSettings, User } from './settings.js'

export interface AuthenticationOptions {
  /** Others than the configuration's users may be known: by certificates that an authority has signed. */
  readonly clientCertificates: boolean
  /** Nobody is anonymous, even where no user is configured. */
  readonly required: boolean
  /** Told of each failed login; never of what it tried. */
  readonly failed: (attempt: { user: string; from: string; method: string }) => void
}

/** A name to be known by, and the time in ms from which it no longer is. */
interface Identity {
  readonly user: string
  readonly groups: readonly string[]
  readonly until: number
}

/** Verified credentials to remember. */
const REMEMBERED = 1000
/** Passwords being verified at once; each costs 32 MiB and a thread for 50 ms. */
const VERIFYING = 16

export class Authentication {
  readonly #options: AuthenticationOptions
  readonly #key = randomBytes(32)
  readonly #failures = new FailedLogins()
  #settings: AccessSettings | undefined
  #remembered = new Map<string, Promise<Identity | null>>()
  #verifying = 0

  constructor(options: AuthenticationOptions) {
    this.#options = options
  }

  /** Throws LwaftrError 401 when nobody is who the request says, 429 when it was wrong too often. */
  async session(request: IncomingMessage, settings: AccessSettings): Promise<Session> {
    const from = request.socket.remoteAddress
    if (from === undefined) return LOCAL
    if (settings !== this.#settings) {
      this.#settings = settings
      this.#remembered = new Map()
    }
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byHeader(authorization, from, settings)
    const certificate = this.#options.clientCertificates ? clientCertificate(request) : undefined
    if (certificate) {
      const user = certificate.trusted ? certified(certificate, settings) : undefined
      if (user) return { ...user, authenticated: true, from, local: false }
      this.#fail({ user: certificate.commonName ?? '', from, method: 'certificate' })
      throw error('login-failed', {})
    }
    if (this.required(settings)) throw error('login-required', {})
    return anonymous(from)
  }

  /** Whether everybody has to say who they are. */
  required({ users }: AccessSettings): boolean {
    return this.#options.required || this.#options.clientCertificates || users.size > 0
  }

  async #byHeader(header: string, from: string, settings: AccessSettings): Promise<Session> {
    const key = createHmac('sha256', this.#key).update(header).digest('base64')
    const known = this.#remembered.get(key)
    const wait = this.#failures.wait(from, settings.failedLogins)
    // Who has been right before is not kept out by a neighbour who guesses.
    if (!known && wait > 0) throw error('too-many-logins', {}, { retryAfter: wait })
    const credentials = readAuthorization(header)
    const identity = await (known ?? this.#remember(key, credentials, settings))
    if (identity && identity.until > Date.now())
      return { user: identity.user, groups: identity.groups, authenticated: true, from, local: false }
    const user = credentials?.kind === 'basic' ? credentials.user : ''
    this.#fail({ user, from, method: credentials?.kind ?? 'unknown' })
    throw error('login-failed', {})
  }

  #fail(attempt: { user: string; from: string; method: string }): void {
    this.#failures.add(attempt.from)
    this.#options.failed(attempt)
  }

  /** Verifies, and keeps the answer while it is asked for at the same time; for good only when it is a name. */
  #remember(
    key: string,
    credentials: Credentials | null,
    settings: AccessSettings,
  ): Promise<Identity | null> {
    const remembered = this.#remembered
    const verified = this.#verify(credentials, settings)
    remembered.set(key, verified)
    const forget = () => remembered.delete(key)
    void verified.then((identity) => identity ?? forget(), forget)
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break
      remembered.delete(oldest)
    }
    return verified
  }

  async #verify(credentials: Credentials | null, { users }: AccessSettings): Promise<Identity | null> {
    if (!credentials) return null
    if (credentials.kind === 'bearer') return bearer(hashToken(credentials.token), users)
    if (this.#verifying >= VERIFYING) throw error('busy', { what: 'logins' }, { retryAfter: 1 })
    this.#verifying++
    try {
      const user = users.get(credentials.user)
      const right = await verifyPassword(credentials.password, user?.password ?? NOBODY)
      return user?.password !== undefined && right ? identity(user) : null
    } finally {
      this.#verifying--
    }
  }
}

function identity({ name, groups }: User, until = Number.POSITIVE_INFINITY): Identity {
  return { user: name, groups, until }
}

/** Looks at every token, so that time does not tell which was near. */
function bearer(hash: string, users: AccessSettings['users']): Identity | null {
  let found: Identity | null = null
  for (const user of users.values())
    for (const token of user.tokens) if (sameHash(token.hash, hash)) found = identity(user, token.expires)
  return found
}

/**
 * The user whose certificate it is: the one that lists its fingerprint, else a name of it, else the one that has its
 * common name. Where no users are configured the authority alone says who there is.
 */
function certified(
  { commonName, names, fingerprint }: NonNullable<ReturnType<typeof clientCertificate>>,
  { users }: AccessSettings,
): Pick<Session, 'user' | 'groups'> | undefined {
  const all = [...users.values()]
  const user =
    all.find(({ certificateFingerprints }) => certificateFingerprints.includes(fingerprint)) ??
    all.find(({ certificateNames }) => certificateNames.some((name) => names.includes(name))) ??
    all.find(
      ({ name, certificateNames, certificateFingerprints }) =>
        name === commonName && certificateNames.length + certificateFingerprints.length === 0,
    )
  if (user) return { user: user.name, groups: user.groups }
  const free = users.size === 0 && commonName !== undefined && /^[!-9;-~]{1,128}$/.test(commonName)
  return free && commonName !== LOCAL.user && commonName !== 'anonymous'
    ? { user: commonName, groups: [] }
    : undefined
}
