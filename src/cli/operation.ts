// Operations of a running relay (RFC 8040 s3.6), and commits with something to say about them.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { contentType } from '../config-server/media-types.js'
import type { JsonObject } from '../schema/json-types.js'
import { type Client, text } from './client.js'

export interface CommitOptions {
  readonly comment?: string
  readonly dryRun?: boolean
  /** Do not show what changed. */
  readonly quiet?: boolean
  /** Seconds. */
  readonly confirm?: number
  /** The token that it may be confirmed by, from any door. */
  readonly persist?: string
  /** That of the commit which waits, and which this one follows. */
  readonly persistId?: string
}

/** Options of commands that change the configuration. */
export function withCommitOptions(command: Command): Command {
  return command
    .option('--comment <text>', 'what the history is to say about it')
    .option('--dry-run', 'only say what would change')
    .option('--quiet', 'do not show what changed')
    .addOption(
      new Option('--confirm <seconds>', 'take it back unless lwaftr confirm follows in time').argParser(
        seconds,
      ),
    )
    .option('--persist <token>', 'with --confirm: whoever has the token may confirm it, from anywhere')
    .option('--persist-id <token>', 'with --confirm: the token of the commit that waits, to follow it')
    .hook('preAction', (command) => {
      const { confirm, persist, persistId } = command.opts<CommitOptions>()
      if (confirm === undefined && (persist !== undefined || persistId !== undefined))
        command.error('error: --persist and --persist-id need --confirm', { exitCode: 2 })
    })
}

/** True when any of them was given. */
export function hasCommitOptions({ comment, dryRun, confirm }: CommitOptions): boolean {
  return comment !== undefined || dryRun === true || confirm !== undefined
}

/** The options as the input of an operation that commits. */
export function commitInput({ comment, confirm, persist, persistId }: CommitOptions): JsonObject {
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(confirm === undefined
      ? {}
      : { confirmed: { timeout: confirm, ...(persist === undefined ? {} : { persist }) } }),
    ...(persistId === undefined ? {} : { 'persist-id': persistId }),
  }
}

/** Invokes an operation of module lwaftr; answers its output, as the model has it. */
export async function invoke<Answer extends object = Output>(
  client: Client,
  name: string,
  input: JsonObject = {},
  file?: string,
): Promise<Answer> {
  const response = await client.request('POST', {
    path: `/restconf/operations/lwaftr:${name}`,
    headers: { 'content-type': contentType('json'), accept: contentType('json') },
    body: JSON.stringify({ 'lwaftr:input': input }),
    file,
  })
  const body = await text(response)
  const output = body === '' ? {} : (JSON.parse(body) as { 'lwaftr:output'?: Answer })['lwaftr:output']
  return (output ?? {}) as Answer
}

/** What operations of commits answer. */
export interface Output {
  readonly revision?: string
  readonly summary?: string
  readonly difference?: readonly string[]
  readonly truncated?: boolean
}

/** Commits the change, or only says what it would do. `file` is where it came from. */
export async function propose(client: Client, proposal: JsonObject, options: CommitOptions, file?: string) {
  if (options.dryRun) printDifference(await invoke(client, 'validate', proposal, file))
  else
    await showingChanges(client, options, () =>
      invoke(client, 'commit', { ...proposal, ...commitInput(options) }, file),
    )
}

/** The revision of the running configuration. */
export async function runningRevision(client: Client): Promise<string> {
  const response = await client.request('GET', {
    path: '/restconf/data/lwaftr:history/commit?limit=1&fields=revision',
    headers: { accept: contentType('json') },
  })
  const { 'lwaftr:commit': commits } = JSON.parse(await text(response)) as {
    readonly 'lwaftr:commit'?: readonly { readonly revision: string }[]
  }
  return commits?.[0]?.revision ?? '0'
}

/** Lines of what an edit changed that are shown without being asked for. */
const SHOWN = 20

/** Carries out what changes the configuration, and tells on stderr what it changed. */
export async function showingChanges(
  client: Client,
  { quiet = false }: CommitOptions,
  change: () => Promise<unknown>,
): Promise<void> {
  // Who may change something need not be allowed to see the history.
  const from = quiet ? undefined : await runningRevision(client).catch(() => undefined)
  await change()
  if (from === undefined) return
  const { difference = [], truncated } = await invoke(client, 'compare', { from, limit: SHOWN }).catch(
    (): Output => ({ difference: ['(what changed cannot be shown)'] }),
  )
  if (difference.length === 0) process.stderr.write('lwaftr: nothing changed\n')
  process.stderr.write(difference.map((line) => `${line}\n`).join(''))
  if (truncated) process.stderr.write(`lwaftr: and more; lwaftr compare ${from} prints all of it\n`)
}

export function printDifference({ difference = [], truncated }: Output): void {
  process.stdout.write(difference.map((line) => `${line}\n`).join(''))
  if (truncated) process.stderr.write('lwaftr: there are more lines\n')
}

function seconds(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is not a number of seconds.')
  return number
}

/** A revision, as an argument. */
export function revisionArgument(value: string): number {
  if (!/^\d{1,15}$/.test(value))
    throw new InvalidArgumentError('It is not a revision; lwaftr history lists them.')
  return Number(value)
}
