// A route server beside the relay: ExaBGP is fed by `lwaftr routes` and speaks to the switch out of band.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BR_ADDRESS, INTERNET, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { cable } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'
import { Bird, noBird } from './bird.js'
import { skip } from './helper.js'
import { nextHopsTo, putSoftwire, removeSoftwire, until } from './routes.js'
import { addEnds, LINKS, openTwoLinks } from './two-links.js'

const PATIENCE = 30_000
const noExabgp = spawnSync('exabgp', ['--version']).status === 0 ? false : 'no exabgp on this machine'
const { whole } = SUBSCRIBERS
const SOFTWIRE = { ipv4: whole.ipv4, psid: 0, psidLength: 0, br: BR_ADDRESS, b4: '2001:db8:b4:1::2' }

const SWITCH = `
router id 10.255.0.1;
protocol device { }
protocol direct { ipv4; ipv6; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol kernel { ipv6 { import none; export where source = RTS_BGP; }; }
protocol bgp server {
  local 10.255.0.1 as 65530;
  neighbor 10.255.0.2 as 65530;
  passive;
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
`

t.test('ExaBGP out of band', { skip: skip || noBird || noExabgp }, async (t) => {
  const lab = await openTwoLinks(t)
  const { sandbox, relay } = lab
  const { subscriber } = await addEnds(lab)
  const server = await sandbox.namespace('server')
  await cable({ namespace: lab.switch, device: 'oob' }, { namespace: server, device: 'eth0' }, 1500)
  await lab.switch.ip('addr add 10.255.0.1/24 dev oob')
  await server.ip('addr add 10.255.0.2/24 dev eth0')
  Bird.start(lab.switch, SWITCH)

  const file = join(sandbox.folder, 'exabgp.conf')
  const lwaftr = `/usr/bin/env ${process.execPath} ${join(root, 'bin/lwaftr')} routes --name ${relay.name}`
  const text = readFileSync(join(root, 'examples/exabgp/exabgp.conf'), 'utf8')
  writeFileSync(file, text.replace('/usr/bin/lwaftr routes', lwaftr))
  const words = ['exabgp.api.ack=false', 'exabgp.api.cli=false', 'exabgp.daemon.user=root']
  server.spawn('env', [...words, 'exabgp.log.destination=/dev/null', 'exabgp', file], { stdio: 'ignore' })

  const hops = (prefix: string) => nextHopsTo(lab.switch, prefix)
  const [first, second] = LINKS

  await t.test('the switch forwards by what the route server says', async (t) => {
    await putSoftwire(relay, SOFTWIRE, 'replace')
    t.same(await until(() => hops(whole.ipv4), [first.relay[0]], PATIENCE), [first.relay[0]])
    t.same(await until(() => hops(BR_ADDRESS), [first.relay[1]], PATIENCE), [first.relay[1]])
    t.ok(await pingUntilAnswered(subscriber.host, INTERNET.ipv4, PATIENCE))
  })

  await t.test('one softwire is announced, and withdrawn', async (t) => {
    const newcomer = { ...SOFTWIRE, ipv4: '198.18.0.1' }
    let begin = Date.now()
    await putSoftwire(relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), [first.relay[0]], PATIENCE), [first.relay[0]])
    t.comment(`announced after ${Date.now() - begin} ms`)
    begin = Date.now()
    await removeSoftwire(relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), [], PATIENCE), [])
    t.comment(`withdrawn after ${Date.now() - begin} ms`)
  })

  await t.test('the polling script tells changes, and only changes', async (t) => {
    const script = join(root, 'examples/poll-routes.sh')
    const poll = sandbox.spawn('/bin/sh', ['-c', `INTERVAL=0.05 exec ${script} ${relay.url}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => poll.kill())
    let said = ''
    poll.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const lines = async () => said.split('\n').slice(0, -1)
    const both = LINKS.flatMap((at) => [
      `+ ${whole.ipv4}/32 ${at.relay[0]}`,
      `+ ${BR_ADDRESS}/128 ${at.relay[1]}`,
    ])
    const first = await until(async () => (await lines()).sort(), both.sort(), PATIENCE)
    t.same(first, both)
    said = ''
    await putSoftwire(relay, { ...SOFTWIRE, ipv4: '198.18.0.1' })
    const added = LINKS.map((at) => `+ 198.18.0.1/32 ${at.relay[0]}`)
    t.same(await until(lines, added, PATIENCE), added)
    said = ''
    await removeSoftwire(relay, { ...SOFTWIRE, ipv4: '198.18.0.1' })
    const gone = LINKS.map((at) => `- 198.18.0.1/32 ${at.relay[0]}`)
    t.same(await until(lines, gone, PATIENCE), gone)
  })

  await t.test('a drained link is left for the other one', async (t) => {
    const drain = sandbox.lwaftr([
      'drain',
      lab.devices.get('link0') ?? '',
      '--name',
      relay.name,
      '--quiet',
      '0',
    ])
    t.equal(await new Promise((resolve) => drain.on('close', resolve)), 0)
    t.same(await until(() => hops(whole.ipv4), [second.relay[0]], PATIENCE), [second.relay[0]])
    t.ok(await pingUntilAnswered(subscriber.host, INTERNET.ipv4, PATIENCE))
  })
})
