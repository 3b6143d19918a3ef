// `ietf-alarms:alarms/control`: how alarms are kept.
import type { JsonObject } from '../../schema/json-types.js'
import { isObject } from '../tree.js'

/** Status changes that an alarm keeps by default (RFC 8632 s4.1.1), and at most, whatever is configured. */
const CHANGES = { usual: 32, most: 65_535 }

export function mostStatusChanges(config: JsonObject): number {
  const alarms = config['ietf-alarms:alarms']
  const control = isObject(alarms) ? alarms.control : undefined
  const wanted = isObject(control) ? control['max-alarm-status-changes'] : undefined
  if (wanted === undefined) return CHANGES.usual
  return wanted === 'infinite' ? CHANGES.most : Number(wanted)
}
