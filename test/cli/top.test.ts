// lwaftr top and monitor: what they show of a relay, what keys do, and that a terminal is given back as it was.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Client } from '../../src/cli/client.js'
import { frame, type Picture } from '../../src/cli/top/frame.js'
import { press, type View } from '../../src/cli/top/view.js'
import { looks } from '../../src/cli/watch/looks.js'
import { drops, ratesBetween } from '../../src/cli/watch/rates.js'
import type { InstanceView, RelayState } from '../../src/cli/watch/relay-state.js'
import { short } from '../../src/cli/watch/traffic.js'
import { root } from '../../src/root.js'
import { World } from './relay.js'

const VIEW: View = {
  counters: 'drops',
  order: 'rate',
  filter: '',
  typing: false,
  instance: undefined,
  paused: false,
  scroll: 0,
  interval: 1,
}

function instance(device: string, counters: Readonly<Record<string, number>>, cpuTime = 0): InstanceView {
  const hop = { ip: undefined, mac: '02:00:00:00:00:99', standing: 'announced' }
  const unresolved = { ip: '2001:db8::1', mac: undefined, standing: 'next-hop-unresolved' }
  const passthru = { device: 'int0', status: 'up', counters: new Map([['in-passthru-packets', 0n]]) }
  return {
    device,
    counters: new Map(Object.entries(counters).map(([name, value]) => [name, BigInt(value)])),
    queues: [
      { id: 0, cpuTime, ipv4: hop, ipv6: device === 'eth1' ? unresolved : hop },
      ...(device === 'eth1' ? [{ id: 1, cpuTime: 0, ipv4: hop, ipv6: hop, passthru }] : []),
    ],
  }
}

const BEFORE: RelayState = {
  time: 0,
  softwires: 1_000_000,
  instances: [
    instance('eth1', { 'in-ipv4-packets': 5 }),
    instance('eth2', { 'drop-ttl-zero-ipv4-packets': 1 }),
  ],
  alarms: [],
}
const NOW: RelayState = {
  time: 2000,
  softwires: 1_000_000,
  instances: [
    instance(
      'eth1',
      {
        'in-ipv4-packets': 2_469_005,
        'in-ipv4-bytes': 1_000_000_000,
        'out-ipv6-packets': 3000,
        'drop-no-dest-softwire-ipv4-packets': 20,
        'drop-no-dest-softwire-ipv4-bytes': 2000,
        'drop-all-ipv4-iface-packets': 20,
        'drop-runt-packets': 2,
      },
      860,
    ),
    instance('eth2', { 'drop-ttl-zero-ipv4-packets': 21, 'drop-all-ipv4-iface-packets': 20 }),
  ],
  alarms: [
    {
      resource: '',
      'alarm-type-id': 'lwaftr:next-hop-unresolved',
      'is-cleared': false,
      'perceived-severity': 'critical',
      'alarm-text': 'nobody answers for 2001:db8::1',
      'last-changed': '',
    },
  ],
}
const PICTURE: Picture = {
  title: 'lw1',
  before: BEFORE,
  now: NOW,
  at: new Date(2026, 0, 2, 3, 4, 5),
  problem: '',
}
const lines = (view: View, rows = 24) => frame(PICTURE, view, { columns: 80, rows }).map(({ text }) => text)

t.test('a relay on 80 columns and 24 rows', async (t) => {
  const shown = lines(VIEW)
  t.equal(shown.length, 24)
  for (const line of shown) t.equal(line.length, 80)
  t.equal(
    shown.map((line) => line.trimEnd()).join('\n'),
    `lwaftr lw1: 1,000,000 softwires                              03:04:05, every 1 s
critical: nobody answers for 2001:db8::1
TRAFFIC            packets/s         bit/s                               packets
IPv4 in                1.23M         4.00G                             2,469,005
IPv6 out               1.50k             0                                 3,000
IPv6 in                    0             0                                     0
IPv4 out                   0             0                                     0
hairpinned                 0             0                                     0
dropped                   21                                                  42
INSTANCE         Q  CPU IPV4 NEXT HOP     IPV6 NEXT HOP     PASSTHRU IN/s  OUT/s
eth1             0  43% 02:00:00:00:00:99 unresolved        -
eth1             1   0% 02:00:00:00:00:99 02:00:00:00:00:99 up          0      0
eth2             0   0% 02:00:00:00:00:99 02:00:00:00:00:99 -
DROPS BY REASON, by rate                                  /s               total
drop-ttl-zero-ipv4-packets                                10                  21
drop-no-dest-softwire-ipv4-packets                        10                  20
drop-runt-packets                                          1                   2






q quit  s sort  / filter  a all counters  i instance  space pause  + - interval`,
  )
})

