// Who sends a request: known from its first hook on, for routes, commits and the log.
import type { FastifyRequest } from 'fastify'

export interface Session {
  /** The name that commits, history and the audit log have. */
  readonly user: string
  /** Groups that the transport or the authentication says the user is in, beside those of NACM. */
  readonly groups: readonly string[]
  /** Where the request came from: an address, or `control socket`. */
  readonly from: string
  /** The control socket's peer: the recovery session of NACM (RFC 8341 s2.1), which may do everything. */
  readonly local: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    session: Session
  }
}

/** Whoever got past the permissions of the control socket's directory. */
export const LOCAL: Session = { user: 'local', groups: [], from: 'control socket', local: true }

/** Where nobody has to say who they are. */
export function anonymous(from: string): Session {
  return { user: 'anonymous', groups: [], from, local: false }
}

/** The peer's address; undefined for the control socket's, which has none. */
export function addressOf(request: FastifyRequest): string | undefined {
  return request.raw.socket.remoteAddress
}
