import type { Command } from 'commander'
import { wholeNumber } from '../argument.js'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { invoke, printDifference, revisionArgument } from '../operation.js'

interface Options extends ConnectionOptions {
  readonly lines: number
}

export function compareCommand(): Command {
  return clientCommand('compare')
    .description(
      'Print how two revisions of the configuration differ, a leaf a line. Without the second it is the running one, without both what the last commit changed.',
    )
    .argument('[from]', 'earlier revision', revisionArgument)
    .argument('[to]', 'later revision', revisionArgument)
    .option('--lines <number>', 'print at most so many, up to 100000', wholeNumber(0, 100_000), 10_000)
    .addHelpText('after', '\nExample:\n  lwaftr compare 41 42')
    .action(compare)
}

async function compare(
  from: number | undefined,
  to: number | undefined,
  { lines, ...options }: Options,
): Promise<void> {
  const input = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  printDifference(await invoke(await connect(options), 'compare', { ...input, limit: lines }))
}
