import type { Command } from 'commander'
import { clientCommand } from '../client.js'
import { printData, withFormat } from '../print-data.js'

export function getConfigCommand(): Command {
  return withFormat(clientCommand('get-config'))
    .description('Print the configuration of a running relay, or the part of it at PATH.')
    .argument('[path]', 'what to print', '/')
    .addHelpText(
      'after',
      `
Examples:
  lwaftr get-config
  lwaftr get-config --format json '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]'`,
    )
    .action((path, options) => printData(path, 'config', options))
}
