// The clock is set, while the relay runs and while no leader does: by seconds, hours, years, forward and back.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../crash/storm.js'
import type { Fault } from './fault.js'
import { killLeader } from './processes.js'

const HOUR = 3600
const YEAR = 365 * 24 * HOUR
/** Seconds from the true time. */
const TIMES = [0, 3, -3, HOUR, -HOUR, 10 * YEAR, -10 * YEAR]

function anyTime(random: Random): number {
  return TIMES[random(TIMES.length)] as number
}

export const CLOCK_FAULTS: readonly Fault[] = [
  {
    name: 'clock set, and set again',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    async inject({ clock }, random) {
      for (let i = 0; i < 3; i++) {
        clock.set(anyTime(random))
        await sleep(random(700))
      }
    },
  },
  {
    name: 'clock set while no leader runs',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    async inject(ground, random) {
      await killLeader(ground)
      ground.clock.set(anyTime(random))
    },
  },
]
