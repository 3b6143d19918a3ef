// The configuration that the idea of passthru came with (examples/passthru.conf): two links to one
// switch, each with a port of the router behind its passthru.
import t from 'tap'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { skip } from './helper.js'
import { LINKS, openTwoLinks } from './two-links.js'

const PATIENCE = 10_000
const MTU = 9000

t.test('a router behind the passthru of each of two links', { skip }, async (t) => {
  const { switch: switchHost, router } = await openTwoLinks(t)

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
