import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../src/root.js'

/** Runs the command line to its end. Without tap's loader, which is for the tests: an operator has none. */
export function lwaftr(...args: readonly (string | number)[]) {
  const command = ['-u', 'NODE_OPTIONS', join(root, 'bin/lwaftr'), ...args.map(String)]
  const { status, stdout, stderr } = spawnSync('env', command, { encoding: 'utf8' })
  return { status, stdout, stderr }
}
