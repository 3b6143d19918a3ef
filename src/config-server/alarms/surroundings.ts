// Whether what a relay stands on is sound: its clock, its certificate, its disk and its shared memory.
import type { Condition } from './conditions.js'

export interface Surroundings {
  /** When the server's certificate ends to be valid; null: there is none. */
  readonly certificateEnds: Date | null
  /** Where commits are kept; null: nowhere. */
  readonly storage: {
    /** Why the last commit could not be written, if it could not. */
    readonly problem: string | null
    /** Bytes. */
    readonly free: number
  } | null
  /** Bytes of the binding table, and of what is free beside it. */
  readonly memory: { readonly table: number; readonly free: number } | null
}

const RESOURCES = {
  clock: '/lwaftr:config-server',
  certificate: '/lwaftr:config-server',
  storage: '/lwaftr:config-server/history',
  table: '/snabb-softwire-v3:softwire-config/binding-table',
} as const

const DAY = 86_400_000
const MEBIBYTE = 2 ** 20

/** Days before its end that a certificate is told of, and told of again. */
const CERTIFICATE_DAYS = { warning: 14, critical: 2 }
/** Bytes of disk: a commit of a million softwires takes some dozen megabytes. */
const LITTLE_STORAGE = 256 * MEBIBYTE
/** Bytes of shared memory that single edits may come to need. */
const LITTLE_MEMORY = 4 * MEBIBYTE

export function surroundingConditions(around: Surroundings, jump: ClockJump | null, now: Date): Condition[] {
  return [
    { type: 'clock-jump', resource: RESOURCES.clock, problem: clockProblem(jump) },
    {
      type: 'certificate-expiring',
      resource: RESOURCES.certificate,
      problem: certificateProblem(around.certificateEnds, now),
    },
    { type: 'storage-failing', resource: RESOURCES.storage, problem: storageProblem(around.storage) },
    { type: 'table-memory-low', resource: RESOURCES.table, problem: memoryProblem(around.memory) },
  ]
}

function certificateProblem(ends: Date | null, now: Date): Condition['problem'] {
  if (ends === null) return null
  const days = (ends.getTime() - now.getTime()) / DAY
  if (days > CERTIFICATE_DAYS.warning) return null
  const time = ends.toISOString()
  if (days <= 0)
    return {
      severity: 'critical',
      text: `the certificate of the config server has expired on ${time}: clients refuse it`,
    }
  return {
    severity: days <= CERTIFICATE_DAYS.critical ? 'critical' : 'warning',
    text: `the certificate of the config server expires on ${time}; once its files are replaced it is read again`,
  }
}

function storageProblem(storage: Surroundings['storage']): Condition['problem'] {
  if (storage === null) return null
  if (storage.problem !== null)
    return {
      severity: 'critical',
      text: `the last commit could not be stored and was refused: ${storage.problem}`,
    }
  if (storage.free >= LITTLE_STORAGE) return null
  return {
    severity: 'warning',
    text: `less than ${LITTLE_STORAGE / MEBIBYTE} MiB are free where commits are stored; commits fail when nothing is`,
  }
}

function memoryProblem(memory: Surroundings['memory']): Condition['problem'] {
  if (memory === null) return null
  if (memory.free < LITTLE_MEMORY)
    return {
      severity: 'critical',
      text: 'shared memory (/dev/shm) is nearly full: new softwires will be refused',
    }
  if (memory.free >= memory.table) return null
  return {
    severity: 'warning',
    text: 'shared memory (/dev/shm) has no room for a second binding table: the whole of it cannot be replaced at once',
  }
}

/** A step of the machine's clock, which every time that the relay tells has taken part in. */
export interface ClockJump {
  /** Milliseconds, forward or back. */
  readonly by: number
  /** When, by the clock that nobody sets. */
  readonly at: number
}

/** Both clocks at a look, in milliseconds. */
export interface Clocks {
  readonly wall: number
  readonly monotonic: number
  readonly jump: ClockJump | null
}

/** Milliseconds: no slewing takes so much at once; and how long a jump is told. */
const LEAST_JUMP = 5_000
const TOLD = 600_000

export function advanceClocks(last: Clocks | null, wall: number, monotonic: number): Clocks {
  const by = last ? wall - last.wall - (monotonic - last.monotonic) : 0
  if (Math.abs(by) >= LEAST_JUMP) return { wall, monotonic, jump: { by, at: monotonic } }
  const told = last?.jump && monotonic - last.jump.at < TOLD ? last.jump : null
  return { wall, monotonic, jump: told }
}

function clockProblem(jump: ClockJump | null): Condition['problem'] {
  if (jump === null) return null
  const seconds = Math.round(Math.abs(jump.by) / 1000)
  return {
    severity: 'warning',
    text: `the clock was set ${jump.by > 0 ? 'forward' : 'back'} by ${seconds} s: times of commits, alarms and certificates before it do not compare with those after it`,
  }
}
