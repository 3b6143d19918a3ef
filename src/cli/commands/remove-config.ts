import type { Command } from 'commander'
import { error } from '../../errors.js'
import { parsePath } from '../../schema/paths.js'
import { loadSchema } from '../../schema/schema.js'
import { type ConnectionOptions, clientCommand } from '../client.js'
import { sendEdits } from '../edit-config.js'
import { type CommitOptions, withCommitOptions } from '../operation.js'

export function removeConfigCommand(): Command {
  return withCommitOptions(clientCommand('remove-config'))
    .description('Remove the list entry, or other part of the configuration, at PATH.')
    .argument('<path>', 'what to remove')
    .addHelpText(
      'after',
      `
Example:
  lwaftr remove-config '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]'`,
    )
    .action(removeConfig)
}

async function removeConfig(path: string, options: ConnectionOptions & CommitOptions): Promise<void> {
  const target = parsePath(loadSchema(), path)
  // More often an empty variable of a script than what anybody wants.
  if (target.steps.length === 0)
    throw error('bad-path', {
      path: path || "''",
      problem: 'it is all there is; load-config replaces the whole',
    })
  await sendEdits([{ operation: 'delete', target }], options)
}
