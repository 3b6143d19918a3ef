// Workers of a leader that is root: each a user of its own, who is nobody to the files of the relay. On a real interface,
// in a place where /dev/net/tun is everybody's, as udev makes it.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ownPrivileges } from '../../src/dataplane/privileges.js'
import { processesOn } from '../../src/dataplane/processes.js'
import { hasWorkers, obstacleToWorkerUsers, WorkerUsers } from '../../src/dataplane/worker-users.js'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { cable } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'
import { eventually } from '../dataplane/helper.js'
import { PATIENCE, sandbox } from '../dataplane/links.js'
import { freshPlace } from '../run.js'

t.test('a relay’s workers have one group in common, and no two of a machine anything else', (t) => {
  const [one, other] = [new WorkerUsers('one'), new WorkerUsers('other')]
  const users = [one.of('eth0'), one.of('eth1'), other.of('eth0')]
  t.equal(new Set(users.map(({ uid }) => uid)).size, 3)
  t.equal(users[0]?.relay, users[1]?.relay)
  t.not(users[0]?.relay, users[2]?.relay)
  t.same(new WorkerUsers('one').of('eth0'), users[0], 'the next leader knows them')
  for (const { uid, relay } of users)
    for (const id of [uid, relay]) t.ok(id > 0x6fff_ffff && id < 0x7fff_ffff, 'nobody’s number')
  t.end()
})

t.test('a container with users of its own may have none for workers', (t) => {
  t.ok(hasWorkers('         0          0 4294967295\n'))
  t.notOk(hasWorkers('         0     100000      65536\n'))
  t.ok(hasWorkers('0 1000 1\n1 100000 2147483647\n'))
  t.notOk(hasWorkers(''))
  t.end()
})

t.test('who may not change users, or is no root, starts workers as itself', (t) => {
  const all = (1n << 41n) - 1n
  t.match(obstacleToWorkerUsers({ uid: 1000, permitted: all }), 'not root')
  for (const bit of [0n, 6n, 7n])
    t.match(obstacleToWorkerUsers({ uid: 0, permitted: all & ~(1n << bit) }), 'may not change users')
  t.end()
})

const skip = (await obstacleToNamespaces()) ?? false

const instance = (device: string, n: number) => `
  instance {
    device ${device};
    queue {
      id 0;
      external-interface { ip 192.0.2.${n}; mac 02:00:00:00:00:0${n}; next-hop { ip 192.0.2.9; } }
      internal-interface { ip 2001:db8::${n}; mac 02:00:00:00:00:0${n}; next-hop { mac 02:00:00:00:00:99; } }
      passthru-interface { device tap${n}; mac 02:00:00:00:01:0${n}; }
    }
  }`
const CONFIGURATION = `softwire-config {${instance('link1', 1)}${instance('link2', 2)}\n}\n`

/** Runs what comes behind it where /dev/net/tun is open to all users, whatever it is on this machine. */
const OPEN_TUN =
  'd=$(mktemp -d) && mount -t tmpfs none $d && mknod $d/tun c 10 200 && chmod 666 $d/tun && mount --bind $d/tun /dev/net/tun && umount -l $d && rmdir $d && exec "$@"'

t.test('workers of root’s relay are nobody to its files, and forward', { skip }, async (t) => {
  t.equal(ownPrivileges().uid, 0)
  const lab = await sandbox(t)
  const [relay, peer] = [await lab.namespace('relay'), await lab.namespace('peer')]
  for (const device of ['link1', 'link2'])
    await cable({ namespace: relay, device }, { namespace: peer, device }, 1500)
  await peer.ip('address add 192.0.2.9/24 dev link1')
  const { name, directory } = freshPlace()
  writeFileSync(join(directory, 'relay.conf'), CONFIGURATION)
  const words = ['run', '--conf', join(directory, 'relay.conf'), '--name', name, '--driver', 'af-packet']
  const command = [process.execPath, join(root, 'bin/lwaftr'), ...words, '--listen', '127.0.0.1:0']
  const leader = relay.spawn('unshare', ['--mount', 'sh', '-c', OPEN_TUN, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LWAFTR_RUN_DIR: join(directory, 'run') },
  })
  let said = ''
  for (const stream of [leader.stdout, leader.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const ended = once(leader, 'close')
  t.ok(await eventually(() => / ready: /.test(said) || leader.exitCode !== null, 60_000), said)

  const memory = `/dev/shm/lwaftr-${name}`
  const users = new WorkerUsers(name)
  const [own, others] = [users.of('link1'), users.of('link2')]
  const pidOf = (device: string) => processesOn(join(memory, `worker-${device}`))[0] ?? 0
  const ids = (pid: number, field: string) =>
    new RegExp(`^${field}:\\s*(.*)$`, 'm')
      .exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      ?.trim()
      .split(/\s+/)
      .map(Number)
  for (const [device, { uid, relay }] of [['link1', own] as const, ['link2', others] as const]) {
    t.same(ids(pidOf(device), 'Uid'), Array(4).fill(uid), device)
    t.same(ids(pidOf(device), 'Gid'), Array(4).fill(uid), device)
    t.same(ids(pidOf(device), 'Groups'), [relay], device)
  }
  const kept = readdirSync(memory).filter((file) => /^(counters|table|worker|tap)-/.test(file))
  for (const file of kept) t.equal(lstatSync(join(memory, file)).uid, 0, `${file} is root’s`)

  // What the kernel lets such a user do, without all else that confines a worker.
  const as = ({ uid, relay }: typeof own, script: string) => {
    const identity = [`--reuid=${uid}`, `--regid=${uid}`, `--groups=${relay}`, '--no-new-privs']
    return spawnSync('setpriv', [...identity, 'sh', '-c', `cd ${memory} && ${script}`]).status === 0
  }
  const table = kept.find((file) => file.startsWith('table-')) ?? ''
  const may = [`true < ${table}`, 'true <> counters-link1-0']
  const mayNot = [
    'ls .',
    'true > new',
    'mv counters-link1-0 new',
    'rm counters-link1-0',
    `rm ${table}`,
    'rm worker-link1',
    `true >> ${table}`,
    'chmod 666 counters-link1-0',
    'true < counters-link2-0',
    'true >> worker-link2',
  ]
  for (const script of may) t.ok(as(own, script), script)
  for (const script of mayNot) t.notOk(as(own, script), script)
  t.notOk(as({ uid: 61_000, relay: 61_000 }, 'true'), 'others do not even get in')

  t.type(await pingUntilAnswered(peer, '192.0.2.1', PATIENCE), 'number')
  const first = pidOf('link1')
  process.kill(first, 'SIGKILL')
  t.ok(
    await eventually(() => pidOf('link1') !== first && pidOf('link1') !== 0, 20_000),
    'another one is started',
  )
  t.same(ids(pidOf('link1'), 'Uid'), Array(4).fill(own.uid), 'and is the same user')
  t.type(await pingUntilAnswered(peer, '192.0.2.1', PATIENCE), 'number')
  await relay.ip('link show tap1')
  leader.kill('SIGTERM')
  await ended
  t.equal(leader.exitCode, 0)
  await t.rejects(relay.ip('link show tap1'), 'the TAP that it made is gone with it')
})
