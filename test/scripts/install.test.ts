// The package that `npm pack` makes, installed as an operator installs it: into a prefix, with nothing of the checkout
// in reach. LWAFTR_LONG_TESTS=1 has npm build the addons as it would there; else those of the checkout are laid in.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { configuration } from '../cli/relay.js'

const long = process.env.LWAFTR_LONG_TESTS === '1'
// Compiling the addons, while other things run.
if (long) t.setTimeout(900_000)
const directory = mkdtempSync(join(tmpdir(), 'lwaftr-install-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const at = (...names: string[]) => join(directory, ...names)
const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LWAFTR_RUN_DIR: at('run'),
}
const lwaftr = (...args: string[]) =>
  spawnSync(at('prefix/bin/lwaftr'), args, { cwd: directory, env, encoding: 'utf8', timeout: 60_000 })

/** What npm says where the registry cannot be reached. */
const OFFLINE = /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT)\b/

/** Null when it is installed, else why it cannot be. */
function install(): string | null {
  const packing = ['pack', '--json', '--pack-destination', directory, ...(long ? [] : ['--ignore-scripts'])]
  const packed = execFileSync('npm', packing, { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] })
  // prepack may speak first.
  const [, file] = /"filename": "(.+?)"/.exec(packed.toString()) ?? []
  const words = [
    'install',
    '--global',
    '--prefix',
    at('prefix'),
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  ]
  const installed = spawnSync('npm', [...words, ...(long ? [] : ['--ignore-scripts']), at(file as string)], {
    cwd: directory,
    env,
    encoding: 'utf8',
  })
  if (installed.status !== 0 && OFFLINE.test(installed.stderr)) return 'the npm registry is out of reach'
  if (installed.status !== 0) throw new Error(installed.stderr)
  const build = at('prefix/lib/node_modules/lwaftr/build/Release')
  if (!long) {
    mkdirSync(build, { recursive: true })
    const built = join(root, 'build/Release')
    for (const addon of readdirSync(built).filter((name) => name.endsWith('.node')))
      cpSync(join(built, addon), join(build, addon))
  }
  return null
}

const problem = install()
const skip = problem ?? false

t.test('an installed package replays captured packets', { skip }, async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  t.match(lwaftr('--version'), { status: 0, stdout: `${version}\n`, stderr: '' })
  const traffic = ['--output', 'relay.conf', '--pcap-v4', '4.pcap', '--pcap-v6', '6.pcap', '--npackets', '30']
  const generate = ['generate-configuration', '193.5.1.1', '2', 'fc00::100', 'fc00:1::1', '3']
  t.match(lwaftr(...generate, ...traffic), { status: 0, stderr: '' })
  const files = ['relay.conf', '4.pcap', '6.pcap', '4.out', '6.out', 'counters.json']
  t.match(lwaftr('check', '-r', ...files), { status: 0, stdout: '', stderr: '' })
  t.match(JSON.parse(readFileSync(at('counters.json'), 'utf8')), {
    'in-ipv4-packets': 30,
    'out-ipv4-packets': 30,
    'in-ipv6-packets': 30,
    'out-ipv6-packets': 30,
  })
})

t.test('an installed package runs a relay', { skip }, async (t) => {
  writeFileSync(at('lwaftr.conf'), configuration)
  const where = ['--listen', '127.0.0.1:0', '--name', `install-${process.pid}`, '--driver', 'memory']
  const ran = lwaftr('run', '-D', '0', '--conf', 'lwaftr.conf', ...where)
  t.match(ran, { status: 0, stderr: '' })
  t.match(ran.stdout, /^lwaftr install-\d+ ready: http:/)
})
