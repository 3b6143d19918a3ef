import { type Command, Option } from 'commander'
import { SEVERITIES, type Severity } from '../../config-server/alarms/alarm.js'
import { contentType } from '../../config-server/media-types.js'
import { type Client, type ConnectionOptions, clientCommand, connect, text } from '../client.js'
import { updates } from '../events.js'

interface AlarmsOptions extends ConnectionOptions {
  readonly all: boolean
  readonly follow: boolean
  readonly shelved: boolean
  readonly format: 'text' | 'json'
}

export function alarmsCommand(): Command {
  return clientCommand('alarms')
    .description('Print what is wrong with a running relay, the worst first.')
    .option('--all', 'also what was wrong and is not any more', false)
    .addOption(
      new Option('--shelved', 'those that were put on a shelf instead').default(false).conflicts('follow'),
    )
    .option('--follow', 'go on with each change, until interrupted', false)
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  lwaftr alarms\n  lwaftr alarms --follow --format json')
    .action(alarms)
}

/** An entry of ietf-alarms' list, as far as it is printed. */
export interface Alarm {
  readonly resource: string
  readonly 'alarm-type-id': string
  readonly 'is-cleared': boolean
  readonly 'perceived-severity': Severity
  readonly 'alarm-text': string
  readonly 'last-changed': string
}

async function alarms(options: AlarmsOptions): Promise<void> {
  if (options.follow) return follow(options)
  const all = await askAlarms(await connect(options), options.shelved)
  const wanted = all.filter((alarm) => options.all || !alarm['is-cleared'])
  if (options.format === 'json') process.stdout.write(`${JSON.stringify(wanted, null, 2)}\n`)
  else for (const alarm of wanted.sort(byWeight)) print(alarm, options)
}

async function askAlarms(client: Client, shelved: boolean): Promise<Alarm[]> {
  const headers = { accept: contentType('json') }
  const path = `/restconf/data/ietf-alarms:alarms/${shelved ? 'shelved-alarms' : 'alarm-list'}`
  const body = JSON.parse(await text(await client.request('GET', { path, headers }))) as {
    'ietf-alarms:alarm-list'?: { readonly alarm?: Alarm[] }
    'ietf-alarms:shelved-alarms'?: { readonly 'shelved-alarm'?: Alarm[] }
  }
  return body['ietf-alarms:shelved-alarms']?.['shelved-alarm'] ?? body['ietf-alarms:alarm-list']?.alarm ?? []
}

async function follow(options: AlarmsOptions): Promise<void> {
  const warn = (problem: string) => process.stderr.write(`lwaftr: ${problem}; trying again\n`)
  for await (const { resync, edits } of updates(() => connect(options), 'alarms', warn))
    for (const { value } of edits) {
      const [alarm] = (value?.['ietf-alarms:alarm'] ?? []) as unknown as Alarm[]
      // What was over before somebody looked is history.
      if (alarm && (options.all || !resync || !alarm['is-cleared'])) print(alarm, options)
    }
}

function print(alarm: Alarm, { format }: AlarmsOptions): void {
  const severity = alarm['is-cleared'] ? 'cleared' : alarm['perceived-severity']
  const type = alarm['alarm-type-id'].replace('lwaftr:', '')
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify(alarm)}\n`
      : `${alarm['last-changed']} ${severity.padEnd(8)} ${type}: ${alarm['alarm-text']} (${alarm.resource})\n`,
  )
}

export function byWeight(a: Alarm, b: Alarm): number {
  const weight = (alarm: Alarm) =>
    alarm['is-cleared'] ? SEVERITIES.length : SEVERITIES.indexOf(alarm['perceived-severity'])
  return weight(a) - weight(b) || (a['last-changed'] < b['last-changed'] ? -1 : 1)
}
