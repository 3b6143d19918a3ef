import type { Command } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { invoke } from '../operation.js'

interface Options extends ConnectionOptions {
  readonly persistId?: string
}

export function confirmCommand(): Command {
  return clientCommand('confirm')
    .description('Keep what was committed with --confirm.')
    .option('--persist-id <token>', 'its persist, where it has one')
    .addHelpText('after', '\nExample:\n  lwaftr set-config --confirm 60 … && ping … && lwaftr confirm')
    .action((options: Options) => end('confirm-commit', options))
}

export function cancelCommand(): Command {
  return clientCommand('cancel')
    .description('Take back at once what was committed with --confirm.')
    .option('--persist-id <token>', 'its persist, where it has one')
    .addHelpText('after', '\nExample:\n  lwaftr cancel')
    .action((options: Options) => end('cancel-commit', options))
}

async function end(operation: string, { persistId, ...options }: Options): Promise<void> {
  const input = persistId === undefined ? {} : { 'persist-id': persistId }
  await invoke(await connect(options), operation, input)
}
