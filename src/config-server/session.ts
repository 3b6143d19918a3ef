// Who sends a request: known from its first hook on, for routes, commits and the log.
export interface Session {
  /** The name that commits, history and the audit log have. */
  readonly user: string
  /** Groups that the transport or the authentication says the user is in, beside those of NACM. */
  readonly groups: readonly string[]
  /** The user has proved to be who it is. */
  readonly authenticated: boolean
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
export const LOCAL: Session = {
  user: 'local',
  groups: [],
  authenticated: true,
  from: 'control socket',
  local: true,
}

/** Where nobody has to say who they are. */
export function anonymous(from: string): Session {
  return { user: 'anonymous', groups: [], authenticated: false, from, local: false }
}
