// Running the programs of the set-up: quiet while they work, their last lines when they fail.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A failure the user can act on: its message says what to do. */
export class SetupError extends Error {}

const KEPT_LINES = 40

/** Runs a program in the checkout; rejects with the end of what it said. */
export function run(program, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-64 * 1024)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => reject(new SetupError(`cannot run ${program}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      const said = output.trimEnd().split('\n').slice(-KEPT_LINES).join('\n')
      reject(new SetupError(`${said}\n'${program} ${args.join(' ')}' failed (${signal ?? `exit ${code}`})`))
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
