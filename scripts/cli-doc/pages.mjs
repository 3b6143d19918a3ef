// The commands as pages: what `--help` says of each, for whoever prints it elsewhere.
import { loadProgram } from '../../dist/src/cli/main.js'

const PROGRAM = await loadProgram(() => true)

/** Options of every command that talks to a relay. */
const CONNECTION = new Set(['--name', '--url', '--user', '--token', '--cacert', '--cert', '--key'])

export const program = { name: PROGRAM.name(), description: PROGRAM.description() }

/** One for each command, and for each below it, in the order of `lwaftr --help`. */
export const pages = visible(PROGRAM).flatMap((command) => [
  page(command, command.name()),
  ...visible(command).map((below) => page(below, `${command.name()} ${below.name()}`)),
])

function visible(command) {
  const all = command.createHelp().visibleCommands(command)
  return all.filter((one) => one.name() !== 'help')
}

function page(command, name) {
  const help = command.createHelp()
  const { notes, examples } = after(command)
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help')
  const talks = [...CONNECTION].every((flag) => options.some(({ long }) => long === flag))
  return {
    name,
    summary: command.summary() || command.description(),
    usage: `lwaftr ${name} ${command.usage()}`.replace('[options] [command]', 'COMMAND …'),
    description: command.description().replace(/\n/g, ' '),
    arguments: help.visibleArguments(command).map((argument) => ({
      term: help.argumentTerm(argument),
      meaning: help.argumentDescription(argument),
    })),
    options: options
      .filter(({ long }) => !(talks && CONNECTION.has(long)))
      .map((option) => row(help, option)),
    connection: talks
      ? options.filter(({ long }) => CONNECTION.has(long)).map((option) => row(help, option))
      : [],
    commands: visible(command).map((below) => ({ term: below.name(), meaning: below.summary() })),
    notes,
    examples,
  }
}

function row(help, option) {
  return { term: help.optionTerm(option), meaning: help.optionDescription(option) }
}

/** What stands behind the options, and the examples at its end. */
function after(command) {
  let text = ''
  command.emit('afterHelp', { command, error: false, write: (piece) => (text += piece) })
  const [notes = '', title = '', examples = ''] = text.trim().split(/^(Examples?:.*)$/m)
  // What an example is about may stand on the line of its title.
  const about = title.replace(/^Examples?: */, '')
  return { notes: notes.trim(), examples: examples.replace(/^\n+|\s+$/g, '').replace(/^ {2}/gm, ''), about }
}
