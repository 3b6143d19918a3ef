// The Debian package on a machine of its own: installed, its service started, upgraded and removed, while packets
// flow. The machine sees the addons and npm packages of this checkout only through the package.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { root } from '../../src/root.js'
import { configuration, entry, LIST, text } from '../cli/relay.js'
import { Machine } from './machine.js'

const UNIT = 'lwaftr@edge1.service'
/** What the package runs on. */
const NODE = '/usr/bin/node'
/** Both next hops are known, so that nobody has to answer for them. */
const conf = configuration.replace('ip 172.20.0.1;', 'mac 02:22:22:22:22:99;')

async function build(version: string, output: string): Promise<string> {
  const script = join(root, 'scripts/package/deb.mjs')
  const words = [script, '--fast', '--version', version, '--output', output]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  return `/tmp/${stdout.trim().split('/').at(-1)}`
}

/** The Node.js that this test runs on, as a package of its own would bring it: beside what runs, not over it. */
function installNode(path: (file: string) => string) {
  copyFileSync(process.execPath, path(`${NODE}.new`))
  renameSync(path(`${NODE}.new`), path(NODE))
}

async function until(condition: () => boolean) {
  while (!condition()) await sleep(100)
}

t.setTimeout(300_000)
const machine = Machine.obstacle() === null ? await Machine.boot(t) : null
const skip = machine === null && (Machine.obstacle() ?? 'systemd does not boot in namespaces here')

