// lwaftr __complete: what a shell asks while somebody presses Tab. A question that cannot be answered has no candidates:
// nobody wants to read errors in the middle of a line.
import { Argument, Command } from 'commander'
import { forBash } from '../complete/bash.js'
import { candidates } from '../complete/candidates.js'
import { readLine } from '../complete/shell-line.js'

/** Milliseconds after which no answer is better than a late one. */
const PATIENCE = 3000

type Shell = 'bash' | 'zsh'
type LoadProgram = (wanted: (name: string) => boolean) => Promise<Command>

export function completeCommand(loadProgram: LoadProgram): Command {
  return new Command('__complete')
    .description(
      'Print what the word at the cursor could become. The first line says `nospace` where more follows the word,\n' +
        '`files` where it is a file; each other line is a candidate and, for zsh, a tab and what it is.',
    )
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .argument('<words...>', 'bash: the line up to the cursor; zsh: its words up to the cursor')
    .action(async (shell: Shell, words: string[]) => {
      setTimeout(() => process.exit(0), PATIENCE).unref()
      process.stdout.write(await answer(loadProgram, shell, words))
    })
}

/** What the shell reads. */
export async function answer(
  loadProgram: LoadProgram,
  shell: Shell,
  given: readonly string[],
): Promise<string> {
  const line =
    shell === 'bash'
      ? readLine(given[0] ?? '')
      : { words: given.slice(0, -1), current: given.at(-1) ?? '', quote: '' as const, raw: '' }
  const [, ...words] = line.words
  const program = await loadProgram((name) => words.includes(name))
  const { values, files } = await candidates(program, words, line.current).catch(() => ({
    values: [],
    files: undefined,
  }))
  const how = [
    ...(files ? ['files'] : []),
    ...(values.length > 0 && values.every(([value]) => goesOn(value)) ? ['nospace'] : []),
  ]
  const lines = values.map(([value, about]) =>
    shell === 'bash' ? forBash(line, value) : about ? `${value}\t${about.replaceAll(/\s+/g, ' ')}` : value,
  )
  return `${[how.join(' '), ...lines].join('\n')}\n`
}

/** Containers and list entries have something below. */
function goesOn(value: string): boolean {
  return /[/\]]$/.test(value) || /^\/.*=[^/]*$/s.test(value)
}
