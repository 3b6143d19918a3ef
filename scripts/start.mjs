// npm start: set-up, then the lab, in this process, so that a signal for npm ends it.
import { join } from 'node:path'
import { attempt, root } from './setup/run.mjs'
import { setup } from './setup.mjs'

const npm = process.ppid
await attempt(() => setup('run'))
// npm passes signals on, but cannot when it is killed itself.
setInterval(() => {
  if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM')
}, 1000).unref()
process.argv.splice(1, 1, join(root, 'bin/lwaftr'), 'lab')
await import('../dist/src/cli/start.js')
