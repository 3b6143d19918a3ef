// The datastores of this server (RFC 8342), as identities.

export const DATASTORES = ['ietf-datastores:running', 'ietf-datastores:operational'] as const
