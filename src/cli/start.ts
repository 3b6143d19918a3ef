// Where the process begins: runs the command line, and ends with its exit code.
import { CommanderError } from 'commander'
import { describeFailure, excerpt } from './failure.js'
import { main } from './main.js'

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
  process.exit(problem.code === 'EPIPE' ? 0 : 1)
})
// Nor does a relay end because nobody reads its log any more.
process.stderr.on('error', () => {})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (problem) {
  if (problem instanceof CommanderError) process.exitCode = problem.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`lwaftr: ${describeFailure(problem)}\n`)
    // Scripts get one line.
    if (process.stderr.isTTY) process.stderr.write(excerpt(problem))
    process.exitCode = 1
  }
}
