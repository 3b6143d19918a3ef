// set-config, add-config and remove-config: edits at a path, as one YANG Patch (RFC 8072) and so as one commit.
import type { Operation } from '../config-server/edit.js'
import { YANG_PATCH } from '../config-server/media-types.js'
import { wrap } from '../config-server/representation.js'
import type { JsonValue } from '../schema/json-types.js'
import { type DataPath, formatApiPath } from '../schema/paths.js'
import { type Client, type ConnectionOptions, connect } from './client.js'
import { type CommitOptions, hasCommitOptions, propose, showingChanges } from './operation.js'

export interface PathEdit {
  readonly operation: Operation
  readonly target: DataPath
  readonly value?: JsonValue
}

export async function sendEdits(
  edits: readonly PathEdit[],
  options: ConnectionOptions & CommitOptions,
): Promise<void> {
  const client = await connect(options)
  if (hasCommitOptions(options)) return propose(client, { edit: patchEdits(edits) }, options)
  await showingChanges(client, options, () => patch(client, edits))
}

/** All of them, or none. */
export async function patch(client: Client, edits: readonly PathEdit[]): Promise<void> {
  const edit = patchEdits(edits)
  const response = await client.request('PATCH', {
    path: '/restconf/data',
    headers: { 'content-type': YANG_PATCH },
    body: JSON.stringify({ 'ietf-yang-patch:yang-patch': { 'patch-id': 'lwaftr', edit } }),
  })
  response.resume()
}

export function patchEdits(edits: readonly PathEdit[]) {
  return edits.map(({ operation, target, value }, i) => ({
    'edit-id': String(i + 1),
    operation,
    target: `/${formatApiPath(target)}`,
    ...(value === undefined ? {} : { value: wrap(target, value) }),
  }))
}
