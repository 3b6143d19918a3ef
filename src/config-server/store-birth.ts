// The first moments of a store: until it has come to be, on the disk and not only in memory, a mark beside it says so.
// Should the power fail in between, what is there is no damaged store but none yet: nobody was promised anything.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** lmdb's file in its directory. */
const DATA = 'data.mdb'
const MARK = 'being-made'

export function storeFile(directory: string): string {
  return join(directory, DATA)
}

/** Whether what is there is no store yet. */
export function isBeingMade(directory: string): boolean {
  return existsSync(join(directory, MARK))
}

/** Makes the directory, and takes away what did not come to be. */
export function beforeStore(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = storeFile(directory)
  if (isBeingMade(directory)) rmSync(file, { force: true })
  if (existsSync(file)) return
  writeFileSync(join(directory, MARK), '')
  syncDirectory(directory)
}

/** There is a store now: a loss of power leaves it, and the directories that lead there. */
export function afterStore(directory: string): void {
  if (!isBeingMade(directory)) return
  // What the files are called is the directory's business, and no sync of a file's.
  for (const one of [directory, dirname(directory), dirname(dirname(directory))]) syncDirectory(one)
  rmSync(join(directory, MARK))
  syncDirectory(directory)
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
