// What the server can do with which of its data (RFC 9196): lists whose entries have keys are walked by cursor.
import type { StateProvider } from './state-provider.js'

export function systemCapabilities(): StateProvider {
  return {
    roots: ['ietf-system-capabilities:system-capabilities'],
    state: () => ({
      'ietf-system-capabilities:system-capabilities': {
        'datastore-capabilities': [
          {
            datastore: 'ietf-datastores:operational',
            'per-node-capabilities': [
              { 'node-selector': '/', 'ietf-list-pagination:cursor-supported': [null] },
            ],
          },
        ],
      },
    }),
  }
}
