// Looks at a relay in regular turns, for as long as somebody wants them. One that goes away is waited for.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client.js'
import { describeFailure } from '../failure.js'
import { type RelayState, readState } from './relay-state.js'

export interface LookOptions {
  /** Seconds. */
  readonly interval: number
  readonly count?: number
  readonly instance?: string
}

export function withLooks(command: Command): Command {
  return command
    .addOption(
      new Option('--interval <seconds>', 'between two looks, 0.1 to 3600')
        .argParser(intervalArgument)
        .default(1),
    )
    .addOption(new Option('--count <number>', 'end after so many').argParser(countArgument))
    .option('--instance <device>', 'only this instance; default: all together')
}

/** The first look must succeed; later ones are tried again, and `warn` is told once of each new obstacle. */
export async function* looks(
  connect: () => Promise<Client>,
  interval: () => number,
  warn: (problem: string) => void,
): AsyncGenerator<RelayState> {
  let due = performance.now()
  yield await readState(await connect())
  for (let obstacle = ''; ; ) {
    const now = performance.now()
    due = Math.max(due + interval() * 1000, now)
    await sleep(due - now)
    try {
      const state = await readState(await connect())
      obstacle = ''
      yield state
    } catch (problem) {
      const said = describeFailure(problem)
      if (said !== obstacle) warn(said)
      obstacle = said
    }
  }
}

function intervalArgument(value: string): number {
  const seconds = Number(value)
  if (!(seconds >= 0.1 && seconds <= 3600))
    throw new InvalidArgumentError('It is not a number of seconds from 0.1 to 3600.')
  return seconds
}

function countArgument(value: string): number {
  const count = Number(value)
  if (!(Number.isInteger(count) && count > 0))
    throw new InvalidArgumentError('It is not a number of at least 1.')
  return count
}
