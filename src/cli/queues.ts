// Commands about queues: all of them, an instance's, or one (grouping `some-queues` of the model).
import { type Command, Option } from 'commander'
import type { JsonObject } from '../schema/json-types.js'
import { queueId } from './argument.js'
import { type ConnectionOptions, clientCommand } from './client.js'

export interface QueuesOptions extends ConnectionOptions {
  readonly queue?: number
}

export function queuesCommand(name: string): Command {
  return clientCommand(name)
    .argument('[instance]', 'device of the instance; without it all are meant')
    .addOption(new Option('--queue <id>', 'one queue of it only').argParser(queueId))
    .hook('preAction', (command) => {
      if (command.opts<QueuesOptions>().queue !== undefined && command.args.length === 0)
        command.error('error: --queue needs the instance that it is one of', { exitCode: 2 })
    })
}

/** The queues as the input of an operation. */
export function queues(instance: string | undefined, { queue }: QueuesOptions): JsonObject {
  return {
    ...(instance === undefined ? {} : { instance }),
    ...(queue === undefined ? {} : { queue }),
  }
}