t.test('keys choose what is shown', async (t) => {
  const after = (...names: string[]) =>
    names.reduce<View>((view, name) => {
      const next = press(view, { name, sequence: name }, 2)
      if (next === 'quit') throw new Error('it ended')
      return next
    }, VIEW)
  const listed = (...names: string[]) => {
    const shown = lines(after(...names))
    const list = shown.slice(shown.findIndex((line) => / by (rate|total|name)/.test(line)) + 1, -1)
    return list.map((line) => line.split(' ')[0]).filter((name) => name !== '')
  }
  t.same(listed('s', 's'), [
    'drop-no-dest-softwire-ipv4-packets',
    'drop-runt-packets',
    'drop-ttl-zero-ipv4-packets',
  ])
  t.same(listed('/', 't', 't', 'l'), ['drop-ttl-zero-ipv4-packets'])
  t.same(
    listed('/', 'q', 'backspace', 'r', 'u', 'n', 'return', 's'),
    ['drop-runt-packets'],
    'q is a letter there',
  )
  t.equal(listed('/', 'x', 'escape').length, 3)
  t.equal(listed('a')[0], 'in-ipv4-bytes')
  t.same(listed('i', 'i'), ['drop-ttl-zero-ipv4-packets'], 'only the second instance')
  t.match(lines(after('i'))[0], /, only eth1 /)
  t.same(after('i', 'i', 'i'), VIEW)
  t.match(lines(after('space'))[0], / paused /)
  t.equal(after('+').interval, 2)
  t.equal(after('-', '-', '-', '-').interval, 0.2)
  for (const key of [{ name: 'q' }, { name: 'c', ctrl: true }]) t.equal(press(VIEW, key, 2), 'quit')
  t.equal(press(after('/'), { name: 'c', ctrl: true }, 2), 'quit', 'whatever is being typed')
})

t.test('more than there is room for', async (t) => {
  const many = Array.from({ length: 40 }, (_, i) => instance(`eth${i + 10}`, { 'drop-runt-packets': i }))
  const crowded = { ...PICTURE, now: { ...NOW, instances: many } }
  const shown = frame(crowded, VIEW, { columns: 80, rows: 24 }).map(({ text }) => text.trimEnd())
  t.equal(shown.length, 24)
  t.equal(shown.filter((line) => /^eth/.test(line)).length + 1, 6)
  t.ok(shown.includes('and 35 more queues'))
  t.match(shown, [/softwires/], 'the drops are still there')
  t.ok(shown.some((line) => line.startsWith('drop-runt-packets ')))
  for (const [columns, rows] of [
    [20, 5],
    [1, 1],
    [300, 80],
  ] as const)
    t.equal(frame(crowded, VIEW, { columns, rows }).length, rows, `${columns}×${rows}`)
})

