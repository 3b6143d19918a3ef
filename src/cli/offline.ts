/** A configuration file made ready to run frames through its first queue, for check, explain and bench. */

import { readBytes } from '../config-server/configuration-file.js'
import { checkFilters } from '../dataplane/filters.js'
import { type NativeBindingTable, native } from '../dataplane/native.js'
import { instanceSettings, type QueueSettings } from '../dataplane/settings.js'
import { error } from '../errors.js'
import { breachError } from '../schema/invariants.js'
import { loadSchema } from '../schema/schema.js'
import { loadText } from '../schema/text.js'

export interface OfflineQueue {
  readonly queue: QueueSettings
  readonly table: NativeBindingTable
}

/** Errors name file, line and column. */
export async function openOffline(file: string): Promise<OfflineQueue> {
  return openText(await readBytes(file), file)
}

/** The same for text that came from elsewhere, which `file` names. */
export function openText(bytes: Buffer, file: string): OfflineQueue {
  const schema = loadSchema()
  const configuration = loadText(schema, bytes, { file })
  const queue = instanceSettings(configuration.tree)[0]?.queues[0]
  if (queue === undefined) throw error('file', { file, problem: 'it has no instance with a queue' })
  checkFilters(queue, file)
  const table = native.BindingTable.create(null)
  const records = configuration.softwires.bytes
  const breach = table.build(records)
  if (breach !== null)
    throw breachError(schema, breach, records).at(configuration.locateSoftwire(breach.index))
  return { queue, table }
}
