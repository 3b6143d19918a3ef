// npm start: set-up, then the lab. Stays its parent, so that a signal sent to npm reaches it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { attempt, root } from './setup/run.mjs'
import { setup } from './setup.mjs'

await attempt(() => setup('run'))
const lab = spawn(process.execPath, [join(root, 'bin/lwaftr'), 'lab', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => lab.kill(signal))
lab.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
