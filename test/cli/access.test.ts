// The door of a relay as the command line opens it.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { configuration, LIST, World } from './relay.js'

const skip = spawnSync('openssl', ['version']).error ? 'openssl is not installed' : false

function certificate(world: World, name: string): string[] {
  const [cert, key] = [`${name}.pem`, `${name}.key`].map((file) => world.file(file, ''))
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync(
    'openssl',
    ['req', '-x509', ...kind, '-keyout', key ?? '', '-out', cert ?? '', '-days', '2', ...subject],
    { stdio: 'pipe' },
  )
  return [cert ?? '', key ?? '']
}

t.test('beyond this machine only with TLS and somebody who can log in', { skip }, async (t) => {
  const world = new World(t)
  const [cert = '', key = ''] = certificate(world, 'server')
  const run = ['run', '--conf', world.conf, '--name', world.name, '--listen', '0.0.0.0:0']
  t.match(await world.lwaftr(run), { code: 2, stderr: /--tls-cert and --tls-key/ })
  t.match(await world.lwaftr([...run, '--tls-cert', cert]), { code: 2, stderr: /go together/ })
  t.match(await world.lwaftr([...run, '--client-ca', cert]), { code: 2, stderr: /--client-ca needs/ })
  const locked = [...run, '--tls-cert', cert, '--tls-key', key]
  t.match(await world.lwaftr(locked), { code: 1, stderr: /anybody could change everything: add TLS/ })
  const broken = ['--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', world.conf]
  t.match(await world.lwaftr([...run, ...broken]), { code: 1, stderr: /not usable for TLS/ })
  t.same(world.traces(), [], 'nothing is left of a relay that did not start')
})

t.test('a user edits over TLS, by name, and the audit log says so', { skip }, async (t) => {
  const world = new World(t)
  const [cert = '', key = ''] = certificate(world, 'server')
  const hashed = await world.lwaftr(['hash-password'], 'open sesame\n')
  t.match(hashed, { code: 0, stdout: /^\$scrypt\$ln=15,r=8,p=1\$/ })
  const user = `config-server { user { name noc; password "${hashed.stdout.trim()}"; } }\n`
  const audit = world.file('audit.log', '')
  const words = [
    '--conf',
    world.file('users.conf', configuration + user),
    '--tls-cert',
    cert,
    '--tls-key',
    key,
    '--audit-log',
    audit,
  ]
  const relay = await world.run(...words)
  t.match(relay.url, /^https:/)
  const as = (secret: string) => ['--url', relay.url, '--cacert', cert, '--user', `noc:${secret}`]
  t.match(await world.lwaftr(['get-config', LIST, ...as('open sesame')]), {
    code: 0,
    stdout: /193\.5\.1\.100/,
  })
  t.match(await world.lwaftr(['get-config', LIST, ...as('wrong')]), { code: 1, stderr: /nobody is known/ })
  const set = ['set-config', '/softwire-config/internal-interface/mtu', '1540']
  t.match(await world.lwaftr([...set, ...as('open sesame')]), { code: 0 })
  const lines = readFileSync(audit, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    { event: 'change', user: 'local', via: 'file', revision: 1 },
    { event: 'login-failed', user: 'noc', from: '127.0.0.1' },
    { event: 'change', user: 'noc', from: '127.0.0.1', revision: 2, what: /internal-interface/ },
  ])
  t.notMatch(readFileSync(audit, 'utf8'), /sesame|scrypt/)
  t.match(await relay.stop(), { code: 0 })
})
