// What a request brings to say whose it is: HTTP basic (RFC 7617), a bearer token (RFC 6750), a client certificate.
import type { IncomingMessage } from 'node:http'
import type { PeerCertificate, TLSSocket } from 'node:tls'

export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }

/** Longest header worth looking at. */
const LONGEST = 4096

/** Null when it is neither, or damaged: nothing of that can be right. */
export function readAuthorization(header: string): Credentials | null {
  if (header.length > LONGEST) return null
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*)$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', token: value }
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8')
      const colon = text.indexOf(':')
      return colon < 0 ? null : { kind: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) }
    }
    default:
      return null
  }
}

export interface ClientCertificate {
  /** Signed by the authority that was given, and in time. */
  readonly trusted: boolean
  readonly commonName: string | undefined
  /** Common name, and DNS names and e-mail addresses of the subject alternative name. */
  readonly names: readonly string[]
  /** SHA-256, lower case hexadecimal. */
  readonly fingerprint: string
}

/** The certificate that the peer has shown, if it has any. */
export function clientCertificate(request: IncomingMessage): ClientCertificate | undefined {
  const socket = request.socket as TLSSocket
  if (!socket.encrypted) return undefined
  const certificate = socket.getPeerCertificate() as PeerCertificate | undefined
  if (!certificate?.fingerprint256) return undefined
  const { CN: commonName } = certificate.subject as { CN?: string | string[] }
  const single = typeof commonName === 'string' ? commonName : undefined
  return {
    trusted: socket.authorized,
    commonName: single,
    names: [...(single === undefined ? [] : [single]), ...alternativeNames(certificate.subjectaltname ?? '')],
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** Node quotes names that hold what separates them; those are nobody's here. */
function alternativeNames(text: string): string[] {
  if (text.includes('"')) return []
  return text.split(', ').flatMap((entry) => /^(?:DNS|email):(.+)$/.exec(entry)?.[1] ?? [])
}