t.test('rates and drops', async (t) => {
  const rates = ratesBetween(
    new Map([['a', 10n]]),
    new Map([
      ['a', 4n],
      ['b', 6n],
    ]),
    2,
  )
  t.same(
    [...rates],
    [
      ['a', 2],
      ['b', 3],
    ],
    'a counter that began anew shows what came since',
  )
  for (const [value, text] of [
    [0, '0'],
    [0.5, '0.5'],
    [9.96, '10'],
    [123.4, '123'],
    [999.4, '999'],
    [999.6, '1.00k'],
    [12_340, '12.3k'],
    [1_234_567, '1.23M'],
    [123_456_789, '123M'],
    [4e18, '4000P'],
  ] as const)
    t.equal(short(value), text, `${value}`)
  const core = { 'drop-all-ipv6-iface-packets': 3n, 'drop-no-source-softwire-ipv6-packets': 3n }
  const others = { 'drop-wrong-vlan-packets': 2n, 'drop-inner-frag-packets': 1n, 'ingress-packet-drops': 4n }
  const parts = { 'drop-ipv4-frag-timeout': 5n, 'drop-all-ipv6-iface-bytes': 300n }
  t.equal(drops(new Map(Object.entries({ ...core, ...others, ...parts }))), 10, 'each packet once')
})

t.test('a relay that answers late is looked at again at once', async (t) => {
  const warnings: Error[] = []
  const hear = (warning: Error) => warnings.push(warning)
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  const client = { request: async () => Readable.from([Buffer.from('{ "ietf-restconf:data": {} }')]) }
  const late = async () => {
    await sleep(5)
    return client as unknown as Client
  }
  const all = looks(late, () => 0.001, t.fail)
  for (let look = 0; look < 3; look++) t.match((await all.next()).value, { softwires: 0 })
  // As Node.js does from 24 on of a wait for less than nothing, on what is then the operator's screen.
  t.same(warnings, [], 'nothing is said about it')
})

t.test('of a running relay', async (t) => {
  const world = new World(t)
  await world.run()
  const ended = await world.lwaftr(['monitor', '--count', '2', '--interval', '0.1'])
  t.match(ended, { code: 0, stderr: '' })
  t.match(
    ended.stdout,
    /^ +IPv4 in +IPv6 out +IPv6 in +IPv4 out dropped\ntime .*\n(\d\d:\d\d:\d\d( +[\d.]+k?){9}\n){2}$/,
  )
  const json = await world.lwaftr([
    'monitor',
    '--count',
    '1',
    '--interval',
    '0.1',
    '--format',
    'json',
    'in-arp',
  ])
  t.match(JSON.parse(json.stdout), { rates: { 'in-arp-request-packets': 0, 'in-arp-reply-bytes': 0 } })
  t.match(await world.lwaftr(['monitor', 'in-arpx']), { code: 1, stderr: /no counter is named like in-arpx/ })
  t.match(await world.lwaftr(['monitor', '--interval', '0']), { code: 2 })
  const plain = await world.lwaftr(['top', '--count', '2', '--interval', '0.1'])
  t.match(plain, { code: 0, stderr: '' })
  t.equal(plain.stdout.match(/^TRAFFIC /gm)?.length, 2)
  t.match(plain.stdout, /^lwaftr: 1 softwires /)
  t.match(plain.stdout, /^link0 +0 +\d+% \S+ +02:22:22:22:22:99 -$/m)
  t.notOk(plain.stdout.includes('quit') || plain.stdout.includes('\x1b'), 'nothing for a terminal')
  t.match(await world.lwaftr(['top', '--instance', 'link1']), { code: 1, stderr: /did you mean link0/ })

  const words = ['-qec', `echo $$ && exec ${join(root, 'bin/lwaftr')} top`, '/dev/null']
  const env = { ...world.environment, TERM: 'xterm' }
  const live = spawnSync('script', words, { input: 'q', env, encoding: 'utf8' })
  t.equal(live.status, 0)
  t.ok(live.stdout.includes('\x1b[?1049h'), 'a page of its own')
  t.ok(live.stdout.trimEnd().endsWith('\x1b[?25h\x1b[?1049l'), 'the terminal is given back')
  const killed = spawn('script', words, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  let shown = ''
  for await (const piece of killed.stdout.setEncoding('utf8')) {
    const drawn = shown.includes('TRAFFIC')
    shown += piece
    if (!drawn && shown.includes('TRAFFIC')) process.kill(Number.parseInt(shown, 10), 'SIGTERM')
  }
  t.ok(shown.trimEnd().endsWith('\x1b[?25h\x1b[?1049l'), 'also when it is killed')
})
