// What `lwaftr loadtest` is asked for and cannot do, before a packet leaves.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadtestCommand } from '../../src/cli/commands/loadtest.js'
import { root } from '../../src/root.js'

async function refused(words: readonly string[]): Promise<string> {
  const command = loadtestCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  try {
    await command.parseAsync([...words], { from: 'user' })
    return 'taken'
  } catch (problem) {
    return (problem as Error).message
  }
}

const device = ['--device', 'lo', '--rate', '1']
const one = [
  ...device,
  '--dst-mac',
  '02:00:00:00:00:01',
  '--br',
  '2001:db8::1',
  '--b4',
  '2001:db8::2,192.0.2.1,1024',
]
const conf = [...device, '--conf', join(root, 'examples/two-interfaces.conf')]

for (const [words, message] of [
  [device, 'error: without --conf, --b4, --br and --dst-mac are needed'],
  [[...conf, '--br', '2001:db8::1'], 'error: --conf has the softwires: --b4 and --br do not fit'],
  [[...one, '--pass-device', 'lo'], 'error: --pass-device and --pass-mac need each other'],
  [
    [...one.slice(0, -1), '2001:db8::2,255.255.255.255,1024', '--count', '64'],
    'error: that many softwires go past the last address',
  ],
  [[...one, '--next-hop', '192.0.2.1'], /It is not IPV4,IPV6\.$/],
  [[...one, '--dst-mac', '01:00:00:00:00:01'], /It is not a MAC address of one station\.$/],
  [[...one, '--br', '192.0.2.1'], /It is not an IPv6 address\.$/],
  [[...one, '--size', '59'], /It must be a whole number from 60 to 10200\.$/],
  [[...one, '--device', 'none0'], 'device none0: there is no such network interface'],
] as const)
  t.test(words.slice(4).join(' ') || 'nothing', async (t) => {
    t.match(await refused(words), message)
  })

t.test('a configuration that has no softwires, or other links', async (t) => {
  const file = join(t.testdir(), 'relay.conf')
  const write = (softwires: string, external = '') =>
    writeFileSync(
      file,
      `softwire-config {
  binding-table { ${softwires} }
  external-interface {}
  internal-interface {}
  instance { device a; ${external} queue { id 0;
    external-interface { ip 10.0.0.1; mac 02:00:00:00:00:01; next-hop { mac 02:00:00:00:00:02; } }
    internal-interface { ip 2001:db8::1; mac 02:00:00:00:00:03; next-hop { mac 02:00:00:00:00:04; } } } }
}`,
    )
  const softwire =
    'softwire { ipv4 192.0.2.1; psid 1; b4-ipv6 2001:db8::2; br-address 2001:db8::1; port-set { psid-length 6; } }'
  const words = [...device, '--conf', file]
  write('')
  t.equal(await refused(words), `${file}: it has no softwires`)
  write(softwire)
  t.match(await refused([...words, '--external-device', 'lo']), /on a stick: --external-device does not fit$/)
  write(softwire, 'external-device b;')
  t.match(await refused(words), /has an external-device: --external-device is needed, too$/)
})
