// Running the system's own programs (ip, ping, sysctl) and reading what they say.
import { execFile } from 'node:child_process'

/** What a program wrote; it has ended well. */
export interface Ran {
  readonly stdout: string
  readonly stderr: string
}

/** A program that failed: its own words are the message. */
export class CommandError extends Error {
  constructor(
    command: string,
    readonly stdout: string,
    readonly stderr: string,
    reason: string,
  ) {
    super(`${command}: ${stderr.trim() || stdout.trim() || reason}`)
  }
}

/** Runs a program to its end, `timeout` milliseconds at most. */
export function exec(program: string, args: readonly string[], timeout = 30_000): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr })
      else reject(new CommandError([program, ...args].join(' '), stdout, stderr, error.message))
    })
  })
}

/** `ip` with its words in one string, as in a script. */
export function ip(words: string): Promise<Ran> {
  return exec('ip', words.split(' '))
}
