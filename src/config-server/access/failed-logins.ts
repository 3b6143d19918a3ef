// Counts failed logins by address, so that guessing stays slow. A flood from everywhere makes it forget the oldest, and
// then the price of a guess is what is left.
import { isIPv6 } from 'node:net'
import { Counts } from './counts.js'

/** Milliseconds over which failures are counted. */
const WINDOW = 60_000
const ADDRESSES = 10_000

export class FailedLogins {
  readonly #counts = new Counts(WINDOW, ADDRESSES)

  /** Seconds until the address may try again; 0 when it may now. */
  wait(address: string, limit: number): number {
    const { count, left } = this.#counts.get(network(address))
    return count < limit ? 0 : Math.ceil(left / 1000)
  }

  add(address: string): void {
    this.#counts.add(network(address))
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
    groups.push(...after)
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
