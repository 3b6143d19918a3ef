import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../src/root.js'

/** Runs the command line to its end. */
export function lwaftr(...args: readonly (string | number)[]) {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/lwaftr'), args.map(String), {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
