// The datastores of this server (RFC 8342), and the door that each is reached by (RFC 8527 s3.1). A commit is on disk
// before it is acknowledged, and nothing in a configuration is left out of use: running, intended and, where there is a
// state directory to start from again, startup always hold the same. Only running is written.

export type DatastoreName = 'running' | 'intended' | 'operational' | 'startup'

/** Where a client reads and writes data: a datastore, or, without one, RFC 8040's view of configuration and state. */
export interface Door {
  readonly prefix: string
  readonly datastore: DatastoreName | undefined
}

/** `kept`: the next start begins with what was committed last. */
export function datastores(kept: boolean): DatastoreName[] {
  return ['running', 'intended', 'operational', ...(kept ? (['startup'] as const) : [])]
}

export function identityOf(datastore: DatastoreName): string {
  return `ietf-datastores:${datastore}`
}

export const DATA: Door = { prefix: '/restconf/data', datastore: undefined }

export const DATASTORES = '/restconf/ds'

/** The door to a datastore by its identity, if it is one of these. */
export function doorTo(names: readonly DatastoreName[], identity: string): Door | undefined {
  const datastore = names.find((name) => identityOf(name) === identity)
  return datastore && { prefix: `${DATASTORES}/${identity}`, datastore }
}

export function isWritable({ datastore }: Door): boolean {
  return datastore === undefined || datastore === 'running'
}

/** RFC 8527 s3.2. */
export const DATASTORE_CAPABILITIES: readonly string[] = [
  'urn:ietf:params:restconf:capability:with-operational-defaults:1.0',
  'urn:ietf:params:restconf:capability:with-origin:1.0',
]
