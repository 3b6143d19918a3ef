// What a run of `npm test` reached, in two lines. docs/coverage.md has more, counted with addons that count too.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cplusplusLines } from '../coverage/cplusplus.mjs'
import { oneLine } from '../coverage/report.mjs'
import { typescriptLines } from '../coverage/typescript.mjs'
import { root } from '../setup/run.mjs'
import { COUNTED } from './native.mjs'

const directory = join(root, 'build/counted')
/** The C++ tests and the fuzz targets. */
export const nativeTests = { root, objects: join(root, COUNTED) }

/** Forgets the last run; what the TypeScript tests must find in their environment to be counted. */
export function countLines() {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o1777) // tests have other users, too
  forgetNative()
  const required = join(root, 'scripts/coverage/count.cjs')
  return { LWAFTR_COUNTED: directory, NODE_OPTIONS: `--require="${required}"` }
}

export function forgetNative() {
  const { objects } = nativeTests
  if (!existsSync(objects)) return
  for (const name of readdirSync(objects, { recursive: true }))
    if (name.endsWith('.gcda')) rmSync(join(objects, name))
}

/** By the processes that ended by themselves. What cannot be counted is said and fails no test. */
export function printCoverage() {
  process.stdout.write('# lines reached\n')
  print('TypeScript', 'all tests', () => typescriptLines(root, directory))
  print('C++', 'the native tests and the fuzz targets', () => cplusplusLines([nativeTests]))
}

function print(language, tests, count) {
  try {
    process.stdout.write(`${oneLine(language, count())}, by ${tests}\n`)
  } catch (problem) {
    process.stdout.write(`${language}: not counted: ${problem.message}\n`)
  }
}
