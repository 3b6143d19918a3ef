// A follower of the routes lives through the death of the relay's leader, whose workers forward on meanwhile.
import { once } from 'node:events'
import t from 'tap'
import { exampleConfiguration, startRelay } from '../../src/lab/relay.js'
import { skip } from './helper.js'
import { follow, putSoftwire, until } from './routes.js'
import { LINKS, openTwoLinks } from './two-links.js'

const PATIENCE = 10_000

interface Said {
  readonly route?: readonly { prefix: string; 'next-hop': string }[]
  readonly announced?: readonly { prefix: string; 'next-hop': string }[]
  readonly withdrawn?: readonly unknown[]
}

t.test('a leader that comes back withdraws nothing', { skip }, async (t) => {
  const lab = await openTwoLinks(t)
  const follower = follow(t, lab.relay, ['--format', 'json', '--family', 'ipv4'], lab.sandbox)
  let said = ''
  follower.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const answers = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { 'lwaftr:routes': Said })['lwaftr:routes'])
  const known = async () => {
    const all = answers().flatMap(({ route = [], announced = [] }) => [...route, ...announced])
    return all.map((route) => `${route.prefix} ${route['next-hop']}`)
  }
  const of = (address: string) => LINKS.map((at) => `${address}/32 ${at.relay[0]}`)
  t.same(await until(known, of('193.5.1.100'), PATIENCE), of('193.5.1.100'))

  lab.relay.process.kill('SIGKILL')
  await once(lab.relay.process, 'exit')
  const relay = await startRelay(lab.sandbox, exampleConfiguration('passthru.conf', lab.devices))
  await putSoftwire(relay, {
    ipv4: '198.18.0.1',
    psid: 0,
    psidLength: 0,
    br: 'fc00::100',
    b4: '2001:db8:b4::7',
  })
  const both = [...of('193.5.1.100'), ...of('198.18.0.1')]
  t.same(await until(known, both, PATIENCE), both, 'only what is new is said')
  t.same(
    answers().flatMap(({ withdrawn = [] }) => withdrawn),
    [],
  )
})
