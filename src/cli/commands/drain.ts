import { type Command, InvalidArgumentError, Option } from 'commander'
import { contentType } from '../../config-server/media-types.js'
import { type Client, type ConnectionOptions, clientCommand, connect, text } from '../client.js'
import { Refused } from '../failure.js'

interface DrainOptions extends ConnectionOptions {
  readonly queue?: number
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
        .argParser(parseCount)
        .default(3),
    )
    .addOption(new Option('--timeout <seconds>', 'wait so long at most').argParser(parseCount).default(60))
    .addHelpText('after', '\nExample:\n  lwaftr drain eth1 && systemctl restart something')
    .action(drain)
}

export function undrainCommand(): Command {
  return queuesCommand('undrain')
    .description('Announce the routes to a link again, as soon as it can forward.')
    .addHelpText('after', '\nExample:\n  lwaftr undrain eth1')
    .action(async (instance: string | undefined, options: DrainOptions) => {
      await operate(await connect(options), 'undrain', queues(instance, options))
    })
}

function queuesCommand(name: string): Command {
  return clientCommand(name)
    .argument('[instance]', 'device of the instance; without it all are meant')
    .addOption(new Option('--queue <id>', 'one queue of it only').argParser(parseCount))
}

async function drain(instance: string | undefined, options: DrainOptions): Promise<void> {
  const { quiet, timeout } = options
  const input = { ...queues(instance, options), 'quiet-time': quiet, timeout }
  const answer = await operate(await connect(options), 'drain', input)
  const { traffic, packets, 'announced-queues': others } = answer['lwaftr:output'] as Outcome
  if (others === 0) process.stderr.write('lwaftr: no route leads to this relay any more\n')
  if (traffic === 'remains')
    throw new Refused(
      `${packets} packets arrived within ${timeout} s: traffic has not gone; it is drained all the same`,
    )
  process.stdout.write(traffic === 'gone' ? `drained: no packet for ${quiet} s\n` : 'drained\n')
}

function queues(instance: string | undefined, { queue }: DrainOptions) {
  return {
    ...(instance === undefined ? {} : { instance }),
    ...(queue === undefined ? {} : { queue }),
  }
}

async function operate(client: Client, name: string, input: object): Promise<{ 'lwaftr:output'?: Outcome }> {
  const response = await client.request('POST', {
    path: `/restconf/operations/lwaftr:${name}`,
    headers: { 'content-type': contentType('json') },
    body: JSON.stringify({ 'lwaftr:input': input }),
  })
  const body = await text(response)
  return body === '' ? {} : (JSON.parse(body) as { 'lwaftr:output': Outcome })
}

function parseCount(value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw new InvalidArgumentError('It is not a number.')
  return Number(value)
}
