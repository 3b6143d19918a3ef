// `ietf-alarms:alarms/control`: how alarms are kept.
import type { JsonObject } from '../../schema/json-types.js'
import { pathTo } from '../../schema/paths.js'
import type { Schema } from '../../schema/schema.js'
import { defaultOf } from '../../schema/walk.js'
import { find, isObject } from '../tree.js'
import { type Alarm, SEVERITIES, type Severity } from './alarm.js'
import { RATES, type RateName } from './rates.js'

/** Status changes that an alarm keeps by default (RFC 8632 s4.1.1), and at most, whatever is configured. */
const CHANGES = { usual: 32, most: 65_535 }

/** Packets a second, by what is watched; 0: it is not. */
export function thresholds(schema: Schema, config: JsonObject): Readonly<Record<RateName, number>> {
  const container = schema.roots
    .get('ietf-alarms:alarms')
    ?.children.get('control')
    ?.children.get('lwaftr:thresholds')
  const threshold = (name: RateName) => {
    const leaf = container?.children.get(name)
    if (leaf === undefined) throw new Error(`the model has no threshold ${name}`)
    return [name, Number(find(config, pathTo(leaf)) ?? defaultOf(leaf))]
  }
  return Object.fromEntries(RATES.map(threshold)) as Record<RateName, number>
}

/** Whether alarm-notification tells the change (RFC 8632 s4.1.1). */
export function isNotified(config: JsonObject, before: Alarm | undefined, after: Alarm): boolean {
  const control = controlOf(config)
  const wasCleared = before?.cleared ?? true
  switch (control['notify-status-changes']) {
    case 'raise-and-clear':
      return wasCleared !== after.cleared
    case 'severity-level': {
      const level = SEVERITIES.indexOf(control['notify-severity-level'] as Severity)
      // Indeterminate is below all of ours.
      const reaches = ({ severity }: Alarm) => level < 0 || SEVERITIES.indexOf(severity) <= level
      const reached = before !== undefined && !wasCleared && reaches(before)
      return after.cleared ? !wasCleared : reached !== reaches(after)
    }
    default:
      return true
  }
}

export function mostStatusChanges(config: JsonObject): number {
  const wanted = controlOf(config)['max-alarm-status-changes']
  if (wanted === undefined) return CHANGES.usual
  return wanted === 'infinite' ? CHANGES.most : Number(wanted)
}

export function controlOf(config: JsonObject): JsonObject {
  const alarms = config['ietf-alarms:alarms']
  const control = isObject(alarms) ? alarms.control : undefined
  return isObject(control) ? control : {}
}
