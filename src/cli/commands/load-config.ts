import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { readBytes } from '../../config-server/configuration-file.js'
import { contentType } from '../../config-server/media-types.js'
import { detectFormat } from '../../schema/formats.js'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import {
  type CommitOptions,
  hasCommitOptions,
  propose,
  showingChanges,
  withCommitOptions,
} from '../operation.js'
import { configurationGiven } from '../value.js'

export function loadConfigCommand(): Command {
  return withCommitOptions(clientCommand('load-config'))
    .description('Replace the whole configuration by FILE, in one commit.')
    .argument('<file>', 'configuration: text, JSON or XML; - is stdin')
    .addHelpText('after', '\nExample:\n  lwaftr load-config lwaftr.conf')
    .action(loadConfig)
}

/** What a file holds has nothing of RESTCONF around it. */
const FILES = { text: 'text', json: 'document', xml: 'elements' } as const

/** The relay reads the file's bytes: it can take a million softwires without making objects of them. */
export async function loadConfig(file: string, options: ConnectionOptions & CommitOptions): Promise<void> {
  if (hasCommitOptions(options))
    return propose(await connect(options), { config: await configurationGiven(file) }, options, file)
  const body = file === '-' ? await buffer(process.stdin) : await readBytes(file)
  const format = detectFormat(body)
  const client = await connect(options)
  const headers = { 'content-type': contentType(FILES[format]) }
  const message = { path: '/restconf/data', headers, body, file: file === '-' ? 'stdin' : file }
  await showingChanges(client, options, async () => (await client.request('PUT', message)).resume())
}
