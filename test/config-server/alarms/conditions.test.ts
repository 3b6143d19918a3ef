// What is wrong with a relay, from its configuration and the state of its data plane.
import t from 'tap'
import { conditions } from '../../../src/config-server/alarms/conditions.js'
import type { InstanceState, QueueState } from '../../../src/dataplane/dataplane.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { instance, queue } from '../announce/queues.js'
import { minimal, schema } from '../helper.js'

const CONFIG = 'snabb-softwire-v3:softwire-config'
const AT = `/${CONFIG}/instance[device='eth0']`

const withPassthru = change((queue) => ({
  ...queue,
  'passthru-interface': { device: 'xe0', mac: '02:44:44:44:44:44' },
}))
const inIpv6 = change((queue) => ({
  ...queue,
  'internal-interface': { ...(queue['internal-interface'] as JsonObject), 'next-hop': { ip: '2001:db8::1' } },
}))

const unresolved = { status: 'unresolved', mac: null } as const
const probing = { status: 'probing', mac: '02:00:00:00:00:01' } as const

/** What is there, and what is wrong then: `TYPE RESOURCE-BELOW-INSTANCE`, `?` before what cannot be told. */
const table: readonly {
  title: string
  config?: JsonObject
  state: InstanceState[]
  restarted?: string[]
  says: string[]
}[] = [
  { title: 'nothing', state: [up({})], says: [] },
  {
    title: 'before the data plane has anything to say nothing is judged',
    state: [],
    says: [
      '? worker-failed ',
      '? link-down /device',
      '? next-hop-unresolved /queue[id=0]/external-interface/next-hop',
    ],
  },
  {
    title: 'a next hop that does not answer',
    state: [up({ externalNextHop: unresolved })],
    says: ['next-hop-unresolved /queue[id=0]/external-interface/next-hop'],
  },
  {
    title: 'a next hop that is asked again is still good',
    state: [up({ externalNextHop: probing })],
    says: [],
  },
  {
    title: 'a next hop that is a MAC is never asked',
    state: [up({ internalNextHop: unresolved })],
    says: [],
  },
  {
    title: 'the IPv6 side, too',
    config: inIpv6,
    state: [up({ internalNextHop: unresolved })],
    says: ['next-hop-unresolved /queue[id=0]/internal-interface/next-hop'],
  },
  {
    title: 'nobody answers over a link that is down: that is one alarm',
    state: [up({ externalLinkUp: false, internalLinkUp: false, externalNextHop: unresolved })],
    says: ['link-down /device', '? next-hop-unresolved /queue[id=0]/external-interface/next-hop'],
  },
  {
    title: 'a worker that is down sees nothing else',
    config: withPassthru,
    state: [instance('eth0', [queue(0, { internalLinkUp: false, passthruLinkUp: false })], 'down')],
    says: [
      'worker-failed ',
      '? link-down /device',
      '? next-hop-unresolved /queue[id=0]/external-interface/next-hop',
      '? passthru-down /queue[id=0]/passthru-interface',
    ],
  },
  { title: 'a worker that came back', state: [up({})], restarted: ['eth0'], says: ['worker-failed '] },
  {
    title: 'a passthru device that is absent',
    config: withPassthru,
    state: [up({ passthruLinkUp: false })],
    says: ['passthru-down /queue[id=0]/passthru-interface'],
  },
  {
    title: 'a passthru device that is there',
    config: withPassthru,
    state: [up({ passthruLinkUp: true })],
    says: [],
  },
  {
    title: 'each of two devices has its own link',
    config: withExternal(),
    state: [{ ...up({ externalLinkUp: false }), externalDevice: 'eth1' }],
    says: ['link-down /external-device'],
  },
]

for (const { title, config = minimal, state, restarted = [], says } of table)
  t.test(title, async (t) => {
    const found = conditions(schema, { config, state: { instances: state }, restarted: new Set(restarted) })
    const wrong = found.filter(({ problem }) => problem !== null)
    const short = wrong.map(({ type, resource, problem }) => {
      t.ok(resource.startsWith(AT))
      const below = resource.slice(AT.length).replaceAll("'", '')
      return `${problem === 'unknown' ? '? ' : ''}${type} ${below}`
    })
    t.same(short, says)
  })

t.test('the text says who does not answer, where, and what it costs', async (t) => {
  const state = { instances: [up({ externalNextHop: unresolved })] }
  const found = conditions(schema, { config: minimal, state, restarted: new Set() })
  t.match(
    found.find(({ type }) => type === 'next-hop-unresolved'),
    {
      problem: {
        severity: 'critical',
        text: "IPv4 next hop 172.20.0.1 of queue 0 of eth0 does not answer ARP; the queue's routes are withdrawn",
      },
    },
  )
})

function up(more: Partial<QueueState>): InstanceState {
  return instance('eth0', [queue(0, more)])
}

type Instance = { queue: JsonObject[] } & Record<string, JsonObject[] | string>

function change(edit: (queue: JsonObject) => JsonObject): JsonObject {
  const { [CONFIG]: config } = structuredClone(minimal) as unknown as {
    [CONFIG]: { instance: Instance[] }
  }
  for (const one of config.instance) one.queue = one.queue.map(edit)
  return { [CONFIG]: config } as unknown as JsonObject
}

function withExternal(): JsonObject {
  const { [CONFIG]: config } = structuredClone(minimal) as unknown as {
    [CONFIG]: { instance: Instance[] }
  }
  for (const one of config.instance) one['external-device'] = 'eth1'
  return { [CONFIG]: config } as unknown as JsonObject
}
