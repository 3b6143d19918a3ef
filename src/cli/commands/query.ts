// lwaftr query: the counters of a running relay, once.
import { type Command, Option } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { matching, readCounters } from '../read-counters.js'

interface QueryOptions extends ConnectionOptions {
  readonly all: boolean
  readonly instance?: string
  readonly format: 'text' | 'json'
}

export function queryCommand(): Command {
  return clientCommand('query')
    .description('Print the counters of a running relay that are not zero.')
    .argument('[pattern]', 'only those with this in their name; * is anything')
    .option('--all', 'also those that are zero; one that is named in full always is', false)
    .option('--instance <device>', 'only of this instance; default: summed over all')
    .addOption(new Option('--format <format>', 'how to print them').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  lwaftr query
  lwaftr query drop
  lwaftr query --all --format json 'in-*-packets'`,
    )
    .action(query)
}

async function query(pattern: string | undefined, options: QueryOptions): Promise<void> {
  const counters = await readCounters(await connect(options), options.instance)
  const found = pattern === undefined ? counters : matching(counters, pattern)
  const shown = [...found].filter(([name, value]) => options.all || value !== 0n || name === pattern)
  if (options.format === 'json') {
    // Numbers as `lwaftr check` reads them: JSON has no largest one.
    const members = shown.map(([name, value]) => `  ${JSON.stringify(name)}: ${value}`)
    process.stdout.write(members.length === 0 ? '{}\n' : `{\n${members.join(',\n')}\n}\n`)
    return
  }
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  for (const [name, value] of shown) process.stdout.write(`${name.padEnd(width)} ${value}\n`)
}
