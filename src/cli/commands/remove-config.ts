import type { Command } from 'commander'
import { parsePath } from '../../schema/paths.js'
import { loadSchema } from '../../schema/schema.js'
import { type ConnectionOptions, clientCommand } from '../client.js'
import { sendEdits } from '../edit-config.js'

export function removeConfigCommand(): Command {
  return clientCommand('remove-config')
    .description('Remove the list entry, or other part of the configuration, at PATH.')
    .argument('<path>', 'what to remove')
    .addHelpText(
      'after',
      `
Example:
  lwaftr remove-config '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]'`,
    )
    .action((path: string, options: ConnectionOptions) =>
      sendEdits([{ operation: 'delete', target: parsePath(loadSchema(), path) }], options),
    )
}
