// Times of waiting that a restart does not end. The machine's clock may be set meanwhile, by an hour or by years: as long
// as the machine has not been started again, the clock counts that nobody sets.
import { readFileSync } from 'node:fs'

export interface Waiting {
  /** Milliseconds that it may take. */
  readonly timeout: number
  /** When it is over, for people; and for this relay where the machine was started since. */
  readonly deadline: Date
  /** When it is over in milliseconds of CLOCK_MONOTONIC, and of which start of the machine. */
  readonly boot: { readonly id: string; readonly until: number }
}

export function waitingFor(timeout: number): Waiting {
  return {
    timeout,
    deadline: new Date(Date.now() + timeout),
    boot: { id: bootId(), until: monotonic() + timeout },
  }
}

/** Milliseconds; 0 when it is over. Never more than all of it. */
export function timeLeft({ timeout, deadline, boot }: Waiting): number {
  const left = boot.id === bootId() ? boot.until - monotonic() : deadline.getTime() - Date.now()
  return Math.min(Math.max(left, 0), timeout)
}

/** Of all processes since the machine started; performance.now() is of one process. */
function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}
