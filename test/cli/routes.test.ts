// What `lwaftr routes` says to the daemons that announce routes, and that a follower ends up with what the relay says.
import t from 'tap'
import { formatOf } from '../../src/cli/routes/formats.js'
import { RouteTable } from '../../src/cli/routes/route-table.js'
import type { Route } from '../../src/config-server/announce/route.js'

function route(prefix: string, queue: number, nextHop?: string): Route {
  const ipv4 = !prefix.includes(':')
  return {
    prefix,
    'next-hop': nextHop ?? (ipv4 ? `172.20.${queue}.100` : `2001:db8:${queue}::100`),
    instance: `eth${queue}`,
    queue: 0,
    'address-family': ipv4 ? 'ipv4' : 'ipv6',
  }
}

const P = '193.5.1.0/24'
const B = 'fc00::100/128'

type Step = { announced?: Route[]; withdrawn?: Route[]; says: string[] }

/** What is said, step by step. */
function follow(format: ReturnType<typeof formatOf>, steps: readonly Step[]): string[][] {
  const table = new RouteTable()
  return steps.map(({ announced = [], withdrawn = [] }, n) => {
    const changes = { announced, withdrawn }
    table.apply(changes)
    return format
      .follow(table, changes, String(n), n === 0)
      .split('\n')
      .slice(0, -1)
  })
}

const exabgp: Step[] = [
  {
    announced: [route(P, 0), route(P, 1), route(B, 0)],
    says: [`announce route ${P} next-hop 172.20.0.100`, `announce route ${B} next-hop 2001:db8:0::100`],
  },
  { withdrawn: [route(P, 1)], says: [] },
  { announced: [route(P, 1)], says: [] },
  { withdrawn: [route(P, 0)], says: [`announce route ${P} next-hop 172.20.1.100`] },
  {
    withdrawn: [route(P, 1), route(B, 0)],
    says: [`withdraw route ${P} next-hop 172.20.1.100`, `withdraw route ${B} next-hop 2001:db8:0::100`],
  },
  {
    announced: [route('193.5.1.0/25', 0)],
    says: ['announce route 193.5.1.0/25 next-hop 172.20.0.100'],
  },
  {
    announced: [route(P, 0)],
    withdrawn: [route('193.5.1.0/25', 0)],
    says: [`announce route ${P} next-hop 172.20.0.100`, 'withdraw route 193.5.1.0/25 next-hop 172.20.0.100'],
  },
  { announced: [route(P, 0, '172.20.0.7')], says: [`announce route ${P} next-hop 172.20.0.7`] },
]

t.test('ExaBGP has one path to a prefix, and another when that one goes', async (t) => {
  t.same(
    follow(formatOf('exabgp', {}), exabgp),
    exabgp.map(({ says }) => says),
  )
})

t.test('ExaBGP with ADD-PATH has a path for each next hop', async (t) => {
  const [first, second, third] = follow(formatOf('exabgp', { addPath: true }), [
    { announced: [route(P, 0), route(P, 1)], says: [] },
    { withdrawn: [route(P, 0)], says: [] },
    { announced: [route(P, 0)], says: [] },
  ])
  t.equal(first?.length, 2)
  t.not(first?.[0]?.split('path-information')[1], first?.[1]?.split('path-information')[1])
  t.same(second, [first?.[0]?.replace('announce', 'withdraw')])
  t.same(third, [first?.[0]], 'the same path identifier again')
})

t.test('FRR has a static route for each next hop', async (t) => {
  const steps: Step[] = [
    {
      announced: [route(P, 0), route(P, 1), route(B, 0)],
      says: [
        `ip route ${P} 172.20.0.100 tag 7596`,
        `ip route ${P} 172.20.1.100 tag 7596`,
        `ipv6 route ${B} 2001:db8:0::100 tag 7596`,
      ],
    },
    { withdrawn: [route(P, 0)], says: [`no ip route ${P} 172.20.0.100 tag 7596`] },
    {
      announced: [route(P, 1, '172.20.1.7')],
      says: [`ip route ${P} 172.20.1.7 tag 7596`, `no ip route ${P} 172.20.1.100 tag 7596`],
    },
    { withdrawn: [route(P, 1)], says: [`no ip route ${P} 172.20.1.7 tag 7596`] },
  ]
  const wrapped = steps.map(({ says }) => ['configure terminal', ...says, 'end'])
  t.same(follow(formatOf('frr', {}), steps), wrapped)
})

t.test('BIRD has a file with a protocol for each family', async (t) => {
  const table = new RouteTable()
  table.apply({ announced: [route(P, 0), route(P, 1), route(B, 0)], withdrawn: [] })
  t.equal(
    formatOf('bird', {}).document(table, '17'),
    `# lwaftr routes, revision 17
protocol static lwaftr_ipv4 {
  ipv4;
  route 193.5.1.0/24 via 172.20.0.100 via 172.20.1.100;
}
protocol static lwaftr_ipv6 {
  ipv6;
  route fc00::100/128 via 2001:db8:0::100;
}
`,
  )
  t.match(
    formatOf('bird', { table: 'link', label: '03:00.0' }).document(new RouteTable(), '1'),
    'protocol static lwaftr_03_00_0_ipv6 {\n  ipv6 { table link6; };\n}\n',
  )
})

t.test('a follower that comes back compares the list with what stands', async (t) => {
  const table = new RouteTable()
  table.apply({ announced: [route(P, 0), route(P, 1), route(B, 0)], withdrawn: [] })
  t.same(table.changesTo([route(B, 0), route(P, 1), route(P, 0)]), { announced: [], withdrawn: [] })
  t.same(table.changesTo([route(P, 0, '172.20.0.7'), route(B, 0), route(B, 1)]), {
    announced: [route(P, 0, '172.20.0.7'), route(B, 1)],
    withdrawn: [route(P, 1)],
  })
})
