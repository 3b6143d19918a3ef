// The idea that passthru came from, end to end: BIRD at the switch and BIRD behind the passthru speak BGP and BFD
// through the relay; the switch reaches subscribers by what the router announces, which is what the relay can carry.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BR_ADDRESS, INTERNET, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { continuousPing, ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { processesOf } from '../../src/lab/sweep.js'
import { root } from '../../src/root.js'
import { Bird, noBird } from './bird.js'
import { skip } from './helper.js'
import { follow, nextHopsTo, patchTable, putSoftwire, removeSoftwire, until } from './routes.js'
import { addEnds, LINKS, openTwoLinks } from './two-links.js'

const PATIENCE = 20_000
/** BIRD waits longer at each error in a row, and a worker that was killed often longer still. */
const RECOVERY = 60_000
const SESSIONS = ['link0_ipv4', 'link0_ipv6', 'link1_ipv4', 'link1_ipv6']
const { whole } = SUBSCRIBERS
const SOFTWIRE = { ipv4: whole.ipv4, psid: 0, psidLength: 0, br: BR_ADDRESS, b4: '2001:db8:b4:1::2' }

/** An example with its files in the lab's folder. */
function example(file: string, folder: string): string {
  return readFileSync(join(root, 'examples/bird', file), 'utf8').replaceAll('/etc/bird/', `${folder}/`)
}

