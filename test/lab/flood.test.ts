// Floods: of softwire packets, twice what the relay carries, under which BFD at 3 × 100 ms between two BIRDs, through the
// passthru, stays Up; and from the passthru device, under which softwires go on.
//
// Where a flood begins depends on the machine: the relay of the first test also samples every packet, which makes it three
// to send, so that a few generators offer more than it can take. They do not take what comes back: a tester does, and the
// part of its packets that is lost is everybody's. BIRD goes before all else, as on a router; and since a machine may be
// too busy for anybody's BFD, the two have a session by a cable of their own as well. Where that one does not stay Up,
// the relay is not to blame; nor where others had its CPU.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { continuousPing } from '../../src/lab/ping.js'
import { startRelay } from '../../src/lab/relay.js'
import { cable, type Namespace, type Sandbox } from '../../src/lab/sandbox.js'
import { processesOf } from '../../src/lab/sweep.js'
import { root } from '../../src/root.js'
import { type BfdSession, Bird, noBird } from './bird.js'
import { long, openSandbox, skip } from './helper.js'
import { counters } from './peers.js'

const SECONDS = long ? 60 : 6
/** Part of the time that the relay's thread may wait for a CPU, and still be judged. */
const STARVED = 0.3
/** What makes the relay dearer than its generators, which share its CPUs. */
const FILTER_TERMS = 2000
const PATIENCE = 10_000
const TESTER = '02:00:00:00:00:77'
const NOBODY = '02:00:00:00:00:78'
/** Of the generators: the relay answers the tester. */
const FLOODERS = ['81', '82', '83', '84', '85'].slice(0, long ? 5 : 2).map((byte) => `02:00:00:00:00:${byte}`)
const ROUTER = { mac: '02:00:00:00:aa:01', ipv4: '172.20.0.2', ipv6: '2001:db8::2' }
const SWITCH = { ipv4: '172.20.0.1', ipv6: '2001:db8::1' }
const RELAY_MAC = '02:22:22:22:22:00'
/** Of the cable between the two. */
const DIRECT = { network: '172.20.1.1', router: '172.20.1.2' }
const BR = '2001:db8:ffff::100'

/** An ingress filter that refuses nobody and reads as many sender's addresses as a relay's list of outlaws may hold. */
function longFilter(terms: number): string {
  const address = (n: number) => `02:00:00:01:${(n >> 8).toString(16)}:${(n & 255).toString(16)}`
  return Array.from({ length: terms }, (_, n) => `not ether src ${address(n)}`).join(' and ')
}

function configuration(device: string, passthru: string, more: string, filter: string): string {
  const policy = filter === '' ? '' : `ingress-filter "${filter}";`
  const side = (ip: string) => `{ ip ${ip}; mac ${RELAY_MAC}; next-hop { mac ${TESTER}; } }`
  return `softwire-config {
    instance {
      device ${device};
      queue {
        id 0;
        external-interface ${side('172.20.0.100')}
        internal-interface ${side('2001:db8::100')}
        passthru-interface { device ${passthru}; mac ${ROUTER.mac}; ${more} }
      }
    }
    external-interface { ${policy} }
    internal-interface { ${policy} }
    binding-table {
      softwire { ipv4 193.5.1.1; psid 0; b4-ipv6 2001:db8:b4::1; br-address ${BR}; port-set { psid-length 0; } }
    }
  }`
}

/** Across the relay by `device`, and by a cable without it. */
function bfd(routerId: string, device: string, neighbours: readonly string[], direct: string): string {
  const often = 'min rx interval 100 ms; min tx interval 100 ms; multiplier 3;'
  return `router id ${routerId};
    protocol device { }
    protocol bfd {
      interface "${device}" { ${often} };
      interface "cable" { ${often} };
      ${neighbours.map((address) => `neighbor ${address} dev "${device}";`).join('\n')}
      neighbor ${direct} dev "cable";
    }`
}

interface Direction {
  readonly received: number
}
interface Report {
  readonly 'offered-mpps': number
  readonly loss: number
  readonly encap: Direction
  readonly decap: Direction
}

async function loadtest(host: Namespace, words: string): Promise<Report> {
  const lwaftr = [join(root, 'bin/lwaftr'), 'loadtest', '--driver', 'af-packet', '--json']
  const { stdout } = await host.exec(
    process.execPath,
    [...lwaftr, ...words.split(' ')],
    (SECONDS + 60) * 1000,
  )
  return JSON.parse(stdout) as Report
}

