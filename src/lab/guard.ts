// Sets a guardian over a run of this process.
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { root } from '../root.js'
import { LAB_VARIABLE } from './owner.js'

/** However this process ends, what it made by the run's id is then removed. */
export function guard(id: number): void {
  // Its input ends with this process. It belongs to no run: a sweep would wait for it.
  const guardian = spawn(process.execPath, [join(root, 'dist/src/lab/guardian.js'), String(id)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { ...process.env, [LAB_VARIABLE]: undefined },
  })
  guardian.unref()
  if (guardian.stdin instanceof Socket) guardian.stdin.unref()
}
