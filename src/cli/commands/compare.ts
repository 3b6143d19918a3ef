import type { Command } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { invoke, printDifference, revisionArgument } from '../operation.js'

export function compareCommand(): Command {
  return clientCommand('compare')
    .description(
      'Print how two revisions of the configuration differ, a leaf a line. Without the second it is the running one, without both what the last commit changed.',
    )
    .argument('[from]', 'earlier revision', revisionArgument)
    .argument('[to]', 'later revision', revisionArgument)
    .addHelpText('after', '\nExample:\n  lwaftr compare 41 42')
    .action(compare)
}

async function compare(
  from: number | undefined,
  to: number | undefined,
  options: ConnectionOptions,
): Promise<void> {
  const input = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  printDifference(await invoke(await connect(options), 'compare', { ...input, limit: EVERYTHING }))
}

/** Lines: all of them. */
const EVERYTHING = 2 ** 32 - 1