/** Nanoseconds for which the relay's thread has waited for a CPU (proc(5): schedstat). */
function waited(sandbox: Sandbox): number {
  const tasks = processesOf(sandbox.id, 'worker').flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`),
  )
  const thread = tasks.find((task) => readFileSync(join(task, 'comm'), 'utf8').startsWith('lwaftr-queue'))
  if (thread === undefined) throw new Error('the worker has no queue thread')
  return Number(readFileSync(join(thread, 'schedstat'), 'utf8').split(' ')[1])
}

/** Milliseconds until generators that nobody answers stop waiting for an answer, and send. */
const WARM_UP = 6_000

/** A relay between a switch and a router behind its passthru, nobody else. */
async function wire(t: Test, more = '', filter = '') {
  const sandbox = await openSandbox(t)
  const [network, router] = [await sandbox.namespace('switch'), await sandbox.namespace('router')]
  const [link, passthru] = [sandbox.link('link'), sandbox.link('rr')]
  await cable({ namespace: null, device: link }, { namespace: network, device: 'relay' }, 1600)
  await cable(
    { namespace: null, device: passthru },
    { namespace: router, device: 'eth0', mac: ROUTER.mac },
    1600,
  )
  for (const [host, device, { ipv4, ipv6 }] of [
    [network, 'relay', SWITCH],
    [router, 'eth0', ROUTER],
  ] as const) {
    await host.ip(`addr add ${ipv4}/24 dev ${device}`)
    await host.ip(`addr add ${ipv6}/64 dev ${device} nodad`)
  }
  const relay = await startRelay(sandbox, configuration(link, passthru, more, filter))
  return { sandbox, network, router, relay, conf: join(sandbox.folder, 'relay.conf') }
}

t.test(
  'BFD through the passthru stays Up under a flood of softwire packets',
  { skip: skip || noBird },
  async (t) => {
    const filter = long ? longFilter(FILTER_TERMS) : ''
    const { sandbox, network, router, conf } = await wire(t, 'sample-rate 1;', filter)
    await cable({ namespace: network, device: 'cable' }, { namespace: router, device: 'cable' }, 1500)
    await network.ip(`addr add ${DIRECT.network}/24 dev cable`)
    await router.ip(`addr add ${DIRECT.router}/24 dev cable`)
    const birds = [
      Bird.start(network, bfd('172.20.0.1', 'relay', [ROUTER.ipv4, ROUTER.ipv6], DIRECT.router)),
      Bird.start(router, bfd('172.20.0.2', 'eth0', [SWITCH.ipv4, SWITCH.ipv6], DIRECT.network)),
    ] as const
    await Promise.all(birds.map((bird) => bird.bfdUp(3, PATIENCE)))
    const words = `--device relay --conf ${conf} --size ${long ? 1400 : 60}`
    const floods = FLOODERS.map((mac) =>
      loadtest(network, `${words} --src-mac ${mac} --rate 5 -D ${SECONDS + 6}`),
    )
    await sleep(WARM_UP)
    const pinging = continuousPing(router, SWITCH.ipv4, { interval: 0.05 })
    const before = (await Promise.all(birds.map((bird) => bird.bfdUp(3, PATIENCE)))).flat()
    t.match(before, Array(6).fill({ state: 'Up' }))
    const waitedBefore = waited(sandbox)
    const tester = await loadtest(network, `${words} --rate 0.01 -D ${SECONDS}`)
    const starved = (waited(sandbox) - waitedBefore) / 1e9 / SECONDS
    const after = (await Promise.all(birds.map((bird) => bird.bfdSessions()))).flat()
    const pings = await pinging.stop()
    const all = [tester, ...(await Promise.all(floods))]
    const offered = all.reduce((sum, report) => sum + report['offered-mpps'], 0)
    t.comment(
      `${offered.toFixed(3)} Mpps offered, ${tester.loss} % lost; ${pings.average} ms a ping through the passthru, ` +
        `the relay waited ${starved.toFixed(2)} of the time for a CPU`,
    )
    t.ok(tester.loss >= 10, 'more than the relay carries')
    if (long) {
      const few = tester.loss < 50 && `generators that share the relay's CPUs make it lose ${tester.loss} %`
      t.pass('twice as much as it carries', few ? { skip: few } : {})
    }
    t.ok(tester.encap.received > 0 && tester.decap.received > 0, 'which goes on carrying')
    t.equal(pings.missed, 0, `none of ${pings.received} pings through the passthru was lost`)
    const direct = (sessions: readonly BfdSession[]) =>
      sessions.filter(({ neighbour }) => Object.values(DIRECT).includes(neighbour))
    const title = `Up since before the last ${SECONDS} s`
    if (isDeepStrictEqual(after, before)) t.pass(title)
    else if (!isDeepStrictEqual(direct(after), direct(before)))
      t.pass(title, { skip: 'this machine is too busy for BFD on a bare cable' })
    else if (starved > STARVED) t.pass(title, { skip: 'others had the CPU of the relay' })
    else t.strictSame(after, before, title)
  },
)

t.test('softwires go on under a flood from the passthru device', { skip }, async (t) => {
  const { network, router, relay, conf } = await wire(t)
  const softwire = `--b4 2001:db8:b4::1,193.5.1.1,1024 --br ${BR} --dst-mac ${NOBODY}`
  const seconds = long ? 10 : 3
  const flood = loadtest(router, `--device eth0 ${softwire} --rate 5 --size 60 -D ${seconds + 5}`)
  await sleep(WARM_UP)
  const before = await counters(relay)
  const rate = '--rate 0.002 --size 60,594'
  const report = await loadtest(network, `--device relay --conf ${conf} ${rate} -D ${seconds}`)
  const after = await counters(relay)
  const passed = await flood
  t.ok(report.loss < 1, `${report.loss} % of the softwire packets were lost`)
  t.comment(`${passed['offered-mpps']} Mpps from the device; ${report.loss} % of softwire packets lost`)
  t.ok(
    (after.get('out-internal-packets') ?? 0) - (before.get('out-internal-packets') ?? 0) > 10_000,
    'it is a flood',
  )
})
