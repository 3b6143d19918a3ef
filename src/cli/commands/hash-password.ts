import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { hashPassword, hashToken, makeToken } from '../../config-server/access/password.js'

export function hashPasswordCommand(): Command {
  return new Command('hash-password')
    .description('Print the hash that a configuration keeps of a password, read from the terminal or stdin.')
    .option('--token', 'of a bearer token instead; an empty one makes a new one, shown once on stderr', false)
    .addHelpText(
      'after',
      `
Example:
  lwaftr hash-password < secret.txt
  lwaftr set-config '/config-server/user[name=noc]' "password '$(lwaftr hash-password)';"`,
    )
    .action(run)
}

async function run({ token }: { token: boolean }, command: Command): Promise<void> {
  const secret = process.stdin.isTTY ? await ask(token ? 'Token: ' : 'Password: ') : await firstLine()
  if (token) {
    const made = secret === '' ? makeToken() : secret
    if (secret === '') process.stderr.write(`token: ${made}\n`)
    process.stdout.write(`${hashToken(made)}\n`)
    return
  }
  if (secret === '') command.error('error: the password is empty', { exitCode: 2 })
  process.stdout.write(`${await hashPassword(secret)}\n`)
}

async function firstLine(): Promise<string> {
  return (await text(process.stdin)).split(/\r?\n/)[0] ?? ''
}

/** Without showing what is typed. */
function ask(question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      lines.close()
      process.stderr.write('\n')
      resolve(line)
    })
    lines.once('close', () => resolve(''))
  })
}
