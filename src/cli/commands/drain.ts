import { type Command, Option } from 'commander'
import { wholeNumber } from '../argument.js'
import { connect } from '../client.js'
import { Refused } from '../failure.js'
import { invoke } from '../operation.js'
import { type QueuesOptions, queues, queuesCommand } from '../queues.js'

const SECONDS = wholeNumber(0, 65_535)

interface DrainOptions extends QueuesOptions {
  readonly quiet: number
  readonly timeout: number
}

interface Outcome {
  readonly traffic: 'gone' | 'remains' | 'unknown'
  readonly packets: string
  readonly 'announced-queues': number
}

export function drainCommand(): Command {
  return queuesCommand('drain')
    .description(
      'Withdraw the routes to a link before maintenance, and wait until traffic has gone. It stays so until undrain.',
    )
    .addOption(
      new Option('--quiet <seconds>', 'traffic has gone when none came for so long; 0: do not wait')
        .argParser(SECONDS)
        .default(3),
    )
    .addOption(new Option('--timeout <seconds>', 'wait so long at most').argParser(SECONDS).default(60))
    .addHelpText('after', '\nExample:\n  lwaftr drain eth1 && systemctl restart something')
    .action(drain)
}

export function undrainCommand(): Command {
  return queuesCommand('undrain')
    .description('Announce the routes to a link again, as soon as it can forward.')
    .addHelpText('after', '\nExample:\n  lwaftr undrain eth1')
    .action(async (instance: string | undefined, options: QueuesOptions) => {
      await invoke(await connect(options), 'undrain', queues(instance, options))
    })
}

async function drain(instance: string | undefined, options: DrainOptions): Promise<void> {
  const { quiet, timeout } = options
  const input = { ...queues(instance, options), 'quiet-time': quiet, timeout }
  const answer = await invoke<Outcome>(await connect(options), 'drain', input)
  const { traffic, packets, 'announced-queues': others } = answer
  if (others === 0) process.stderr.write('lwaftr: no route leads to this relay any more\n')
  if (traffic === 'remains')
    throw new Refused(
      `${packets} packets arrived within ${timeout} s: traffic has not gone; it is drained all the same`,
    )
  process.stdout.write(traffic === 'gone' ? `drained: no packet for ${quiet} s\n` : 'drained\n')
}
