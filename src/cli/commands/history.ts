import { type Command, Option } from 'commander'
import { contentType } from '../../config-server/media-types.js'
import { type Client, type ConnectionOptions, clientCommand, connect, text } from '../client.js'

interface Options extends ConnectionOptions {
  readonly format: 'text' | 'json'
}

export function historyCommand(): Command {
  return clientCommand('history')
    .description('List the commits that can be undone, the newest first.')
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExample:\n  lwaftr history | head')
    .action(history)
}

interface History {
  readonly commit?: readonly {
    readonly revision: string
    readonly time: string
    readonly who: string
    readonly via: string
    readonly comment?: string
    readonly summary: string
  }[]
  readonly pending?: { readonly 'back-to': string; readonly deadline: string; readonly who: string }
}

/** The history of a running relay as it answers it. */
export async function readHistory(client: Client): Promise<{ body: string; history: History }> {
  const headers = { accept: contentType('json') }
  const body = await text(await client.request('GET', { path: '/restconf/data/lwaftr:history', headers }))
  return { body, history: (JSON.parse(body) as { 'lwaftr:history': History })['lwaftr:history'] }
}

async function history({ format, ...options }: Options): Promise<void> {
  const { body, history } = await readHistory(await connect(options))
  if (format === 'json') {
    process.stdout.write(`${body}\n`)
    return
  }
  const { commit = [], pending } = history
  for (const { revision, time, who, via, comment, summary } of commit)
    process.stdout.write(`${revision} ${time} ${who} ${via}: ${summary}${comment ? ` (${comment})` : ''}\n`)
  if (pending)
    process.stderr.write(
      `lwaftr: a commit of ${pending.who} waits to be confirmed until ${pending.deadline}; else revision ${pending['back-to']} comes back\n`,
    )
}
