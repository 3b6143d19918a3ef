import type { Command } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { propose } from '../operation.js'
import { configurationGiven } from '../value.js'

export function validateCommand(): Command {
  return clientCommand('validate')
    .description('Say whether a running relay would take FILE as its configuration, and what would change.')
    .argument('<file>', 'configuration: text, JSON or XML; - is stdin')
    .addHelpText('after', '\nExample:\n  lwaftr validate lwaftr.conf')
    .action(validate)
}

async function validate(file: string, options: ConnectionOptions): Promise<void> {
  const config = await configurationGiven(file)
  await propose(await connect(options), { config }, { dryRun: true }, file)
}
