import { Command } from 'commander'
import { readConfiguration } from '../../config-server/configuration-file.js'
import { contentType } from '../../config-server/media-types.js'
import { type InstanceSettings, instanceSettings } from '../../dataplane/settings.js'
import { runningRelays } from '../../registry.js'
import type { JsonObject } from '../../schema/json-types.js'
import { loadSchema } from '../../schema/schema.js'
import { cpuList } from '../argument.js'
import { connect, text } from '../client.js'
import { examine, textOf } from '../doctor/doctor.js'
import { thisSystem } from '../doctor/system.js'
import { Refused } from '../failure.js'

interface Options {
  readonly conf?: string
  readonly name?: string
  readonly cpu: readonly number[]
  readonly json: boolean
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'Look at what of this machine makes a relay slow or keeps it from running, and say what to type.\n' +
        'Exit code 1 when there is a problem; what is only slow is advice.',
    )
    .option('--conf <file>', 'for this configuration; default: that of the relay that runs, if any')
    .option('--name <name>', 'for the configuration of this relay')
    .option('--cpu <list>', 'CPUs that `lwaftr run` is given', cpuList, [])
    .option('--json', 'print one JSON array of what was found', false)
    .addHelpText(
      'after',
      `
Examples:
  lwaftr doctor
  lwaftr doctor --conf lwaftr.conf --cpu 2,3`,
    )
    .action(doctor)
}

async function doctor(options: Options): Promise<void> {
  const findings = examine(thisSystem, await configured(options), options.cpu)
  process.stdout.write(options.json ? `${JSON.stringify(findings, null, 2)}\n` : textOf(findings))
  const problems = findings.filter(({ level }) => level === 'problem').length
  if (problems > 0)
    throw new Refused(problems === 1 ? 'there is a problem' : `there are ${problems} problems`)
}

/** Null when there is no configuration to go by. */
async function configured({ conf, name }: Options): Promise<InstanceSettings[] | null> {
  if (conf !== undefined) return instanceSettings((await readConfiguration(loadSchema(), conf)).tree)
  if (name === undefined && (await runningRelays()).length === 0) {
    process.stderr.write('lwaftr: no relay runs here; --conf FILE looks at what one would need\n')
    return null
  }
  const client = await connect(name === undefined ? {} : { name })
  // Without the binding table, which may be long.
  const response = await client.request('GET', {
    path: '/restconf/data/snabb-softwire-v3:softwire-config?content=config&fields=instance;internal-interface;external-interface',
    headers: { accept: contentType('json') },
  })
  return instanceSettings(JSON.parse(await text(response)) as JsonObject)
}
