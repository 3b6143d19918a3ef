// Another build of this one: what a new version installs.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROTOCOL_VERSION } from '../src/dataplane/control.js'
import { root } from '../src/root.js'

/** In a file of src, compiled: a text, and what stands there instead. */
export type Difference = readonly [file: string, text: string, replacement: string]

/** Speaks another protocol with its workers, so that it replaces those that it finds. */
export const OTHER_PROTOCOL: Difference = [
  'dataplane/control.js',
  `PROTOCOL_VERSION = ${PROTOCOL_VERSION}`,
  `PROTOCOL_VERSION = ${PROTOCOL_VERSION + 1}`,
]

/** Speaks alike, and goes on with the workers that it finds. */
export const ALIKE: Difference = ['dataplane/supervisor.js', 'runs again', 'runs once more']

/** A build of its own in `directory`. */
export function buildOf(directory: string, [file, text, replacement]: Difference): string {
  const build = join(directory, 'build')
  mkdirSync(build)
  cpSync(join(root, 'dist/src'), join(build, 'dist/src'), { recursive: true })
  // Programs find their build by where they are, so that links to them would lead to this one.
  for (const own of ['bin', 'package.json']) cpSync(join(root, own), join(build, own), { recursive: true })
  for (const same of ['build', 'node_modules', 'yang']) symlinkSync(join(root, same), join(build, same))
  const path = join(build, 'dist/src', file)
  const before = readFileSync(path, 'utf8')
  const after = before.replace(text, replacement)
  if (after === before) throw new Error(`${file} has no ${text}`)
  writeFileSync(path, after)
  return build
}
