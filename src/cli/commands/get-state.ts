import type { Command } from 'commander'
import { clientCommand } from '../client.js'
import { printData, withFormat } from '../print-data.js'

export function getStateCommand(): Command {
  return withFormat(clientCommand('get-state'))
    .description(
      'Print the state of a running relay: counters, resolved next hops, passthru; other state by its PATH.',
    )
    .argument('[path]', 'what to print', '/')
    .addHelpText(
      'after',
      `
Examples:
  lwaftr get-state /softwire-state
  lwaftr get-state --format json /lwaftr:history
  lwaftr get-state --format json '/softwire-config/instance[device=eth1]'`,
    )
    .action((path, options) => printData(path, 'nonconfig', options))
}
