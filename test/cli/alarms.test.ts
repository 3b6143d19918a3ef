// lwaftr alarms, about a relay that runs and whose next hop nobody is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { World } from './relay.js'

t.test(
  'a next hop that does not answer is told, and so is that a dead worker was started again',
  async (t) => {
    const world = new World(t)
    const relay = await world.run()
    const none = await world.lwaftr(['alarms'])
    t.same(none, { code: 0, stdout: '', stderr: '' }, 'not before it had the time to answer')

    const follower = spawn(process.execPath, [join(root, 'bin/lwaftr'), 'alarms', '--follow'], {
      env: world.environment,
    })
    t.teardown(() => follower.kill())
    follower.stdout.setEncoding('utf8')
    let said = ''
    const says = async (wanted: RegExp) => {
      while (!wanted.test(said)) said += (await once(follower.stdout, 'data'))[0]
    }
    const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
    const place = String.raw`\(/snabb-softwire-v3:softwire-config/instance\[device='link0'\]`
    await says(
      new RegExp(
        `^${time} critical next-hop-unresolved: IPv4 next hop 172.20.0.1 of queue 0 of link0 does not answer ARP.* ${place}/queue\\[id='0'\\]/external-interface/next-hop\\)$`,
        'm',
      ),
    )
    const now = await world.lwaftr(['alarms'])
    t.equal(now.code, 0)
    t.match(now.stdout, /next-hop-unresolved/)

    const leader = relay.process.pid
    const [worker] = readFileSync(`/proc/${leader}/task/${leader}/children`, 'utf8').split(' ')
    process.kill(Number(worker), 'SIGKILL')
    await says(
      new RegExp(
        `^${time} warning  worker-failed: the worker of link0 died and was started again ${place}\\)$`,
        'm',
      ),
    )

    const json = await world.lwaftr(['alarms', '--all', '--format', 'json'])
    t.match(JSON.parse(json.stdout), [
      { 'alarm-type-id': /./, 'is-cleared': false },
      { 'alarm-type-id': /./, 'is-cleared': false },
    ])

    const shelf = '{ name works; resource "/softwire-config/instance[device=link0]//*"; }'
    const put = await world.lwaftr([
      'set-config',
      '/alarms/control/alarm-shelving/shelf[name=works]',
      shelf,
      '--quiet',
    ])
    t.match(put, { code: 0, stderr: '' })
    t.match((await world.lwaftr(['alarms'])).stdout, /^\S+ warning {2}worker-failed: [^\n]*\n$/)
    t.match(
      (await world.lwaftr(['alarms', '--shelved'])).stdout,
      /^\S+ critical next-hop-unresolved: [^\n]*\n$/,
    )
    t.match(await relay.stop(), { code: 0 })
  },
)
