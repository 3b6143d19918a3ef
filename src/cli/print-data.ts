// get-config and get-state: one GET, whose answer goes to stdout as it comes.
import { type Command, Option } from 'commander'
import { contentType } from '../config-server/media-types.js'
import { formatApiPath, parsePath } from '../schema/paths.js'
import { loadSchema } from '../schema/schema.js'
import { type ConnectionOptions, connect } from './client.js'

interface PrintOptions extends ConnectionOptions {
  readonly format: keyof typeof FORMATS
  readonly defaults: boolean
}

const FORMATS = { text: 'text', json: 'document', xml: 'elements', xpath: 'xpath' } as const

export function withFormat(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'how to print it').choices(Object.keys(FORMATS)).default('text'),
    )
    .option('--defaults', 'print values that are there by default, too', false)
}

export async function printData(
  path: string,
  content: 'config' | 'nonconfig',
  options: PrintOptions,
): Promise<void> {
  const target = formatApiPath(parsePath(loadSchema(), path))
  const client = await connect(options)
  const query = [
    `content=${content}`,
    ...(options.defaults ? ['with-defaults=report-all'] : []),
    ...(content === 'nonconfig' && target === '' ? [`fields=${ofTheRelay().join(';')}`] : []),
  ].join('&')
  await client.print({
    path: `/restconf/data${target && `/${target}`}?${query}`,
    headers: { accept: contentType(FORMATS[options.format]) },
  })
  // The others end in a line of their own already.
  if (options.format === 'json' || options.format === 'xml') process.stdout.write('\n')
}

/** What the server says of itself (its modules, its history) is a page of its own each: printed where it is asked for. */
function ofTheRelay(): string[] {
  const { roots, softwires } = loadSchema()
  return [...roots].flatMap(([name, { module }]) => (module === softwires.module ? [name] : []))
}
