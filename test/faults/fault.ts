// What can befall a relay. Each fault is injected in the middle of traffic and edits, and has healed when it resolves.
import type { Random } from '../crash/storm.js'
import type { Ground } from './ground.js'

export interface Fault {
  readonly name: string
  /** No packet may be lost. */
  readonly hitless: boolean
  /** Whether workers end, and with them what they held. */
  readonly worker: 'lives' | 'may die'
  readonly leader: 'lives' | 'may die'
  /** Why it cannot be injected on this machine. */
  readonly obstacle?: string | null
  readonly inject: (ground: Ground, random: Random) => Promise<void>
}
