// A redundant pair: two relays, each with one link to a switch and a port of the router behind its passthru, which
// announces what each of them carries. The internet and the B4s are a load generator behind the switch, which routes
// by what it is told, over both relays at once.
//
//                     ┌─ link0 ─ relay 0 ─ int0 ─┐
//   tester ── switch ─┤                          ├ router
//                     └─ link1 ─ relay 1 ─ int1 ─┘
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { BR_ADDRESS, MTU } from '../../src/lab/addresses.js'
import { type Relay, startRelay } from '../../src/lab/relay.js'
import { cable, type Sandbox } from '../../src/lab/sandbox.js'
import { root } from '../../src/root.js'
import { Flows, TABLE } from '../flows.js'
import { Bird } from './bird.js'
import { follow, nextHopsTo } from './routes.js'
import { LINKS, type Links, layTwoLinks, routes } from './two-links.js'

const PREFIX = '193.5.1.0/26'
/** The load generator, and the switch before it. */
const TESTER = {
  mac: '02:00:00:00:00:aa',
  ipv4: '172.20.9.2',
  ipv6: '2001:db8:9::2',
  switch: { mac: '02:00:00:00:00:bb', ipv4: '172.20.9.1', ipv6: '2001:db8:9::1' },
  host: '198.18.0.1',
} as const

function configuration(number: 0 | 1, link: string, passthru: string): string {
  const at = LINKS[number]
  const side = (family: 0 | 1) =>
    `ip ${at.relay[family]}; mac 02:22:22:22:22:0${number}; next-hop { ip ${at.switch[family]}; }`
  return `softwire-config {
    instance {
      device ${link};
      queue {
        id 0;
        external-interface { ${side(0)} }
        internal-interface { ${side(1)} }
        passthru-interface { device ${passthru}; mac ${at.routerMac}; mtu 9000; }
      }
    }
    external-interface { mtu 1500; }
    internal-interface { mtu 1540; }
    ${TABLE}
  }`
}

/** Where the tester is plugged in: its interface. */
async function plugTester({ sandbox, switch: host }: Links): Promise<string> {
  const device = sandbox.link('tester')
  const port = { namespace: host, device: 'tester', mac: TESTER.switch.mac }
  await cable({ namespace: null, device }, port, MTU.link)
  await host.ip(`addr add ${TESTER.switch.ipv4}/24 dev tester`)
  await host.ip(`addr add ${TESTER.switch.ipv6}/64 dev tester nodad`)
  await host.ip(`route add ${TESTER.host}/32 via ${TESTER.ipv4}`)
  await host.ip(`-6 route add 2001:db8:b4::/48 via ${TESTER.ipv6}`)
  return device
}

/** One of the two. */
export class Half {
  private constructor(
    readonly number: 0 | 1,
    readonly device: string,
    readonly sandbox: Sandbox,
    readonly start: (build: string) => Promise<Relay>,
    public relay: Relay,
  ) {}

  static async start({ sandbox, devices }: Links, number: 0 | 1, words: readonly string[]): Promise<Half> {
    const { link, passthru } = LINKS[number]
    const device = devices.get(link) ?? ''
    const text = configuration(number, device, devices.get(passthru) ?? '')
    const state = ['--state-dir', join(sandbox.folder, `state${number}`)]
    const start = (build: string) =>
      startRelay(sandbox, text, { number, build, arguments: [...words, ...state] })
    return new Half(number, device, sandbox, start, await start(root))
  }

  /** Runs a command of this build against it to the end; its exit code and what it said. */
  async lwaftr(...words: string[]): Promise<{ code: number | null; said: string }> {
    const child = this.sandbox.lwaftr([...words, '--name', this.relay.name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, said }
  }

  /** Ends it by the signal, and starts another build. */
  async replace(signal: NodeJS.Signals, build: string): Promise<void> {
    this.relay.process.kill(signal)
    await this.relay.ended
    this.relay = await this.start(build)
  }
}

export interface Pair {
  readonly sandbox: Sandbox
  readonly halves: readonly [Half, Half]
  readonly flows: Flows
  readonly bird: Bird
  /** Addresses of the relays by which the switch reaches the softwires: of IPv4, of IPv6. */
  hops(): Promise<readonly [string[], string[]]>
}

/** `words` are further ones for `lwaftr run`. */
export async function openPair(t: Test, words: readonly string[]): Promise<Pair> {
  const links = await layTwoLinks(t)
  const { sandbox, switch: host, router } = links
  await routes(host)
  const tester = await plugTester(links)
  const halves = [await Half.start(links, 0, words), await Half.start(links, 1, words)] as const
  const example = (file: string) =>
    readFileSync(join(root, 'examples/bird', file), 'utf8').replaceAll('/etc/bird/', `${sandbox.folder}/`)
  const bird = Bird.start(host, example('switch.conf'))
  const announcing = Bird.start(router, example('router.conf'))
  for (const { relay, number, device } of halves) {
    const output = join(sandbox.folder, `lwaftr-link${number}.conf`)
    const run = `birdc -s ${announcing.socket} configure >/dev/null`
    follow(
      t,
      relay,
      [
        '--format',
        'bird',
        '--instance',
        device,
        '--table',
        `link${number}_`,
        '--output',
        output,
        '--run',
        run,
      ],
      sandbox,
    )
  }
  const flows = new Flows({ device: tester, ...TESTER, nextHopMac: TESTER.switch.mac })
  t.teardown(() => flows.stop())
  return {
    sandbox,
    halves,
    flows,
    bird,
    hops: async () => [await nextHopsTo(host, PREFIX), await nextHopsTo(host, BR_ADDRESS)],
  }
}
