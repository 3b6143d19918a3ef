// A relay that root has nothing to do with: an ordinary user with the capabilities that its worker needs, as the service
// has them (packaging/lwaftr@.service), on real interfaces.
import { once } from 'node:events'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isOpenTo } from '../../src/dataplane/privileges.js'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { nameOfRelay } from '../../src/lab/owner.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { cable } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'
import { eventually } from '../dataplane/helper.js'
import { PATIENCE, sandbox } from '../dataplane/links.js'

const user = 61_000 + (process.pid % 2000)
const program = join(root, 'bin/lwaftr')
const closed =
  isOpenTo(user, program) && isOpenTo(user, process.execPath) ? false : 'the checkout is closed to others'
const skip = (await obstacleToNamespaces()) ?? closed

const CONFIGURATION = `softwire-config {
  instance {
    device link0;
    queue {
      id 0;
      external-interface { ip 192.0.2.2; mac 02:00:00:00:00:02; next-hop { ip 192.0.2.1; } }
      internal-interface { ip 2001:db8::2; mac 02:00:00:00:00:02; next-hop { mac 02:00:00:00:00:99; } }
    }
  }
}
`
const CAPABILITIES = '-all,+net_raw,+net_admin,+bpf,+ipc_lock'

t.test('an ordinary user’s relay opens its link and answers', { skip }, async (t) => {
  const lab = await sandbox(t)
  const [relay, peer] = [await lab.namespace('relay'), await lab.namespace('peer')]
  await cable({ namespace: relay, device: 'link0' }, { namespace: peer, device: 'link0' }, 1500)
  await peer.ip('address add 192.0.2.1/24 dev link0')
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-user-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'relay.conf'), CONFIGURATION)
  chownSync(directory, user, user)
  const identity = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  const granted = [
    `--inh-caps=${CAPABILITIES}`,
    `--ambient-caps=${CAPABILITIES}`,
    `--bounding-set=${CAPABILITIES}`,
  ]
  const words = ['run', '--conf', join(directory, 'relay.conf'), '--name', nameOfRelay(lab.id)]
  const start = async (driver: string) => {
    const command = [process.execPath, program, ...words, '--listen', '127.0.0.1:0', '--driver', driver]
    const child = relay.spawn(
      'setpriv',
      [
        ...identity,
        ...granted,
        '--no-new-privs',
        'env',
        `LWAFTR_RUN_DIR=${join(directory, 'run')}`,
        ...command,
      ],
      { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    const ended = once(child, 'close')
    await eventually(() => / ready: /.test(said) || child.exitCode !== null, 60_000)
    return { child, said, ended }
  }
  // It takes more rights than AF_PACKET, and has that beside it. A kernel may lack it.
  const first = await start('af-xdp')
  const lacking = /not supported|not implemented/i.test(first.said)
  const { child, said, ended } = lacking ? await start('af-packet') : first
  t.match(said, / ready: /)
  t.notMatch(said, /not confined in its system calls/)
  t.type(await pingUntilAnswered(peer, '192.0.2.2', PATIENCE), 'number')
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  t.match(status, new RegExp(`^Uid:\\s+${user}\\s+${user}`, 'm'), 'the leader is that user')
  child.kill('SIGTERM')
  await ended
  t.equal(child.exitCode, 0, 'and stops cleanly')
})
