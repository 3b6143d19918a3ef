/** The command line: one command a file, exit codes 0 done, 1 failed, 2 wrong usage. */
import { Command, CommanderError } from 'commander'
import { LwaftrError } from '../errors.js'
import { generateConfigurationCommand } from './commands/generate-configuration.js'

const program = new Command('lwaftr').description('A lightweight 4over6 border relay (RFC 7596).')
for (const command of [generateConfigurationCommand()]) program.addCommand(command)
for (const command of [program, ...program.commands]) command.exitOverride()

try {
  await program.parseAsync()
} catch (problem) {
  if (problem instanceof CommanderError) process.exitCode = problem.exitCode === 0 ? 0 : 2
  else if (problem instanceof LwaftrError) {
    process.stderr.write(`lwaftr: ${problem.describe()}\n`)
    process.exitCode = 1
  } else throw problem
}
