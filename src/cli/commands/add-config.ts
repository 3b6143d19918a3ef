import type { Command } from 'commander'
import { parsePath } from '../../schema/paths.js'
import { loadSchema } from '../../schema/schema.js'
import { type ConnectionOptions, clientCommand } from '../client.js'
import { sendEdits } from '../edit-config.js'
import { type CommitOptions, withCommitOptions } from '../operation.js'
import { valueGiven } from '../value.js'

export function addConfigCommand(): Command {
  return withCommitOptions(clientCommand('add-config'))
    .description(
      'Add entries to the list at PATH; none is added when one of them is there already.\n' +
        'VALUE is text, JSON or XML, and comes from stdin when it is not given.',
    )
    .argument('<path>', 'the list')
    .argument('[value]', 'its new entries')
    .addHelpText(
      'after',
      `
Example:
  lwaftr add-config /softwire-config/binding-table/softwire \\
    '{ ipv4 193.5.1.100; psid 7; b4-ipv6 2001:db8::7; br-address 2001:db8:ff::1; port-set { psid-length 6; } }'`,
    )
    .action(addConfig)
}

async function addConfig(
  path: string,
  value: string | undefined,
  options: ConnectionOptions & CommitOptions,
): Promise<void> {
  const schema = loadSchema()
  const target = parsePath(schema, path)
  const edit = {
    operation: 'create',
    target,
    value: valueGiven(schema, target, value),
  } as const
  await sendEdits([edit], options)
}
