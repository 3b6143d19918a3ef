import t from 'tap'
import { configuration, entry, LIST, text, World } from './relay.js'

t.test('the configuration of a running relay, from the command line', async (t) => {
  const world = new World(t)
  const relay = await world.run()
  const ok = async (words: string[], input?: string) => {
    const result = await world.lwaftr(words, input)
    t.match(result, { code: 0, stderr: /^([+-] .*\n|lwaftr: nothing changed\n)*$/ }, words.join(' '))
    return result.stdout
  }

  t.equal(await ok(['get-config']), configuration, 'read as it was written')
  t.equal(await ok(['get-config', '--name', world.name, `${entry(1)}/b4-ipv6`]), '2001:db8:b4::1\n')
  t.equal(await ok(['get-config', '--url', relay.url, `${entry(1)}/b4-ipv6`]), '2001:db8:b4::1\n')
  t.equal(
    await ok(['get-config', 'snabb-softwire-v3:softwire-config/binding-table/softwire=193.5.1.100,1/psid']),
    '1\n',
  )
  t.equal(
    await ok(['get-config', '--format', 'xpath', `${entry(1)}/port-set`]),
    `${entry(1)}/port-set/psid-length 6\n`,
  )
  t.match(
    await ok(['get-config', '--format', 'xml']),
    /^<softwire-config xmlns="snabb:softwire-v3"><instance>.*\n$/,
  )
  t.match(
    await ok(['get-config', '--defaults', '/softwire-config/external-interface']),
    /^mtu 1460;\nmru 1460;\n/,
  )

  await ok(['add-config', LIST, text(2)])
  await ok(['add-config', LIST], `${text(3)}\n${text(4)}`)
  await ok(['set-config', `${entry(3)}/b4-ipv6`, '2001:DB8::3'])
  t.equal(await ok(['get-config', `${entry(3)}/b4-ipv6`]), '2001:db8::3\n')
  await ok([
    'set-config',
    entry(3),
    '{"padding": 3, "b4-ipv6": "2001:db8::33", "br-address": "2001:db8::1", "port-set": {"psid-length": 6}}',
  ])
  t.equal(await ok(['get-config', `${entry(3)}/padding`]), '3\n')
  await ok(['set-config', '/softwire-config/external-interface', 'mtu 1400;'])
  await ok(
    ['set-config', '/softwire-config/internal-interface'],
    '<internal-interface xmlns="snabb:softwire-v3"><mtu>1440</mtu></internal-interface>',
  )
  t.equal(await ok(['get-config', '/softwire-config/internal-interface']), 'mtu 1440;\n')
  await ok(['remove-config', entry(4)])
  t.equal(((await ok(['get-config', LIST])).match(/psid /g) ?? []).length, 3)

  for (const format of ['text', 'json', 'xml']) {
    const whole = await ok(['get-config', '--format', format])
    const file = world.file(`whole.${format}`, whole)
    await ok(['load-config', world.conf])
    t.equal(await ok(['get-config']), configuration)
    await ok(['load-config', file])
    t.equal(await ok(['get-config', '--format', format]), whole, `${format} comes back as it went`)
  }

  await ok(['load-config', '-'], configuration)
  t.equal(await ok(['get-config']), configuration, 'from a pipe')
  await ok(['remove-config', LIST])
  t.match(await world.lwaftr(['remove-config', LIST]), { code: 1, stderr: /does not exist/ }, 'none is left')

  const whole = JSON.parse(await ok(['get-state', '--format', 'json']))
  t.same(
    Object.keys(whole),
    ['snabb-softwire-v3:softwire-config', 'snabb-softwire-v3:softwire-state'],
    'what the server says of itself is printed only where it is asked for',
  )
  const state = JSON.parse(await ok(['get-state', '--format', 'json', '/softwire-state']))
  t.match(state['snabb-softwire-v3:softwire-state'], { 'in-ipv4-packets': /^\d+$/ })
  t.match(
    await ok(['get-state', '/softwire-config/instance[device=link0]/softwire-state/in-ipv4-packets']),
    /^\d+\n$/,
  )
})
