// What arguments and options of commands may be: readers that commander asks, which say what is wrong with a word.
import { isIPv4, isIPv6 } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { parseCpuList } from '../dataplane/cpu-list.js'
import { parseIpv6 } from '../schema/addresses.js'

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }
}

/** Ids of queues, as the model has them. */
export const queueId = wholeNumber(0, 255)

export function ipv4Text(text: string): string {
  if (!isIPv4(text)) throw new InvalidArgumentError('It is not an IPv4 address.')
  return text
}

export function ipv6Text(text: string): string {
  if (!isIPv6(text)) throw new InvalidArgumentError('It is not an IPv6 address.')
  return text
}

export function ipv6Bytes(text: string): Uint8Array {
  const bytes = parseIpv6(text)
  if (bytes === null) throw new InvalidArgumentError('It is not an IPv6 address.')
  return bytes
}

/** `2,4-7`, of one CPU at least. */
export function cpuList(text: string): number[] {
  const cpus = parseCpuList(text)
  if (cpus === null || cpus.length === 0) throw new InvalidArgumentError('It is not a list such as 2,4-7.')
  return cpus
}
