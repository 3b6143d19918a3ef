// start-time and stop-time of an event stream (RFC 8040 s4.8.7, s4.8.8).
import { error } from '../../errors.js'
import type { Parameters } from '../query.js'

export interface Times {
  /** Replay begins with what happened then. */
  readonly start?: Date | undefined
  /** The stream ends with what happened then. */
  readonly stop?: Date | undefined
}

/** Throws LwaftrError. */
export function timesOf(given: Parameters, now: Date): Times {
  const start = timeOf(given, 'start-time')
  const stop = timeOf(given, 'stop-time')
  const fail = (name: string, problem: string) => error('bad-query', { name, problem })
  if (stop && !start) throw fail('stop-time', 'give a start-time with it')
  if (start && start > now) throw fail('start-time', 'it lies in the future')
  if (start && stop && stop <= start) throw fail('stop-time', 'it is not later than start-time')
  return { start, stop }
}

/** date-and-time of RFC 6991, which is RFC 3339's. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function timeOf(given: Parameters, name: string): Date | undefined {
  const text = given.get(name)
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!TIME.test(text) || Number.isNaN(time.getTime()))
    throw error('bad-query', { name, problem: `${text} is not a time such as 2026-11-25T03:00:00Z` })
  return time
}
