// Configurations of older releases of Snabb, and those with entries that could never work, made ones that load here.
import { Command, Option } from 'commander'
import { readBytes } from '../../config-server/configuration-file.js'
import { error } from '../../errors.js'
import { loadSchema } from '../../schema/schema.js'
import { recordSize } from '../../schema/softwire-record.js'
import { writeText } from '../../schema/text.js'
import { convert, type Devices } from '../migrate/convert.js'
import { isLegacy, readLegacy } from '../migrate/legacy.js'
import { loadWhatGoes } from '../migrate/load.js'
import { readStatements } from '../migrate/read-text.js'
import { Report } from '../migrate/report.js'
import { OldSoftwires } from '../migrate/softwires.js'
import { writeChunks } from '../write-chunks.js'

/** Names of models, and what Snabb's command calls the releases before each change. */
const versions = [
  'legacy',
  'snabb-softwire-v1',
  'snabb-softwire-v2',
  'snabb-softwire-v3',
  'ietf-softwire-br',
  'ietf',
  '3.0.1',
  '3.0.1.1',
  '3.2.0',
  '2017.07.01',
  '2022.01.19',
] as const

interface Options extends Devices {
  readonly output?: string
  readonly from?: (typeof versions)[number]
}

export function migrateConfigurationCommand(): Command {
  return new Command('migrate-configuration')
    .description(
      "Print FILE, a configuration for any release of Snabb's lwAFTR, as one that loads here. What is not carried\n" +
        'over, or has another meaning here, is said on stderr.',
    )
    .argument('<file>', 'configuration: text of any version, or legacy with its binding table beside it')
    .addOption(
      new Option('-f, --from <version>', 'what it was written for (default: as the file shows)').choices(
        versions,
      ),
    )
    .option('--device <device>', 'interface of an instance, for files from before there were instances')
    .option('--external-device <device>', 'its IPv4 interface; without one it runs on a stick')
    .option('--output <file>', 'write there instead of to stdout')
    .addHelpText(
      'after',
      `
A file shows what it is, but for one: development snapshots that Snabb calls 3.0.1.1 counted br from 0.

Example:
  lwaftr migrate-configuration --device eth1 --external-device eth2 old.conf > lwaftr.conf`,
    )
    .action(migrate)
}

async function migrate(file: string, options: Options, command: Command): Promise<void> {
  if (options.externalDevice !== undefined && options.device === undefined)
    command.error('error: --external-device goes with --device')
  const source = await readBytes(file)
  const report = new Report()
  const legacy = options.from === undefined ? isLegacy(source) : options.from === 'legacy'
  const softwires = new OldSoftwires(report, legacy || options.from === '3.0.1.1' ? 0 : 1)
  const read = legacy
    ? await readLegacy(source, file, softwires, report)
    : readStatements(source, file, softwires, report)
  const schema = loadSchema()
  const records = softwires.finish()
  const tree = loadWhatGoes(schema, convert(read, options, report), report)
  if (Object.keys(tree).length === 0 && records.count === 0)
    throw error('file', { file, problem: 'nothing of it could be carried over' })
  const pages = pagesOf(records.bytes)
  await writeChunks(writeText(schema, { steps: [] }, { value: tree, softwires: pages }), options.output)
  for (const line of report.lines) process.stderr.write(`${line}\n`)
}

/** In pieces, so that text is written as it is made. */
function* pagesOf(records: Uint8Array): Generator<Uint8Array> {
  const page = 1000 * recordSize
  for (let at = 0; at < records.length; at += page) yield records.subarray(at, at + page)
}
