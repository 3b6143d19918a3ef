// Two relays that are the same to Ann, who has one instance and one IPv4 address, and different in all that is others':
// softwires, instances, settings, users, rules, traffic, alarms, and what is committed while she asks.
import type { Test } from 'tap'
import type { JsonObject } from '../../../src/schema/json-types.js'
import type { Random } from '../../schema/random.js'
import { bearer, user } from '../access/users.js'
import { minimal, softwire, state } from '../helper.js'
import { type Client, listening } from '../websocket/client.js'

export type Relay = Awaited<ReturnType<typeof listening>> & {
  /** Ann's: it follows all that she can be told at once. */
  readonly follower: Client
}

const P = '/snabb-softwire-v3:softwire-config'
const LIST = `${P}/binding-table/softwire`
const config = minimal['snabb-softwire-v3:softwire-config'] as JsonObject
const [eth0] = config.instance as JsonObject[]

const rule = (name: string, action: string, path: string, operations = '*') => ({
  name,
  action,
  path,
  'access-operations': operations,
})

/** How somebody is confined to an instance and an address: by what is permitted, or by what is not. */
export const POLICIES = {
  'nothing but what a rule names': {
    'read-default': 'deny',
    rule: [
      rule('instance', 'permit', `${P}/instance[device='eth0']`),
      rule('softwires', 'permit', `${LIST}[ipv4='10.0.0.1']`),
      rule('sides', 'permit', `${P}/external-interface`),
      rule('history', 'permit', '/lwaftr:history', 'read'),
      { name: 'streams', action: 'permit', 'notification-name': '*', 'module-name': 'lwaftr' },
      rule('library', 'permit', '/ietf-yang-library:yang-library', 'read'),
    ],
  },
  'all but what a rule keeps from her': {
    'read-default': 'permit',
    rule: [
      rule('instance', 'permit', `${P}/instance[device='eth0']`),
      rule('instances', 'deny', `${P}/instance`),
      rule('softwires', 'permit', `${LIST}[ipv4='10.0.0.1']`),
      rule('others', 'deny', LIST),
      rule('sides', 'permit', `${P}/external-interface`),
      rule('name', 'deny', `${P}/name`),
      rule('users', 'deny', '/lwaftr:config-server'),
      // Sums over all instances, and what is made of all softwires.
      rule('sums', 'deny', '/snabb-softwire-v3:softwire-state'),
      rule('routes', 'deny', '/lwaftr:routes'),
      rule('alarms', 'deny', '/ietf-alarms:alarms'),
    ],
  },
} as const
export type PolicyName = keyof typeof POLICIES

/** What is others' in one of the relays: nothing of it is the same in the other. */
interface Others {
  readonly device: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly psidLength: number
}

const OTHERS: readonly Others[] = [
  { device: 'eth1', name: 'one', addresses: ['10.0.0.2', '10.0.0.3'], psidLength: 6 },
  { device: 'eth2', name: 'two', addresses: ['10.0.0.4'], psidLength: 3 },
]

function configuration(policy: PolicyName, others: Others): JsonObject {
  const { rule, 'read-default': readDefault } = POLICIES[policy]
  const mine = [1, 2, 3].map((psid) => softwire('10.0.0.1', psid))
  const theirs = others.addresses.flatMap((address) =>
    [1, 2, 3, 4, 5].map((psid) =>
      softwire(address, psid, { 'port-set': { 'psid-length': others.psidLength } }),
    ),
  )
  return {
    'snabb-softwire-v3:softwire-config': {
      ...config,
      name: others.name,
      instance: [eth0 as JsonObject, { ...eth0, device: others.device }],
      'binding-table': { softwire: [...mine, ...theirs] },
    },
    'lwaftr:config-server': {
      user: [
        user('ann', { group: ['confined'] }),
        user('root', { group: ['administrators'] }),
        user(others.name),
      ],
    },
    'ietf-netconf-acm:nacm': {
      'read-default': readDefault,
      'rule-list': [
        {
          name: 'administrators',
          group: ['administrators'],
          rule: [{ name: 'all', action: 'permit' }],
        },
        { name: others.name, group: [others.name], rule: [{ name: 'x', action: 'deny' }] },
        { name: 'l', group: ['confined'], rule: [...rule] },
      ],
    },
  }
}

/** Something is wrong with others' instance in both relays, as everybody may know, and not the same. */
function traffic({ device, addresses }: Others) {
  const [instance] = state.instances
  const [queue] = instance.queues
  const counters = new Map([['in-ipv4-packets', BigInt(addresses.length) * 1000n]])
  const up = addresses.length > 1
  const other = { ...queue, counters, externalLinkUp: up, carries: { ipv4: false, ipv6: true } }
  const nextHop = { externalNextHop: { status: 'unresolved', mac: null } } as const
  return { instances: [instance, { ...instance, device, queues: [up ? { ...other, ...nextHop } : other] }] }
}

export async function twoRelays(t: Test, policy: PolicyName) {
  const relays: Relay[] = []
  for (const others of OTHERS) {
    const relay = await listening(t, configuration(policy, others))
    relay.dataplane.become(traffic(others))
    const follower = await relay.connect({ headers: bearer('ann') })
    for (const stream of ['config', 'binding-table']) await follower.subscribe({ stream })
    relays.push({ ...relay, follower })
  }
  /** Relays have something of others' changed, by an administrator who says what: both, or one of them only. */
  const commitElsewhere = async (random: Random, which: readonly number[]) => {
    const [psid, kind] = [random.below(8), random.below(4)]
    for (const [i, others] of OTHERS.entries()) {
      if (!which.includes(i)) continue
      const address = others.addresses[0] as string
      const target = `/snabb-softwire-v3:softwire-config/binding-table/softwire=${address},${psid}`
      const value = softwire(address, psid, {
        'port-set': { 'psid-length': others.psidLength },
        'b4-ipv6': `2001:db8:${i + 1}::${random.below(65536).toString(16)}`,
      })
      const edits = [
        { operation: 'replace', target, value: { 'snabb-softwire-v3:softwire': [value] } },
        { operation: 'remove', target: `${target}/padding` },
        {
          operation: 'replace',
          target: `${P}/name`,
          value: { 'snabb-softwire-v3:name': `${others.name}-${random.below(1e6)}` },
        },
        {
          operation: 'merge',
          target: `${P}/instance=${others.device}/queue=0`,
          value: {
            'snabb-softwire-v3:queue': [{ id: 0, 'external-interface': { ip: `172.20.${i}.${psid + 1}` } }],
          },
        },
      ]
      const edit = edits[kind === 1 ? 0 : kind] as JsonObject
      await relays[i]?.send(
        'POST',
        '/restconf/operations/lwaftr:commit',
        { 'lwaftr:input': { edit: [{ 'edit-id': '1', ...edit }], comment: `for ${others.name}` } },
        bearer('root'),
      )
    }
  }
  return { relays, commitElsewhere }
}

/** Names that Ann may try: hers most, those of one relay, those of none. */
export const ADDRESSES = ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.4', '10.0.0.9']
export const DEVICES = ['eth0', 'eth0', 'eth1', 'eth2', 'eth9']
