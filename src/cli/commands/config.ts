// Snabb's `snabb config`, with its arguments: scripts and agents written for it go on with `lwaftr config`.
import { Command, Option } from 'commander'
import { error } from '../../errors.js'
import { loadSchema, type Schema } from '../../schema/schema.js'
import { type Client, connect } from '../client.js'
import { listen } from '../config/listen.js'
import { relayName } from '../config/relay-id.js'
import { add, pathGiven, type Reading, read, remove, set } from '../config/verbs.js'
import { loadConfig } from './load-config.js'

const MODEL = 'snabb-softwire-v3'

interface SchemaOptions {
  readonly schema: string
  readonly revision?: string
  /** Snabb takes longer names, too. */
  readonly schemaName?: string
  readonly revisionDate?: string
}

export function configCommand(): Command {
  const config = new Command('config')
    .description('Read and change the configuration of a running relay, with the arguments of snabb config.')
    .addHelpText(
      'after',
      `
ID is the name of a relay or its process.

Examples:
  lwaftr config get lwaftr /softwire-config/external-interface/mtu
  lwaftr config set lwaftr /softwire-config/external-interface/mtu 1500
  echo '{ "id": "0", "verb": "get", "path": "/softwire-config" }' | lwaftr config listen lwaftr`,
    )
  config.addCommand(reading('get', 'print the configuration at PATH', 'config'))
  config.addCommand(reading('get-state', 'print the state at PATH', 'nonconfig'))
  config.addCommand(
    verb('set', 'replace what is at PATH; VALUE comes from stdin when it is not given')
      .argument('<path>')
      .argument('[value]')
      .action(async (id, path, value, options) => {
        const { schema, client } = await open(id, options)
        await set(client, schema, pathGiven(schema, path), value)
      }),
  )
  config.addCommand(
    verb('add', 'add list entries at PATH; VALUE comes from stdin when it is not given')
      .argument('<path>')
      .argument('[value]')
      .action(async (id, path, value, options) => {
        const { schema, client } = await open(id, options)
        await add(client, schema, pathGiven(schema, path), value)
      }),
  )
  config.addCommand(
    verb('remove', 'remove what is at PATH')
      .argument('<path>')
      .action(async (id, path, options) => {
        const { schema, client } = await open(id, options)
        await remove(client, pathGiven(schema, path))
      }),
  )
  config.addCommand(
    verb('load', 'replace the whole configuration by FILE')
      .argument('<file>')
      .action(async (id, file, options) => {
        schemaGiven(options)
        await loadConfig(file, { name: await relayName(id), quiet: true })
      }),
  )
  config.addCommand(
    verb('listen', 'answer requests on stdin, a JSON object on each line, until it ends').action(
      async (id, options) => {
        const { schema, client } = await open(id, options)
        await listen(client, schema, process.stdin, process.stdout)
      },
    ),
  )
  return config
}

function verb(name: string, summary: string): Command {
  return new Command(name)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .addOption(new Option('-s, --schema <module>', 'model to speak').default(MODEL))
    .addOption(new Option('-r, --revision <date>', 'refuse any other revision of it'))
    .addOption(new Option('--schema-name <module>').hideHelp())
    .addOption(new Option('--revision-date <date>').hideHelp())
    .argument('<id>', 'name of the relay, or its process')
}

function reading(name: string, summary: string, content: 'config' | 'nonconfig'): Command {
  return verb(name, summary)
    .addOption(
      new Option('-f, --format <format>', 'how to print it').choices(['yang', 'xpath']).default('yang'),
    )
    .option('--print-default', 'print values that are there by default, too', false)
    .argument('<path>')
    .action(async (id: string, path: string, options: SchemaOptions & Reading) => {
      const { schema, client } = await open(id, options)
      process.stdout.write(`${await read(client, pathGiven(schema, path), content, options)}\n`)
    })
}

async function open(id: string, options: SchemaOptions): Promise<{ schema: Schema; client: Client }> {
  return { schema: schemaGiven(options), client: await connect({ name: await relayName(id) }) }
}

/** The relay speaks one model here; asking for another is refused rather than answered in this one. */
function schemaGiven(options: SchemaOptions): Schema {
  const { schemaName: name = options.schema, revisionDate: revision = options.revision } = options
  const schema = loadSchema()
  const known = schema.modules.get(MODEL)?.revision
  if (name !== MODEL) throw error('unknown-module', { name, hint: `; the relay speaks ${MODEL}` })
  if (revision !== undefined && revision !== known)
    throw error('unknown-module', { name: `${name}@${revision}`, hint: `; the relay has revision ${known}` })
  return schema
}
