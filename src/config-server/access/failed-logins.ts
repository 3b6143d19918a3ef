// Counts failed logins by address, so that guessing stays slow. Bounded: a flood from everywhere makes it forget the
// oldest, and then the price of a guess is what is left.
import { isIPv6 } from 'node:net'

/** Milliseconds over which failures are counted. */
const WINDOW = 60_000
const ADDRESSES = 10_000

export class FailedLogins {
  readonly #now: () => number
  readonly #failures = new Map<string, { count: number; readonly since: number }>()

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Seconds until the address may try again; 0 when it may now. */
  wait(address: string, limit: number): number {
    const failures = this.#failures.get(network(address))
    if (!failures || failures.count < limit) return 0
    return Math.max(0, Math.ceil((failures.since + WINDOW - this.#now()) / 1000))
  }

  add(address: string): void {
    const key = network(address)
    const now = this.#now()
    const known = this.#failures.get(key)
    if (known && now - known.since < WINDOW) {
      known.count++
      return
    }
    this.#failures.delete(key)
    this.#failures.set(key, { count: 1, since: now })
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= ADDRESSES) break
      this.#failures.delete(oldest)
    }
  }
}

/** A host has a whole /64 of IPv6 addresses to choose from. */
export function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1]) return mapped[1]
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
