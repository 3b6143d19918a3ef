// FRR at both ends of a link of the relay: BGP and BFD, IS-IS and LLDP through the passthru, routes by vtysh.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BR_ADDRESS, INTERNET, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { pingUntilAnswered } from '../../src/lab/ping.js'
import { root } from '../../src/root.js'
import { capture, noTcpdump } from './capture.js'
import { Frr, noFrr } from './frr.js'
import { skip } from './helper.js'
import { nextHopsTo, putSoftwire, removeSoftwire, until } from './routes.js'
import { addEnds, LINKS, openTwoLinks } from './two-links.js'

const PATIENCE = 30_000
const DAEMONS = ['zebra', 'staticd', 'bgpd', 'bfdd', 'isisd']
const { whole } = SUBSCRIBERS
const SOFTWIRE = { ipv4: whole.ipv4, psid: 0, psidLength: 0, br: BR_ADDRESS, b4: '2001:db8:b4:1::2' }
/** Destination, source, EtherType; chassis id, port id, time to live 60 s, end. */
const LLDP = '0180c200000e020202020202' + '88cc' + '0207040202020202020404057377310602003c0000'
const example = (file: string) => readFileSync(join(root, 'examples/frr', file), 'utf8')

t.test('FRR at both ends', { skip: skip || noFrr }, async (t) => {
  const lab = await openTwoLinks(t)
  const { subscriber } = await addEnds(lab)
  const [{ relay: relayAt }] = LINKS
  const atSwitch = await Frr.start(lab.switch, DAEMONS, example('switch.conf'))
  const atRouter = await Frr.start(lab.router, DAEMONS, example('router.conf'))
  const device = lab.devices.get('link0') ?? ''
  // Other relays may run beside this one.
  const lwaftr = join(lab.sandbox.folder, 'lwaftr')
  const words = `${process.execPath} ${join(root, 'bin/lwaftr')} "$@" --name ${lab.relay.name}`
  writeFileSync(lwaftr, `#!/bin/sh\nexec ${words}\n`, { mode: 0o755 })
  const programs = `LWAFTR="${lwaftr}" VTYSH="${atRouter.vtysh}"`
  const script = join(root, 'examples/frr/follow-routes.sh')
  const follower = lab.sandbox.spawn('/bin/sh', ['-c', `${programs} exec ${script} ${device}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.teardown(() => follower.kill())
  const hops = (prefix: string) => nextHopsTo(lab.switch, prefix)

  await t.test('BGP and BFD come up for both families', async (t) => {
    const peers = ['172.20.0.2', '2001:db8::2']
    t.same(await until(() => atSwitch.established(), peers, PATIENCE), peers)
    const up = async () => (await atSwitch.says('show bfd peers')).match(/Status: up/g)?.length ?? 0
    t.equal(await until(up, 2, PATIENCE), 2)
  })

  await t.test('the switch forwards by the routes that the router was told', async (t) => {
    await putSoftwire(lab.relay, SOFTWIRE, 'replace')
    t.same(await until(() => hops(whole.ipv4), [relayAt[0]], PATIENCE), [relayAt[0]])
    t.same(await until(() => hops(BR_ADDRESS), [relayAt[1]], PATIENCE), [relayAt[1]])
    t.ok(await pingUntilAnswered(subscriber.host, INTERNET.ipv4, PATIENCE))
    const newcomer = { ...SOFTWIRE, ipv4: '198.18.0.1' }
    const begin = Date.now()
    await putSoftwire(lab.relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), [relayAt[0]], PATIENCE), [relayAt[0]])
    t.comment(`announced after ${Date.now() - begin} ms`)
    await removeSoftwire(lab.relay, newcomer)
    t.same(await until(() => hops(newcomer.ipv4), [], PATIENCE), [])
  })

  await t.test('an IS-IS adjacency forms through the passthru', async (t) => {
    const up = async () => / Up /.test(await atSwitch.says('show isis neighbor'))
    t.ok(await until(up, true, PATIENCE))
  })

  await t.test('LLDP frames reach the router', { skip: noTcpdump && 'no tcpdump' }, async (t) => {
    const seen = await capture(lab.router, 'int0', 'ether proto 0x88cc')
    const send = [
      'import socket',
      'link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)',
      'link.bind(("link0", 0))',
      `link.send(bytes.fromhex("${LLDP}"))`,
    ]
    await lab.switch.exec('python3', ['-c', send.join('\n')])
    t.match(await seen.until(/LLDP/), /LLDP/)
  })
})
