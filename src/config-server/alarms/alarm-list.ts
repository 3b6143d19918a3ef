// How the list of alarms goes on from what is wrong now. Values in, values out: time is an argument.
import { ALARM_TYPES, type Alarm, alarmKey, type Problem, type StatusChange } from './alarm.js'
import type { Condition } from './conditions.js'

export interface AlarmList {
  /** By alarmKey(), in the order in which they were first raised. */
  readonly alarms: ReadonlyMap<string, Alarm>
  /** Since when there is something wrong that may become an alarm. */
  readonly waiting: ReadonlyMap<string, Date>
}

export const NO_ALARMS: AlarmList = { alarms: new Map(), waiting: new Map() }

/** Entries; of more, the cleared ones that changed longest ago are forgotten. */
const MOST_ALARMS = 1000

/**
 * The list after a look. Alarms that did not change are the same objects as before. `mostChanges` is how many status
 * changes an alarm keeps.
 */
export function advance(
  list: AlarmList,
  found: readonly Condition[],
  now: Date,
  mostChanges: number,
): AlarmList {
  const alarms = new Map(list.alarms)
  const waiting = new Map<string, Date>()
  const judged = new Set<string>()
  for (const condition of found) {
    const key = alarmKey(condition)
    judged.add(key)
    const { problem } = condition
    const alarm = alarms.get(key)
    if (problem === 'unknown') continue
    if (problem === null) {
      if (alarm && !alarm.cleared) alarms.set(key, cleared(alarm, now, mostChanges))
      continue
    }
    const since = list.waiting.get(key) ?? now
    if (alarm && !alarm.cleared) alarms.set(key, changed(alarm, problem, now, mostChanges))
    else if (now.getTime() - since.getTime() < ALARM_TYPES[condition.type].patience) waiting.set(key, since)
    else alarms.set(key, raised(alarm, condition, problem, since, mostChanges))
  }
  for (const [key, alarm] of alarms)
    if (!judged.has(key) && !alarm.cleared)
      alarms.set(key, cleared(alarm, now, mostChanges, 'it is not configured any more'))
  return { alarms: bounded(alarms), waiting }
}

function raised(
  alarm: Alarm | undefined,
  { type, resource }: Condition,
  { severity, text }: Problem,
  since: Date,
  most: number,
): Alarm {
  const changes = withChange(alarm?.changes ?? [], { time: since, severity, text }, most)
  const [{ time }] = changes
  return { type, resource, created: alarm?.created ?? time, raised: time, cleared: false, severity, changes }
}

/** The same object where nothing changed. */
function changed(alarm: Alarm, { severity, text }: Problem, now: Date, most: number): Alarm {
  if (alarm.severity === severity && alarm.changes[0].text === text) return alarm
  return { ...alarm, severity, changes: withChange(alarm.changes, { time: now, severity, text }, most) }
}

function cleared(alarm: Alarm, now: Date, most: number, why?: string): Alarm {
  const text = why ?? `over: ${alarm.changes[0].text}`
  return {
    ...alarm,
    cleared: true,
    changes: withChange(alarm.changes, { time: now, severity: 'cleared', text }, most),
  }
}

/** Times are the list's key, and in order also where the clock was set back. */
function withChange(changes: readonly StatusChange[], change: StatusChange, most: number): Alarm['changes'] {
  const last = changes[0]?.time.getTime() ?? Number.NEGATIVE_INFINITY
  const time = new Date(Math.max(change.time.getTime(), last + 1))
  return [{ ...change, time }, ...changes.slice(0, Math.max(0, most - 1))]
}

function bounded(alarms: Map<string, Alarm>): Map<string, Alarm> {
  if (alarms.size <= MOST_ALARMS) return alarms
  const oldest = [...alarms]
    .filter(([, alarm]) => alarm.cleared)
    .sort(([, a], [, b]) => a.changes[0].time.getTime() - b.changes[0].time.getTime())
  for (const [key] of oldest.slice(0, alarms.size - MOST_ALARMS)) alarms.delete(key)
  return alarms
}
