// What the kernel says of a machine, in the files of /proc and /sys. The checks know no other source, so that a test
// can be any machine.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface System {
  /** A file without white space at its ends; null when it is not there or says nothing (EINVAL of a link that is down). */
  read(path: string): string | null
  /** Names in a directory, in order; none when it is not there. */
  list(path: string): readonly string[]
  /** Last name of what a symbolic link leads to, null when it is none. */
  link(path: string): string | null
}

export const thisSystem: System = {
  read: (path) => attempt(() => readFileSync(path, 'utf8').trim(), null),
  list: (path) => attempt(() => readdirSync(path).sort(), []),
  link: (path) => attempt(() => readlinkSync(path).split('/').at(-1) ?? null, null),
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
