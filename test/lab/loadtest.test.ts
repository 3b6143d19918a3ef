// `lwaftr loadtest` against a relay: what it sends comes back through the softwires, and what does not is counted.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CommandError, ip } from '../../src/lab/exec.js'
import { ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'
import { openSandbox, skip } from './helper.js'
import { counters } from './peers.js'

const ROUTER = { mac: '02:00:00:00:aa:01', ipv4: '172.20.9.1' }
const FAR_ROUTER = { mac: '02:00:00:00:aa:02', ipv4: '172.20.9.2' }
const PATIENCE = 10_000

interface Wiring {
  readonly device: string
  readonly externalDevice?: string
  readonly passthru?: string
  /** In front of each address's leaves. */
  readonly vlan?: { readonly external: number; readonly internal: number; readonly passthru: number }
}

function configuration({ device, externalDevice, passthru, vlan }: Wiring): string {
  const tag = (side: 'external' | 'internal' | 'passthru') => (vlan ? `vlan-tag ${vlan[side]};` : '')
  const softwire = (ipv4: string, psid: number, b4: string, length: number, reserved: number) =>
    `softwire { ipv4 ${ipv4}; psid ${psid}; b4-ipv6 ${b4}; br-address 2001:db8:ffff::100;
       port-set { psid-length ${length}; reserved-ports-bit-count ${reserved}; } }`
  return `softwire-config {
    instance {
      device ${device};
      ${externalDevice ? `external-device ${externalDevice};` : ''}
      queue {
        id 0;
        external-interface { ip 172.20.0.100; mac 02:22:22:22:22:01; ${tag('external')} next-hop { ip 172.20.0.1; } }
        internal-interface { ip 2001:db8::100; mac 02:22:22:22:22:02; ${tag('internal')} next-hop { ip 2001:db8::1; } }
        ${passthru ? `passthru-interface { device ${passthru}; mac ${ROUTER.mac}; ${tag('passthru')} }` : ''}
      }
    }
    external-interface { mtu 1500; }
    internal-interface { mtu 1540; }
    binding-table {
      ${softwire('193.5.1.1', 0, '2001:db8:b4:1::', 0, 0)}
      ${softwire('193.5.1.2', 3, '2001:db8:b4:2::3', 6, 0)}
      ${softwire('193.5.1.2', 4, '2001:db8:b4:2::9', 6, 0)}
      ${softwire('193.5.1.3', 63, '2001:db8:b4:3::', 6, 6)}
    }
  }`
}

interface Report {
  readonly duration: number
  readonly loss: number
  readonly unexpected: number
  readonly encap: Direction
  readonly decap: Direction
}
interface Direction {
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly duplicates: number
  readonly 'latency-us': Record<string, number> | null
}

/** A relay here, cabled to a tester's namespace. */
async function bench(t: Test, how: Pick<Wiring, 'vlan'> & { two?: boolean; passthru?: boolean } = {}) {
  const { two = false, passthru = false, ...wiring } = how
  const sandbox = await openSandbox(t)
  const tester = await sandbox.namespace('tester')
  const link = async (role: string) => {
    await cable({ namespace: null, device: sandbox.link(role) }, { namespace: tester, device: role }, 1600)
    return sandbox.link(role)
  }
  const text = configuration({
    ...wiring,
    device: await link('in'),
    ...(two && { externalDevice: await link('out') }),
    ...(passthru && { passthru: sandbox.link('rr') }),
  })
  const relay = await startRelay(sandbox, text)
  const conf = join(sandbox.folder, 'relay.conf')
  const words = ['--device', 'in', ...(two ? ['--external-device', 'out'] : []), '--conf', conf]
  return { sandbox, tester, relay, words }
}

async function loadtest(tester: Namespace, words: readonly string[]): Promise<Report> {
  const { stdout } = await tester.exec(process.execPath, [
    join(root, 'bin/lwaftr'),
    'loadtest',
    '--json',
    ...words,
  ])
  return JSON.parse(stdout) as Report
}

/** Nothing lost, nothing twice, and as many as two seconds have. */
function crossedWhole(t: Test, { encap, decap, loss, unexpected }: Report, each: number): void {
  for (const [name, direction] of Object.entries({ encap, decap })) {
    t.match(direction, { lost: 0, duplicates: 0, sent: direction.received }, name)
    t.ok(direction.sent > 0.8 * each && direction.sent <= 1.01 * each, `${name}: ${direction.sent} sent`)
    const { p50 = 0, max = 0 } = direction['latency-us'] ?? {}
    t.ok(p50 > 0 && max >= p50, `${name}: latency ${JSON.stringify(direction['latency-us'])}`)
  }
  t.match({ loss, unexpected }, { loss: 0, unexpected: 0 })
}

t.test('both directions cross a relay on a stick, all of them, and are counted', { skip }, async (t) => {
  const { tester, relay, words } = await bench(t)
  const before = await counters(relay)
  const report = await loadtest(tester, [...words, '--rate', '0.01', '-D', '2'])
  crossedWhole(t, report, 10_000)
  const after = await counters(relay)
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  // The warm-up is not in the report.
  const warmUp = grown('in-ipv4-packets') - report.encap.sent
  t.ok(warmUp > 0 && warmUp < 1000, `${warmUp} packets of warm-up`)
  t.equal(grown('in-ipv4-packets'), grown('out-ipv6-packets'), 'the relay has seen what it says')
})

t.test('on VLANs of their own, and on two interfaces', { skip }, async (t) => {
  const vlan = { external: 10, internal: 20, passthru: 30 }
  for (const wiring of [{ vlan }, { two: true, vlan }]) {
    await t.test(JSON.stringify(wiring), async (t) => {
      const { sandbox, tester, words } = await bench(t, wiring)
      crossedWhole(
        t,
        await loadtest(tester, [...words, '--rate', '0.004', '-D', '1', '--size', '60,1474']),
        2_000,
      )
      await sandbox.close()
    })
  }
})

t.test('what the relay has no softwire for is lost, and only that', { skip }, async (t) => {
  const { tester } = await bench(t)
  const given = [
    '--device',
    'in',
    '--dst-mac',
    '02:22:22:22:22:01,02:22:22:22:22:02',
    '--br',
    '2001:db8:ffff::100',
  ]
  // PSIDs 1 to 4 of 193.5.1.2 with B4s ::1 to ::4: the relay knows 3 and 4, 4 with another B4.
  const b4s = ['--b4', '2001:db8:b4:2::1,193.5.1.2,1024', '--count', '4']
  const next = ['--next-hop', '172.20.0.1,2001:db8::1', '--rate', '0.004', '-D', '1']
  const { encap, decap, unexpected } = await loadtest(tester, [...given, ...b4s, ...next])
  const lost = ({ sent, lost }: Direction) => Math.round((100 * lost) / sent)
  t.equal(encap.sent, encap.received + encap.lost)
  t.equal(lost(encap), 50, 'encap: two of four have a softwire')
  t.equal(lost(decap), 75, 'decap: one of four comes from the B4 it belongs to')
  t.ok(unexpected > 0, 'of which the relay tells by ICMP')
})

t.test('a live line each second, and a summary after Ctrl-C', { skip }, async (t) => {
  const { tester, words } = await bench(t)
  const child = tester.lwaftr(['loadtest', ...words, '--rate', '0.01'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const ended = once(child, 'close')
  await new Promise<void>((resolve) =>
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.split('\n').length > 2) resolve()
    }),
  )
  // It is a grandchild: `ip netns exec` becomes it.
  child.kill('SIGINT')
  const [code] = await ended
  t.equal(code, 0)
  const [first = '', second = '', ...rest] = said.split('\n')
  const line =
    /^v6\+v4: 0\.00\d\+0\.00\d = 0\.0\d\d Mpps, 0\.0\d\d\+0\.0\d\d = 0\.0\d\d Gbps, lost \d+\.\d{3}%$/
  t.match(first, line)
  t.match(second, line)
  t.match(rest.join('\n'), /\d s, 0\.0\d\d Mpps offered, lost 0\.000%\nencap: .*\ndecap: .* latency p50 /)
})

