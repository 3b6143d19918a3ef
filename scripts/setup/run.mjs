// Running the programs of the set-up: quiet while they work, their last lines when they fail.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A failure the user can act on: its message says what to do. */
export class SetupError extends Error {}

/** What went wrong is mostly said first (npm) or last (compilers). */
const KEPT_LINES = { first: 15, last: 30 }

function ends(output) {
  const lines = output.trimEnd().split('\n')
  const left = lines.length - KEPT_LINES.first - KEPT_LINES.last
  if (left <= 0) return lines.join('\n')
  return [...lines.slice(0, KEPT_LINES.first), '…', ...lines.slice(-KEPT_LINES.last)].join('\n')
}

/** Runs a program in the checkout; rejects with how what it said began and ended. */
export function run(program, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (chunk) => {
      output += chunk
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => reject(new SetupError(`cannot run ${program}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      reject(
        new SetupError(
          `${ends(output)}\n'${program} ${args.join(' ')}' failed (${signal ?? `exit ${code}`})`,
        ),
      )
    })
  })
}

/** Runs the main action of a script: an expected failure is one message and exit code 1. */
export async function attempt(action) {
  process.chdir(root)
  try {
    await action()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`set-up failed: ${error.message}\n`)
    process.exit(1)
  }
}
