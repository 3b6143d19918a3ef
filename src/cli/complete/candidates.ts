// What the word at the cursor could become, as the commands themselves describe their words.
import type { Argument, Command, Option } from 'commander'
import { runningRelays } from '../../registry.js'
import { parsePath } from '../../schema/paths.js'
import { loadSchema, type Schema, type SchemaNode } from '../../schema/schema.js'
import { type ConnectionOptions, connect } from '../client.js'
import { readHistory } from '../commands/history.js'
import { readState } from '../watch/relay-state.js'
import { pathCandidates } from './data-path.js'

export interface Candidates {
  readonly values: readonly (readonly [value: string, about?: string | undefined])[]
  /** It is a name of a file. */
  readonly files?: true
}

const NONE: Candidates = { values: [] }

/** Those that begin with `current`. `words` are those after the program's own name. */
export async function candidates(
  program: Command,
  words: readonly string[],
  current: string,
): Promise<Candidates> {
  const { command, positionals, options, pending } = walk(program, words)
  const found = await ofWord()
  return { ...found, values: found.values.filter(([value]) => value.startsWith(current)) }

  async function ofWord(): Promise<Candidates> {
    const live = new Live(options)
    if (pending !== undefined) return ofOption(pending, live)
    const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
    const withValue = command.options.find(({ long }) => long === name)
    if (withValue !== undefined && value !== undefined) {
      const { values, ...rest } = await ofOption(withValue, live)
      return { ...rest, values: values.map(([one, about]) => [`${name}=${one}`, about]) }
    }
    if (current.startsWith('-')) return ofOptions(command)
    if (command.commands.length > 0) return ofCommands(command)
    const argument = command.registeredArguments[positionals.length] ?? variadic(command)
    return argument === undefined ? NONE : ofArgument(argument, command, positionals, current, live)
  }
}

interface Place {
  readonly command: Command
  readonly positionals: readonly string[]
  readonly options: ConnectionOptions
  /** The option whose value comes next. */
  readonly pending: Option | undefined
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program
  let pending: Option | undefined
  const positionals: string[] = []
  const given: Record<string, string> = {}
  for (const word of words) {
    if (pending !== undefined) {
      given[pending.attributeName()] = word
      pending = undefined
      continue
    }
    const [flag, value] = word.split(/=(.*)/s)
    const option = command.options.find(({ long, short }) => flag === long || flag === short)
    if (option !== undefined) {
      if (value !== undefined) given[option.attributeName()] = value
      else if (option.required) pending = option
      continue
    }
    const below = command.commands.find((one) => one.name() === word)
    if (below !== undefined && positionals.length === 0) command = below
    else positionals.push(word)
  }
  const { url, ...others } = given
  const options = { ...others, ...(url !== undefined && URL.canParse(url) ? { url: new URL(url) } : {}) }
  return { command, positionals, options, pending }
}

function variadic({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1)
  return last?.variadic ? last : undefined
}

function ofOptions(command: Command): Candidates {
  const options = command.createHelp().visibleOptions(command)
  return {
    values: options.flatMap(({ long, short, description }): [string, string][] => {
      const flag = long ?? short
      return flag === undefined ? [] : [[flag, description]]
    }),
  }
}

function ofCommands(command: Command): Candidates {
  const below = command.createHelp().visibleCommands(command)
  return { values: below.map((one): [string, string] => [one.name(), one.summary() || one.description()]) }
}

async function ofOption(option: Option, live: Live): Promise<Candidates> {
  if (option.argChoices !== undefined) return plain(option.argChoices)
  const { long, flags } = option
  if (long === '--name') return plain(await runningRelays())
  if (long === '--instance') return plain(await live.instances())
  return /<(file|dir)>/.test(flags) || /^--(conf|cert|key|cacert|output|pcap)/.test(long ?? '')
    ? { values: [], files: true }
    : NONE
}

async function ofArgument(
  argument: Argument,
  command: Command,
  positionals: readonly string[],
  current: string,
  live: Live,
): Promise<Candidates> {
  if (argument.argChoices !== undefined) return plain(argument.argChoices)
  switch (argument.name()) {
    case 'path':
      return plain(await live.paths(current, command.name() === 'get-state'))
    case 'value':
      return plain(valuesOf(live.schema, positionals.at(-1) ?? ''))
    case 'id':
      return plain(await runningRelays())
    case 'revision':
    case 'from':
    case 'to':
      return { values: await live.revisions() }
    case 'command':
      return command.parent === null ? NONE : ofCommands(command.parent)
    case 'file':
    case 'conf':
    case 'packets':
      return { values: [], files: true }
    default:
      return /^v[46]-|json$/.test(argument.name()) ? { values: [], files: true } : NONE
  }
}

/** What a leaf may be set to, where the model names it. */
function valuesOf(schema: Schema, path: string): readonly string[] {
  const type = parsePath(schema, path).steps.at(-1)?.node.type
  return type?.base === 'boolean' ? ['true', 'false'] : (type?.names ?? [])
}

function plain(values: readonly string[]): Candidates {
  return { values: values.map((value) => [value]) }
}

/** What only the running relay knows. */
class Live {
  readonly #options: ConnectionOptions

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get schema(): Schema {
    return loadSchema()
  }

  async instances(): Promise<string[]> {
    const { instances } = await readState(await connect(this.#options))
    return instances.map(({ device }) => device)
  }

  async revisions(): Promise<[string, string][]> {
    const { history } = await readHistory(await connect(this.#options))
    return (history.commit ?? []).map(({ revision, comment, summary }) => [revision, comment ?? summary])
  }

  paths(typed: string, state: boolean): Promise<string[]> {
    const isWanted = (node: SchemaNode) => node.kind !== 'rpc' && (state || node.config)
    return pathCandidates(this.schema, () => connect(this.#options), typed, isWanted)
  }
}
