// `ietf-alarms:alarms` among the operational state: what can be wrong, what is, and how much of it.
import type { JsonObject } from '../../schema/json-types.js'
import type { StateProvider } from '../state-provider.js'
import { ALARM_TYPES, type Alarm, alarmEntry, SEVERITIES, type Severity } from './alarm.js'
import type { Alarms, ShelvedAlarm } from './alarms.js'

export function alarmsState(alarms: Alarms): StateProvider {
  const root = 'ietf-alarms:alarms'
  return {
    roots: [root],
    state() {
      const all = [...alarms.all]
      const { lastChanged } = alarms
      const list: JsonObject = {
        'number-of-alarms': all.length,
        ...(lastChanged ? { 'last-changed': lastChanged.toISOString() } : {}),
        ...(all.length > 0 ? { alarm: all.map(alarmEntry) } : {}),
      }
      const shelved = shelvedList(alarms)
      const summary: JsonObject = {
        'alarm-summary': SEVERITIES.map((severity) => summaryOf(all, severity)),
        ...(shelved['number-of-shelved-alarms'] === 0 ? {} : { 'shelves-active': [null] }),
      }
      return {
        [root]: {
          'alarm-inventory': inventory(),
          summary,
          'alarm-list': list,
          'shelved-alarms': shelved,
        },
      }
    },
  }
}

function shelvedList(alarms: Alarms): JsonObject {
  const all = [...alarms.shelved]
  const { shelvedLastChanged } = alarms
  const entry = ({ alarm, shelf }: ShelvedAlarm): JsonObject => {
    // The list of alarms has this, that of the shelved ones has not.
    const { 'time-created': _, ...rest } = alarmEntry(alarm)
    return { ...rest, 'shelf-name': shelf }
  }
  return {
    'number-of-shelved-alarms': all.length,
    ...(shelvedLastChanged ? { 'shelved-alarms-last-changed': shelvedLastChanged.toISOString() } : {}),
    ...(all.length > 0 ? { 'shelved-alarm': all.map(entry) } : {}),
  }
}

function inventory(): JsonObject {
  return {
    'alarm-type': Object.entries(ALARM_TYPES).map(([name, { severities, description }]) => ({
      'alarm-type-id': `lwaftr:${name}`,
      'alarm-type-qualifier': '',
      'will-clear': true,
      'severity-level': [...severities],
      description,
    })),
  }
}

function summaryOf(all: readonly Alarm[], severity: Severity): JsonObject {
  const those = all.filter((alarm) => alarm.severity === severity)
  const cleared = those.filter((alarm) => alarm.cleared).length
  return { severity, total: those.length, 'not-cleared': those.length - cleared, cleared }
}