t.test('a relay is installed, started, upgraded while it forwards, and removed', { skip }, async (t) => {
  const { run, path } = bound(machine as Machine)
  const does = (program: string, ...args: string[]) => {
    const outcome = run(program, ...args)
    t.equal(outcome.status, 0, `${program} ${args.join(' ')}\n${outcome.stderr}`)
    return outcome.stdout
  }
  const property = (name: string) =>
    run('systemctl', 'show', '--value', '--property', name, UNIT).stdout.trim()
  const worker = () => run('pgrep', '-f', 'worker-process.js').stdout.trim()
  const [first, second] = await Promise.all([build('1.0', path('/tmp')), build('1.1', path('/tmp'))])

  // Node.js need not have come as a package, and one that comes first on the way may be anybody's.
  if (!existsSync(path(NODE))) installNode(path)
  writeFileSync(path('/usr/local/bin/node'), '#!/bin/false\n', { mode: 0o755 })
  does('dpkg', '--ignore-depends=nodejs', '--install', first)
  t.equal(does('lwaftr', '--version'), '1.0\n')
  t.match(does('zcat', '/usr/share/man/man1/lwaftr-top.1.gz'), /^\.TH LWAFTR-TOP 1/im)
  const completion = '. /usr/share/bash-completion/completions/lwaftr && complete -p lwaftr'
  t.match(does('bash', '-c', completion), /lwaftr$/m)
  t.equal(
    run('systemctl', 'list-units', '--quiet', 'lwaftr@*').stdout,
    '',
    'nothing runs that nobody asked for',
  )

  does('ip', 'link', 'add', 'link0', 'type', 'veth', 'peer', 'name', 'far0')
  for (const link of ['link0', 'far0', 'lo']) does('ip', 'link', 'set', link, 'up')
  writeFileSync(path('/etc/lwaftr/edge1.conf'), conf)
  does('systemctl', 'enable', '--now', UNIT)
  const verified = run('systemd-analyze', 'verify', '/lib/systemd/system/lwaftr@.service')
  t.notMatch(verified.stderr, /lwaftr@/)
  does('systemd-analyze', 'security', '--no-pager', '--threshold=30', UNIT)
  t.equal(property('StatusText'), 'edge1 forwards; http://127.0.0.1:8080')
  t.equal(does('lwaftr', 'get-config', `${entry(1)}/psid`), '1\n')
  does('lwaftr', 'add-config', LIST, text(2))
  appendFileSync(path('/etc/default/lwaftr'), '# ours\n')
  const [leader, forwarder] = [property('MainPID'), worker()]
  t.match(forwarder, /^\d+$/)
  t.equal(
    does('ps', '-o', 'user=', '-p', `${leader},${forwarder}`),
    'lwaftr\nlwaftr\n',
    'nothing runs as root',
  )

  const load = (machine as Machine).start(
    ...(['lwaftr', 'loadtest', '--device', 'far0', '--conf', '/etc/lwaftr/edge1.conf'] as const),
    ...['--rate', '0.001', '--json', '--driver', 'af-packet'],
  )
  let [report, progress] = ['', '']
  load.stdout.on('data', (chunk) => {
    report += chunk
  })
  load.stderr.on('data', (chunk) => {
    progress += chunk
  })
  await until(() => progress.split('\n').length > 2)
  // Where this test runs on another line of Node.js, the relay moves to it, too.
  if (process.execPath !== NODE) installNode(path)
  does('dpkg', '--ignore-depends=nodejs', '--install', second)
  await until(() => property('MainPID') !== leader && property('ActiveState') === 'active')
  t.equal(does('lwaftr', '--version'), '1.1\n')
  t.equal(worker(), forwarder, 'who forwards was not touched')
  t.equal(does('lwaftr', 'get-config', `${entry(2)}/psid`), '2\n', 'what was committed is there')
  t.match(readFileSync(path('/etc/default/lwaftr'), 'utf8'), /# ours\n$/)
  does('pkill', '-INT', '-f', 'lwaftr loadtest')
  await once(load, 'close')
  const { encap, decap, loss, unexpected } = JSON.parse(report)
  t.match({ loss, unexpected }, { loss: 0, unexpected: 0 }, 'no packet was lost')
  t.match({ encap, decap }, { encap: { lost: 0, duplicates: 0 }, decap: { lost: 0, duplicates: 0 } })
  t.ok(encap.received > 1000 && decap.received > 1000, `${encap.received} and ${decap.received} packets`)

  does('kill', '-KILL', forwarder)
  // On the Node.js that is installed by now.
  await until(() => run('test', `/proc/${worker()}/exe`, '-ef', NODE).status === 0)
  const replacement = worker()

  if (process.env.LWAFTR_LONG_TESTS === '1') {
    const settings = '[Service]\nWatchdogSec=5\nTimeoutAbortSec=1\n'
    const dropIn = `/run/systemd/system/${UNIT}.d`
    writeFileSync(join((machine as Machine).directory(dropIn), 'watchdog.conf'), settings)
    does('systemctl', 'daemon-reload')
    const lost = property('MainPID')
    does('kill', '-STOP', lost)
    await until(() => property('MainPID') !== lost && property('ActiveState') === 'active')
    t.equal(worker(), replacement, 'a leader that hangs is replaced, and packets are forwarded meanwhile')
  }

  does('systemctl', 'reload', UNIT)
  await until(() => run('lwaftr', 'get-config', `${entry(2)}/psid`).stdout === '')
  t.equal(does('lwaftr', 'get-config', `${entry(1)}/psid`), '1\n', 'the file is in force again')

  does('dpkg', '--remove', 'lwaftr')
  t.equal(run('pgrep', '-u', 'lwaftr').stdout, '', 'nothing runs on')
  t.notOk(existsSync(path('/usr/lib/lwaftr')))
  t.ok(existsSync(path('/etc/lwaftr/edge1.conf')))
  t.ok(existsSync(path('/var/lib/lwaftr/edge1/datastore')))
  does('dpkg', '--purge', 'lwaftr')
  t.notOk(existsSync(path('/var/lib/lwaftr')))
  t.notOk(existsSync(path('/etc/default/lwaftr')))
  t.not(run('id', 'lwaftr').status, 0)
})

function bound(machine: Machine) {
  return { run: machine.run.bind(machine), path: machine.path.bind(machine) }
}