t.test('the highest rate without loss is searched for', { skip }, async (t) => {
  const { tester, words } = await bench(t)
  const report = (await loadtest(tester, [
    ...words,
    '--rate',
    '0.004',
    '--search',
    '--trial',
    '0.5',
  ])) as unknown as {
    best: Report | null
    trials: { 'asked-mpps': number; loss: number }[]
  }
  t.match(report.trials, [{ 'asked-mpps': 0.004, loss: 0 }], 'the highest asked for passes')
  t.match(report.best, { loss: 0 })
})

t.test(
  'a passthru of its own reaches the router behind the relay while the load goes on',
  { skip },
  async (t) => {
    const vlan = { external: 10, internal: 20, passthru: 30 }
    const { sandbox, tester, words } = await bench(t, { passthru: true, vlan })
    const router = await sandbox.namespace('router')
    const [ours, theirs] = [sandbox.link('rr'), 'far']
    await sandbox.namespace('far').then(async (far) => {
      await attach(router, ours, ROUTER.ipv4)
      const load = [...words, '--rate', '0.01', '--pass-device', theirs, '--pass-mac', FAR_ROUTER.mac]
      const child = tester.lwaftr(['loadtest', '--json', ...load, '-D', '4'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      const ended = once(child, 'close')
      await untilThere(tester, theirs)
      await tester.ip(`link set ${theirs} netns ${far.name}`)
      await far.ip(`addr add ${FAR_ROUTER.ipv4}/24 dev ${theirs}`)
      await far.ip(`link set ${theirs} up`)
      t.type(await pingUntilAnswered(far, ROUTER.ipv4, PATIENCE), 'number', 'from the far router')
      t.match(await ping(router, FAR_ROUTER.ipv4, { size: 1400 }), { received: 3 }, 'and back')
      t.match(await ping(far, ROUTER.ipv4, { count: 50, interval: 0.01 }), { received: 50 })
      await ended
      t.match(JSON.parse(said), { loss: 0 }, 'and the load lost nothing by it')
      t.notMatch((await far.ip('link')).stdout, theirs, 'its TAP goes with it')
    })
  },
)

t.test('what cannot work is said', { skip }, async (t) => {
  const { tester, words } = await bench(t)
  const refused = async (more: readonly string[], expected: RegExp) =>
    t.rejects(loadtest(tester, [...words, ...more, '-D', '1']), {
      message: expected,
      constructor: CommandError,
    })
  await refused(['--size', '1600'], /device in: its MTU 1600 is below the largest packet's 1626/)
  await refused(['--external-device', 'lo'], /its first instance is on a stick/)
  await refused(['--pass-device', 'xe0'], /--pass-device and --pass-mac need each other/)
  writeFileSync(join(tester.sandbox.folder, 'empty.conf'), 'softwire-config { }')
  await refused(['--conf', join(tester.sandbox.folder, 'empty.conf')], /it has no instance with a queue/)
  await t.rejects(loadtest(tester, ['--device', 'in']), {
    message: /without --conf, --b4, --br and --dst-mac/,
  })
})

async function attach(host: Namespace, device: string, ipv4: string): Promise<void> {
  await ip(`link set ${device} netns ${host.name}`)
  await host.ip(`addr add ${ipv4}/24 dev ${device}`)
  await host.ip(`link set ${device} up`)
}

async function untilThere(host: Namespace, device: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    if ((await host.ip('link')).stdout.includes(` ${device}:`)) return
  }
  throw new Error(`${device} did not appear`)
}
