// What each step of the set-up was last done with: a hash of its sources' contents.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const STAMP = join(root, '.setup-stamp.json')

function* filesBelow(path) {
  if (!existsSync(join(root, path))) return
  if (!statSync(join(root, path)).isDirectory()) {
    yield path
    return
  }
  for (const name of readdirSync(join(root, path)).sort()) yield* filesBelow(join(path, name))
}

/** A hash over the names and contents of files and folders. */
export function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths)
    for (const file of filesBelow(path)) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

export function outputsExist(outputs) {
  return outputs.every((path) => existsSync(join(root, path)))
}

/** What was written last; a damaged file counts as nothing done. */
export function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'))
  } catch {
    return {}
  }
}

export function writeStamp(name, hash) {
  writeFileSync(STAMP, `${JSON.stringify({ ...readStamp(), [name]: hash }, null, 2)}\n`)
}
