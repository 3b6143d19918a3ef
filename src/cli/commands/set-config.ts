import type { Command } from 'commander'
import { parsePath } from '../../schema/paths.js'
import { loadSchema } from '../../schema/schema.js'
import { type ConnectionOptions, clientCommand } from '../client.js'
import { sendEdits } from '../edit-config.js'
import { type CommitOptions, withCommitOptions } from '../operation.js'
import { valueGiven } from '../value.js'

export function setConfigCommand(): Command {
  return withCommitOptions(clientCommand('set-config'))
    .description(
      'Replace what is at PATH. VALUE is text, JSON or XML, and comes from stdin when it is not given.',
    )
    .argument('<path>', 'what to replace')
    .argument('[value]', 'what to replace it by')
    .addHelpText(
      'after',
      `
Examples:
  lwaftr set-config /softwire-config/external-interface/mtu 1500
  lwaftr set-config '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]/b4-ipv6' 2001:db8::7`,
    )
    .action(setConfig)
}

async function setConfig(
  path: string,
  value: string | undefined,
  options: ConnectionOptions & CommitOptions,
): Promise<void> {
  const schema = loadSchema()
  const target = parsePath(schema, path)
  const edit = {
    operation: 'replace',
    target,
    value: valueGiven(schema, target, value),
  } as const
  await sendEdits([edit], options)
}
