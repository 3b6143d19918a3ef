// The modules of this server (RFC 8525) as state, and where their text can be had (RFC 8040 s3.7).
import { describeLibrary } from '../schema/library.js'
import { type DatastoreName, identityOf } from './datastores.js'
import type { StateProvider } from './state-provider.js'

/** Where the text of modules is: `NAME@REVISION.yang` below it. */
export const MODULES = '/restconf/modules'

/** `datastores` are those that the server has. */
export function yangLibrary(datastores: readonly DatastoreName[]): StateProvider {
  return {
    roots: ['ietf-yang-library:yang-library', 'ietf-yang-library:modules-state'],
    state: ({ base }) =>
      describeLibrary(
        datastores.map(identityOf),
        (name, revision) => `${base}${MODULES}/${name}${revision ? `@${revision}` : ''}.yang`,
      ),
  }
}