t.test('BGP and BFD through the relay', { skip: skip || noBird }, async (t) => {
  const lab = await openTwoLinks(t)
  const { sandbox, relay } = lab
  const { internet, subscriber } = await addEnds(lab)
  const bird = Bird.start(lab.switch, example('switch.conf', sandbox.folder))
  const router = Bird.start(lab.router, example('router.conf', sandbox.folder))
  for (const { link } of LINKS) {
    const output = join(sandbox.folder, `lwaftr-${link}.conf`)
    const words = ['--instance', lab.devices.get(link) ?? '', '--table', `${link}_`, '--output', output]
    follow(
      t,
      relay,
      ['--format', 'bird', ...words, '--run', `birdc -s ${router.socket} configure >/dev/null`],
      sandbox,
    )
  }
  /** Addresses of the relay that the switch's kernel sends packets for the prefix to. */
  const hops = (prefix: string) => nextHopsTo(lab.switch, prefix)
  const both = (family: 0 | 1): string[] => LINKS.map((at) => at.relay[family]).sort()
  const [first, second] = LINKS

  await t.test('sessions of both families come up through both links', async (t) => {
    t.same(await until(() => bird.established(), SESSIONS, PATIENCE), SESSIONS)
    const sessions = await bird.bfdUp(4, PATIENCE)
    t.equal(sessions.filter(({ state }) => state === 'Up').length, 4)
  })

  await t.test('the switch forwards by these routes, over both links', async (t) => {
    await putSoftwire(relay, SOFTWIRE, 'replace')
    t.same(await until(() => hops(`${whole.ipv4}`), both(0), PATIENCE), both(0))
    t.same(await until(() => hops(BR_ADDRESS), both(1), PATIENCE), both(1))
    t.ok(await pingUntilAnswered(subscriber.host, INTERNET.ipv4, PATIENCE))
    t.match(await ping(internet, whole.ipv4), { sent: 3, received: 3 })
  })

  await t.test('the passthru carries jumbo frames and TCP beside softwire traffic', async (t) => {
    const traffic = continuousPing(subscriber.host, INTERNET.ipv4, { interval: 0.01 })
    t.ok(await traffic.firstAnswer(PATIENCE))
    for (const at of LINKS) {
      t.match(await ping(lab.router, at.switch[0], { size: 9000 - 28 }), { sent: 3, received: 3 })
      t.match(await ping(lab.switch, at.router[1], { size: 9000 - 48 }), { sent: 3, received: 3 })
    }
    const server = lab.switch.spawn('iperf3', ['-s', '-1', '--forceflush'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(server.stdout ?? server, 'data')
    const { stdout } = await lab.router.exec('iperf3', ['-c', first.switch[0], '-t', '2', '-J'])
    const { end } = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }
    t.ok(end.sum_received.bits_per_second > 1e6)
    t.comment(`iperf3: ${Math.round(end.sum_received.bits_per_second / 1e6)} Mbit/s`)
    const { received, missed } = await traffic.stop()
    t.equal(missed, 0, `${received} pings answered`)
    t.same(await bird.established(), SESSIONS, 'BGP did not notice')
  })

  await t.test('one softwire is announced, and withdrawn', async (t) => {
    const newcomer = { ...SOFTWIRE, ipv4: '198.18.0.1', b4: '2001:db8:b4::77' }
    let begin = Date.now()
    await putSoftwire(relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), both(0), PATIENCE), both(0))
    t.comment(`announced at the switch after ${Date.now() - begin} ms`)
    begin = Date.now()
    await removeSoftwire(relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), [], PATIENCE), [])
    t.comment(`withdrawn after ${Date.now() - begin} ms`)
  })

  await t.test('ten thousand in one patch are as few prefixes as can be', async (t) => {
    const updates = async () =>
      /Import updates:\s+(\d+)/.exec(await bird.says('show protocols all link0_ipv4'))?.[1]
    const before = Number(await updates())
    const begin = Date.now()
    await patchTable(relay, 10_000, (n) => ({ ...SOFTWIRE, ipv4: `198.18.${n >> 8}.${n & 255}` }))
    const acknowledged = Date.now()
    const prefixes = ['198.18.0.0/19', '198.18.32.0/22', '198.18.36.0/23', '198.18.38.0/24', '198.18.39.0/28']
    const known = async () => {
      const { stdout } = await lab.switch.ip('-o route show root 198.18.0.0/15')
      return [...stdout.matchAll(/^198\.18\.\S+/gm)].map(([prefix]) => prefix).sort()
    }
    t.same(await until(known, prefixes, PATIENCE), prefixes)
    t.comment(`acknowledged after ${acknowledged - begin} ms, announced after ${Date.now() - begin} ms`)
    t.equal(Number(await updates()) - before, prefixes.length, 'no update more than there are prefixes')
  })

  await t.test(
    'a link whose worker is killed has no routes at the switch; the other one stays',
    async (t) => {
      const mark = lab.devices.get('link0') ?? ''
      const begin = Date.now()
      // Killed as often as it comes back: a single restart is faster than BFD.
      const kill = () => {
        for (const pid of processesOf(sandbox.id, `worker-${mark}`)) process.kill(pid, 'SIGKILL')
      }
      kill()
      const killing = setInterval(kill, 20)
      t.teardown(() => clearInterval(killing))
      t.same(await until(() => hops(whole.ipv4), [second.relay[0]], PATIENCE), [second.relay[0]])
      t.comment(`gone after ${Date.now() - begin} ms; BFD has 300 ms`)
      t.same(await until(() => hops(BR_ADDRESS), [second.relay[1]], PATIENCE), [second.relay[1]])
      t.ok(await pingUntilAnswered(subscriber.host, INTERNET.ipv4, PATIENCE), 'traffic takes the other link')
      clearInterval(killing)
      const end = Date.now()
      t.same(await until(() => hops(whole.ipv4), both(0), RECOVERY), both(0), 'back by itself')
      t.same(await until(() => hops(BR_ADDRESS), both(1), RECOVERY), both(1))
      t.comment(`back after ${Date.now() - end} ms`)
    },
  )

  await t.test('draining one link after the other costs no packet', async (t) => {
    const traffic = continuousPing(subscriber.host, INTERNET.ipv4, { interval: 0.01 })
    t.ok(await traffic.firstAnswer(PATIENCE))
    for (const [link, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const device = lab.devices.get(link.link) ?? ''
      const drain = sandbox.lwaftr(['drain', device, '--name', relay.name, '--quiet', '1'])
      t.same(await until(() => hops(whole.ipv4), [other.relay[0]], PATIENCE), [other.relay[0]])
      t.equal(await new Promise((resolve) => drain.on('close', resolve)), 0, 'traffic has gone')
      const undrain = sandbox.lwaftr(['undrain', device, '--name', relay.name])
      t.equal(await new Promise((resolve) => undrain.on('close', resolve)), 0)
      t.same(await until(() => hops(whole.ipv4), both(0), PATIENCE), both(0))
    }
    await sleep(200)
    const { received, missed } = await traffic.stop()
    t.equal(missed, 0, `${received} pings answered`)
  })
})
