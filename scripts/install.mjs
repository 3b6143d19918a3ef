// npm's install step: builds the addons where lwaftr is installed as a package. A checkout is
// known by its sources, and is built by 'npm run setup' instead, which explains what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { headersEnvironment } from './setup/node-headers.mjs'

if (!existsSync('tsconfig.json')) {
  const built = spawnSync('node-gyp', ['rebuild', '--loglevel=warn', '--jobs=max'], {
    stdio: 'inherit',
    env: { ...process.env, ...headersEnvironment() },
  })
  if (built.status !== 0) {
    process.stderr.write(
      'lwaftr: its addons could not be built. On Debian they need: ' +
        'apt-get install libyang2-dev libpcap-dev g++ make python3 linux-libc-dev\n',
    )
    process.exit(1)
  }
}
