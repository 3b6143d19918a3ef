// Whether a store can be read, found out before it is.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { damaged } from './store.js'
import { isBeingMade, storeFile } from './store-birth.js'

/**
 * Throws LwaftrError if what is in the directory is damaged. lmdb follows what the file says without a look: where that
 * leads nowhere the process dies, so another one goes first.
 */
export function checkStore(directory: string): void {
  const file = statSync(storeFile(directory), { throwIfNoEntry: false })
  if (!file || isBeingMade(directory)) return
  // To lmdb that is a new store. But somebody began it, and what it held may be gone.
  if (file.size === 0) throw damaged(directory, 'there is nothing in it')
  const probe = fileURLToPath(new URL('store-probe.js', import.meta.url))
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [probe, directory], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (signal || stdout) throw damaged(directory, stdout || `reading it ends in ${signal}`)
  // That says nothing of the store.
  if (status !== 0) throw new Error(`${probe} ended with code ${status}: ${stderr}`)
}
