// The configuration that the idea of passthru came with (examples/passthru.conf): two links to one
// switch, each with a port of the router behind its passthru.
import t from 'tap'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { exampleConfiguration, startRelay } from '../../src/lab/relay.js'
import { cable } from '../../src/lab/sandbox.js'
import { openSandbox, skip } from './helper.js'

const PATIENCE = 10_000
const MTU = 9000

/** A link of the relay: the switch's side, the router's side, and the relay's own addresses between them. */
const LINKS = [
  {
    link: 'link0',
    passthru: 'int0',
    routerMac: '6a:e3:09:2c:06:10',
    switch: ['172.20.0.1', '2001:db8::1'],
    router: ['172.20.0.2', '2001:db8::2'],
    relay: ['172.20.0.100', '2001:db8::100'],
  },
  {
    link: 'link1',
    passthru: 'int1',
    routerMac: '12:36:28:fd:01:1f',
    switch: ['172.20.1.1', '2001:db8:1::1'],
    router: ['172.20.1.2', '2001:db8:1::2'],
    relay: ['172.20.1.101', '2001:db8:1::101'],
  },
] as const

t.test('a router behind the passthru of each of two links', { skip }, async (t) => {
  const sandbox = await openSandbox(t)
  const [switchHost, router] = [await sandbox.namespace('switch'), await sandbox.namespace('router')]
  const devices = new Map<string, string>()
  for (const { link, passthru, ...at } of LINKS) {
    devices.set(link, sandbox.link(link)).set(passthru, sandbox.link(passthru))
    await cable({ namespace: null, device: sandbox.link(link) }, { namespace: switchHost, device: link }, MTU)
    const port = { namespace: router, device: passthru, mac: at.routerMac }
    await cable({ namespace: null, device: sandbox.link(passthru) }, port, MTU)
    await switchHost.ip(`addr add ${at.switch[0]}/24 dev ${link}`)
    await switchHost.ip(`addr add ${at.switch[1]}/64 dev ${link} nodad`)
    await router.ip(`addr add ${at.router[0]}/24 dev ${passthru}`)
    await router.ip(`addr add ${at.router[1]}/64 dev ${passthru} nodad`)
  }
  await startRelay(sandbox, exampleConfiguration('passthru.conf', devices))

  for (const { link, passthru, ...at } of LINKS) {
    for (const [index, family] of ['IPv4', 'IPv6'].entries()) {
      await t.test(`the router pings the switch across ${link} (${family})`, async (t) => {
        t.ok(await pingUntilAnswered(router, at.switch[index] ?? '', PATIENCE))
      })
      await t.test(`the switch pings the router across ${passthru} (${family})`, async (t) => {
        t.ok(await pingUntilAnswered(switchHost, at.router[index] ?? '', PATIENCE))
      })
      await t.test(`the router pings the relay's own address on ${link} (${family})`, async (t) => {
        t.ok(await pingUntilAnswered(router, at.relay[index] ?? '', PATIENCE))
      })
    }
    await t.test(`frames of the passthru's mtu cross ${passthru}`, async (t) => {
      const size = MTU - 28
      t.ok(await pingUntilAnswered(router, at.switch[0], PATIENCE, { size }))
    })
  }

  await t.test('the router learns who has which address, as on a cable', async (t) => {
    const { stdout } = await router.ip('neigh show')
    for (const [index, at] of LINKS.entries()) {
      t.match(stdout, `${at.relay[0]} dev ${at.passthru} lladdr 02:22:22:22:22:0${index}`)
      t.match(stdout, `${at.relay[1]} dev ${at.passthru} lladdr 02:22:22:22:22:0${index}`)
    }
  })
})
