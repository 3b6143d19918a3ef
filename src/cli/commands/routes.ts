import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { Route } from '../../config-server/announce/route.js'
import { queueId } from '../argument.js'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { askRoutes, follow } from '../routes/follow.js'
import type { RouteFormat } from '../routes/format.js'
import { FORMATS, type FormatName, formatOf } from '../routes/formats.js'
import { RouteTable } from '../routes/route-table.js'

interface RoutesOptions extends ConnectionOptions {
  readonly format: FormatName
  readonly follow: boolean
  readonly instance?: string
  readonly queue?: number
  readonly family?: string
  readonly table?: string
  readonly addPath: boolean
  readonly output?: string
  readonly run?: string
}

export function routesCommand(): Command {
  return clientCommand('routes')
    .description(
      'Print the routes to announce: which prefixes are reached by which of the relay’s addresses now.',
    )
    .addOption(new Option('--format <format>', 'in whose words').choices(FORMATS).default('json'))
    .option('--follow', 'go on with each change, until interrupted', false)
    .option('--instance <device>', 'only those by this instance')
    .addOption(new Option('--queue <id>', 'only those by this queue').argParser(queueId))
    .addOption(new Option('--family <family>', 'only those of this family').choices(['ipv4', 'ipv6']))
    .option('--table <name>', 'bird: routing tables NAME4 and NAME6; frr: VRF')
    .option('--add-path', 'exabgp: a path for each queue, not only the first', false)
    .option('--output <file>', 'write the whole list to FILE, again at each change, replacing it at once')
    .addOption(new Option('--run <command>', 'with --output: a shell command to run after each time'))
    .addHelpText(
      'after',
      `
Examples:
  lwaftr routes
  lwaftr routes --follow --format exabgp
  lwaftr routes --follow --format frr | vtysh
  lwaftr routes --follow --format bird --output /etc/bird/lwaftr.conf --run 'birdc configure'`,
    )
    .action(routes)
}

async function routes(options: RoutesOptions): Promise<void> {
  const { instance, queue, family, table, addPath } = options
  const wanted = (route: Route) =>
    (instance === undefined || route.instance === instance) &&
    (queue === undefined || route.queue === queue) &&
    (family === undefined || route['address-family'] === family)
  const format = formatOf(options.format, {
    addPath,
    ...(table === undefined ? {} : { table }),
    ...(instance === undefined ? {} : { label: instance }),
  })
  if (options.follow) return followAll(options, format, wanted)
  const answer = await askRoutes(await connect(options))
  const all = new RouteTable()
  all.apply({ announced: (answer.route ?? []).filter(wanted), withdrawn: [] })
  await put(format.document(all, answer.revision), options)
}

async function followAll(
  options: RoutesOptions,
  format: RouteFormat,
  wanted: (route: Route) => boolean,
): Promise<void> {
  const warn = (problem: string) => process.stderr.write(`lwaftr: ${problem}; trying again\n`)
  for await (const { table, changes, revision, whole } of follow(() => connect(options), wanted, warn)) {
    const { announced, withdrawn } = changes
    if (!whole && announced.length + withdrawn.length === 0) continue
    await put(
      options.output === undefined
        ? format.follow(table, changes, revision, whole)
        : format.document(table, revision),
      options,
    )
  }
}

/** To the file, which nobody sees half-written, or to stdout at its speed. */
async function put(text: string, { output, run }: RoutesOptions): Promise<void> {
  if (output === undefined) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
    return
  }
  writeFileSync(`${output}.new`, text)
  renameSync(`${output}.new`, output)
  if (run === undefined) return
  const child = spawn('/bin/sh', ['-c', run], { stdio: ['ignore', 2, 2] })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) process.stderr.write(`lwaftr: ${run} ended with exit code ${code}\n`)
}
