// Which relays run on this machine: a directory with one entry a name, which is the relay's state directory or a
// symbolic link to it. A relay runs when its control socket answers.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { error } from './errors.js'

export const CONTROL_SOCKET = 'control.sock'

/** What a relay may be called: it becomes a file name. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** LWAFTR_RUN_DIR, or where the user's volatile files belong. Throws LwaftrError when somebody else has made it. */
export function registryDirectory(env = process.env): string {
  if (env.LWAFTR_RUN_DIR) return resolve(env.LWAFTR_RUN_DIR)
  if (process.getuid?.() === 0) return '/run/lwaftr'
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'lwaftr') : ours(`/tmp/lwaftr-${process.getuid?.()}`)
}

/** Anybody may make a directory in /tmp, and be taken for a relay by whoever connects to what is in it. */
function ours(directory: string): string {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined || (found.isDirectory() && found.uid === process.getuid?.())) return directory
  throw error('file', {
    file: directory,
    problem:
      'it is not a directory of this user, and so no place for relays; remove it, or set XDG_RUNTIME_DIR',
  })
}

/** The state directory of the relay with this name, running or not. */
export function directoryOf(name: string): string {
  return join(registryDirectory(), name)
}

export async function isRunning(name: string): Promise<boolean> {
  return answers(join(directoryOf(name), CONTROL_SOCKET))
}

/** Names of the relays that run, in order. */
export async function runningRelays(): Promise<string[]> {
  const names = namesOf(registryDirectory())
  const running = await Promise.all(names.map(isRunning))
  return names.filter((_, i) => running[i]).sort()
}

/** Whether somebody listens on the Unix socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = createConnection(socket)
    connection.once('connect', () => done(true))
    connection.once('error', () => done(false))
    connection.once('close', () => connection.destroy())
    connection.once('connect', () => connection.end())
  })
}

/** Makes the entry: a directory of its own, or a link to `stateDirectory`. Its parent is for the user alone. */
export function register(name: string, stateDirectory: string | undefined): string {
  const entry = directoryOf(name)
  mkdirSync(registryDirectory(), { recursive: true, mode: 0o700 })
  const kind = lstatSync(entry, { throwIfNoEntry: false })
  if (stateDirectory === undefined) {
    if (kind?.isSymbolicLink()) rmSync(entry)
    mkdirSync(entry, { recursive: true, mode: 0o700 })
    return entry
  }
  const target = resolve(stateDirectory)
  mkdirSync(target, { recursive: true, mode: 0o700 })
  if (kind?.isSymbolicLink() && readlinkSync(entry) === target) return target
  if (kind) rmSync(entry, { recursive: true })
  symlinkSync(target, entry)
  return target
}

/** Removes the entry: all of it when it is a directory, just the link when it is one. */
export function unregister(name: string): void {
  rmSync(directoryOf(name), { recursive: true, force: true })
}

function namesOf(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => NAME.test(name))
  } catch {
    return []
  }
}
