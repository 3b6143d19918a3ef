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

interface LatestCommit {
  readonly revision: string
  /** Who may not read all of the configuration does not see it. */
  readonly summary?: string
}

/** The commit that the running configuration comes from. */
export async function latestCommit(client: Client): Promise<LatestCommit> {
  const response = await client.request('GET', {
    path: '/restconf/data/lwaftr:history/commit?limit=1&fields=revision;summary',
    headers: { accept: contentType('json') },
  })
  const { 'lwaftr:commit': commits } = JSON.parse(await text(response)) as {
    readonly 'lwaftr:commit'?: readonly LatestCommit[]
  }
  return commits?.[0] ?? { revision: '0' }
}

/** Lines of what an edit changed that are shown without being asked for. */
const SHOWN = 20
/** Softwires that are compared without being asked for: to compare a million keeps the relay busy for seconds. */
const COMPARED = 10_000

/** Carries out what changes the configuration, and tells on stderr what it changed. */
export async function showingChanges(
  client: Client,
  { quiet = false }: CommitOptions,
  change: () => Promise<unknown>,
): Promise<void> {
  // Who may change something need not be allowed to see the history.
  const before = quiet ? undefined : await latestCommit(client).catch(() => undefined)
  await change()
  if (before === undefined) return
  const after = await latestCommit(client).catch(() => before)
  process.stderr.write(await shownChanges(client, before.revision, after))
}

async function shownChanges(
  client: Client,
  from: string,
  { revision, summary = '' }: LatestCommit,
): Promise<string> {
  if (revision === from) return 'lwaftr: nothing changed\n'
  const counts = [...summary.matchAll(/(\d+) softwires/g)].map(([, count]) => Number(count))
  const whole = `lwaftr compare ${from} prints all of it`
  if (counts.some((count) => count > COMPARED)) return `lwaftr: ${summary}; ${whole}\n`
  const { difference = [], truncated } = await invoke(client, 'compare', { from, limit: SHOWN }).catch(
    (): Output => ({ difference: ['lwaftr: what changed cannot be shown'] }),
  )
  return difference.map((line) => `${line}\n`).join('') + (truncated ? `lwaftr: and more; ${whole}\n` : '')
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
