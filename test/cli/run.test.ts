import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { configuration, entry, LIST, text, World } from './relay.js'

t.test('a relay from start to end', async (t) => {
  const world = new World(t)
  const state = `${world.directory}/state`

  const volatile = await world.run()
  t.match((await world.lwaftr(['remove-config', entry(1)])).code, 0)
  t.match(await volatile.stop('SIGINT'), { code: 0, stderr: '' })
  t.same(world.traces(), [], 'a clean stop leaves nothing')

  mkdirSync(state, { mode: 0o777 })
  chmodSync(state, 0o777)
  const first = await world.run('--state-dir', state)
  t.equal(statSync(`${state}/control.sock`).mode & 0o777, 0o600, 'whatever its directory lets in')
  t.equal((await world.lwaftr(['get-config', `${entry(1)}/psid`])).stdout, '1\n', 'it had forgotten')
  t.match(await world.lwaftr(['add-config', LIST, text(2)]), { code: 0 })
  writeFileSync(world.conf, configuration.replace('psid 1;', 'psid 5;'))
  first.process.kill('SIGHUP')
  while (first.said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(first.said.join(''), /read again: revision 3: create 1 softwire, delete 2 softwires/)
  t.equal((await world.lwaftr(['get-config', `${entry(5)}/psid`])).stdout, '5\n')
  writeFileSync(world.conf, 'softwire-config {')
  first.said.length = 0
  first.process.kill('SIGHUP')
  while (first.said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(first.said.join(''), /relay\.conf not taken, the running configuration stays: .*relay\.conf:1:1: /)
  t.equal((await world.lwaftr(['get-config', `${entry(5)}/psid`])).stdout, '5\n')
  t.match(await first.stop(), { code: 0 })
  t.same(world.traces(), [])

  const second = await world.run('--state-dir', state)
  t.equal((await world.lwaftr(['get-config', `${entry(5)}/psid`])).stdout, '5\n', 'it remembers')
  t.match((await second.stop()).stderr, /holds revision 3, which wins over .*relay\.conf/)

  writeFileSync(world.conf, configuration)
  const third = await world.run('--state-dir', state, '--reset')
  t.equal((await world.lwaftr(['get-config', `${entry(1)}/psid`])).stdout, '1\n')
  t.match(await third.stop(), { code: 0, stderr: '' })

  const brief = await world.lwaftr([
    'run',
    '--conf',
    world.conf,
    '--name',
    world.name,
    '--driver',
    'memory',
    '--listen',
    '127.0.0.1:0',
    '-D',
    '0.1',
  ])
  t.match(brief, { code: 0, stdout: /^lwaftr \S+ ready: http:\/\/127\.0\.0\.1:\d+\n$/, stderr: '' })
})

t.test('a killed relay comes back to its workers and its commits', async (t) => {
  const world = new World(t)
  const state = `${world.directory}/state`
  const first = await world.run('--state-dir', state)
  t.match(await world.lwaftr(['add-config', LIST, text(2)]), { code: 0 })
  await first.stop('SIGKILL')
  const second = await world.run('--state-dir', state)
  t.equal((await world.lwaftr(['get-config', `${entry(2)}/psid`])).stdout, '2\n')
  t.match(await second.stop(), { code: 0 })
  t.same(world.traces(), [])

  const third = await world.run()
  await third.stop('SIGKILL')
  const fourth = await world.run()
  t.match(await fourth.stop(), { code: 0 })
  t.same(world.traces(), [])
})

t.test('a relay that hands over leaves its workers to the next one', async (t) => {
  for (const words of [['--state-dir', 'state'], []]) {
    const world = new World(t)
    const place = words.map((word) => (word === 'state' ? `${world.directory}/state` : word))
    const worker = `/dev/shm/lwaftr-${world.name}/worker-link0`
    const first = await world.run(...place)
    t.match(await world.lwaftr(['add-config', LIST, text(2)]), { code: 0 })
    const { ino } = statSync(worker)
    t.match(await first.stop('SIGUSR2'), { code: 0, stderr: '' })
    t.equal(statSync(worker).ino, ino, 'it listens for the next one')
    const second = await world.run(...place)
    t.equal(statSync(worker).ino, ino, 'which found it')
    const kept = await world.lwaftr(['get-config', `${entry(2)}/psid`])
    t.equal(kept.stdout, words.length > 0 ? '2\n' : '', 'commits are kept where there is a state directory')
    t.match(await second.stop(), { code: 0 })
    t.same(world.traces(), [])
  }
})

t.test('a relay goes on when nobody reads any more what it says', async (t) => {
  const world = new World(t)
  const relay = world.start()
  relay.child.stdout?.destroy()
  await hasPsid(world, relay.child, '1')
  relay.child.stderr?.destroy()
  for (const psid of ['5', '6']) {
    writeFileSync(world.conf, configuration.replace('psid 1;', `psid ${psid};`))
    relay.child.kill('SIGHUP')
    await hasPsid(world, relay.child, psid)
  }
  t.match(await relay.stop(), { code: 0 })
  t.same(world.traces(), [], 'it stopped, and did not just end')
})

t.test('to read the file again is asked of a relay also while it starts', async (t) => {
  const world = new World(t)
  const relay = world.start()
  while (!existsSync(`${world.directory}/run/${world.name}`)) await sleep(1)
  writeFileSync(world.conf, configuration.replace('psid 1;', 'psid 5;'))
  relay.child.kill('SIGHUP')
  await hasPsid(world, relay.child, '5')
  t.match(await relay.stop(), { code: 0 })
})

/** Waits until the one softwire of the configuration has the PSID. */
async function hasPsid(world: World, relay: ChildProcess, psid: string): Promise<void> {
  const leaf = `[ipv4=193.5.1.100][psid=${psid}]/psid ${psid}\n`
  while (!(await world.lwaftr(['get-config', LIST, '--format', 'xpath'])).stdout.includes(leaf))
    if (relay.exitCode !== null || relay.signalCode !== null) throw new Error('the relay has ended')
}

t.test('a damaged store is said to be one, and does not start a relay', async (t) => {
  const world = new World(t)
  const state = `${world.directory}/state`
  const first = await world.run('--state-dir', state)
  await first.stop()
  const file = `${state}/datastore/data.mdb`
  truncateSync(file, Math.floor(statSync(file).size / 2))
  await t.rejects(world.run('--state-dir', state), {
    message:
      /exit code 1: lwaftr: .*data\.mdb is damaged: reading it ends in SIG\w+; put back a copy of it, or start with --reset/,
  })
  const again = await world.run('--state-dir', state, '--reset')
  t.match(await again.stop(), { code: 0 })
})

t.test(
  'the log is lines or objects, and says as much as the configuration wants, from then on',
  async (t) => {
    const world = new World(t)
    const relay = await world.run('--log-format', 'json')
    const level = async (value: string) =>
      t.match(await world.lwaftr(['set-config', '/config-server/log-level', value]), { code: 0 })
    await level('debug')
    await world.lwaftr(['get-config', `${LIST}[ipv4=193.5.1.100][psid=1]`])
    await level('error')
    const before = relay.said.join('')
    await world.lwaftr(['get-config'])
    const lines = before.split('\n').filter((line) => line !== '')
    const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
    t.match(
      requests.find(({ path }) => path.includes('193.5.1.100,1')),
      {
        level: 'debug',
        name: world.name,
        method: 'GET',
        path: /binding-table\/softwire/,
        status: 200,
        ms: Number,
        user: String,
      },
    )
    t.equal(relay.said.join(''), before, 'and then nothing more')
  },
)
