// Confirmed commits (RFC 6241 s8.4): made at once, and taken back unless somebody says in time that all is well. One
// can be pending at a time. While it is, nobody else changes the configuration: what they changed would be taken back
// with it, although it was acknowledged.
import { error } from '../errors.js'
import { type Waiting, waitingFor } from './time-left.js'

/** A confirmed commit that waits, as the store keeps it. */
export interface Pending extends Waiting {
  /** The revision that comes back. */
  readonly back: number
  readonly who: string
  /** The token that anybody may confirm or cancel it by; without one, `who` may. */
  readonly persist?: string | undefined
}

/** Who wants to change something, as far as a pending commit is concerned. */
export interface Claim {
  readonly who: string
  readonly persistId?: string | undefined
  /** For those who may do everything: whoever is on the machine itself. */
  readonly override?: boolean
}

/** How a commit asks to be a confirmed one. */
export interface Confirmed {
  /** Seconds. */
  readonly timeout: number
  readonly persist?: string | undefined
}

/** Throws unless the commit is pending and the claim is good. */
export function mayEnd(pending: Pending | null, claim: Claim): Pending {
  if (!pending) throw error('no-commit-pending', {})
  if (!isOwn(pending, claim)) throw error('not-the-committer', { who: pending.who })
  return pending
}

/** Throws where a pending commit is in the way of a change. Only another confirmed commit of its maker may follow it. */
export function mayChange(pending: Pending | null, claim: Claim, confirmed: Confirmed | undefined): void {
  if (!pending) {
    if (claim.persistId !== undefined) throw error('no-commit-pending', {})
    return
  }
  const { who, deadline } = pending
  if (!confirmed) throw error('commit-pending', { who, deadline: deadline.toISOString() })
  if (!isOwn(pending, { ...claim, override: false })) throw error('not-the-committer', { who })
}

/** What is pending after a confirmed commit upon `revision`. */
export function pendingAfter(
  before: Pending | null,
  { who }: Claim,
  { timeout, persist }: Confirmed,
  revision: number,
): Pending {
  return { back: before?.back ?? revision, ...waitingFor(timeout * 1000), who, persist }
}

function isOwn({ who, persist }: Pending, claim: Claim): boolean {
  if (claim.override) return true
  return persist === undefined
    ? claim.persistId === undefined && claim.who === who
    : claim.persistId === persist
}
