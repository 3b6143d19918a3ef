// Grouping `some-queues` of the model: which queues an operation means.
import { error } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import { formatInstanceIdentifier, parseApiPath } from '../../schema/paths.js'
import { type ConfiguredQueue, configuredQueues } from '../announce/carriers.js'
import type { Services } from '../services.js'

export type Queue = Omit<ConfiguredQueue, 'drained'>

export const INSTANCES = 'snabb-softwire-v3:softwire-config/instance'

/** Throws LwaftrError where there are none. */
export function chosenQueues({ schema, datastore }: Services, { instance, queue }: JsonObject): Queue[] {
  const queues = configuredQueues(datastore.running.tree).filter(
    (one) => (instance ?? one.instance) === one.instance && (queue ?? one.queue) === one.queue,
  )
  if (queues.length > 0) return queues
  const which = instance === undefined ? '' : `=${encodeURIComponent(String(instance))}`
  const api = `${INSTANCES}${which}${queue === undefined ? '' : `/queue=${queue}`}`
  const path = formatInstanceIdentifier(parseApiPath(schema, api))
  throw error('data-missing', { path }, { path })
}
