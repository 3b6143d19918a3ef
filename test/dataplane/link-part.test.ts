// Which frames of a link are which queue's, where queues have MACs in common and where they do not.
import t from 'tap'
import { linkPart } from '../../src/dataplane/link-part.js'
import type { QueueSettings } from '../../src/dataplane/settings.js'
import { ROUTE_REFLECTOR } from '../../src/lab/addresses.js'
import { passthru, queue } from './helper.js'

const MAC = '02:22:22:22:22:00'
const OTHER = '02:22:22:22:22:01'
const ROUTER = ROUTE_REFLECTOR.mac

function at(id: number, mac: string, vlanTag?: number, more: Partial<QueueSettings> = {}): QueueSettings {
  const { externalInterface, internalInterface } = queue()
  const place = { mac, ...(vlanTag !== undefined && { vlanTag }) }
  return queue({
    id,
    externalInterface: { ...externalInterface, ...place },
    internalInterface: { ...internalInterface, ...place },
    ...more,
  })
}

/** Stations as "MAC VLAN POSITION/OF", those of others as "not MAC VLAN". */
function words(queues: readonly QueueSettings[]): string[][] {
  return queues.map((queue) => {
    const { stations, others, rest } = linkPart(queues, queue).share
    const name = (mac: string) => ({ [MAC]: 'MAC', [OTHER]: 'OTHER', [ROUTER]: 'ROUTER' })[mac] ?? mac
    return [
      ...stations.map(({ mac, vlan, position, of }) => `${name(mac)} ${vlan} ${position}/${of}`),
      ...others.map(({ mac, vlan }) => `not ${name(mac)} ${vlan}`),
      ...(rest ? ['the rest'] : []),
    ]
  })
}

const router = { passthruInterface: passthru('int0', ROUTER) }
const tagged = { passthruInterface: passthru('int0', ROUTER, 64) }

const CASES: readonly (readonly [sentence: string, queues: QueueSettings[], expected: string[][]])[] = [
  ['the only queue has all', [at(0, MAC)], [['MAC any 0/1', 'the rest']]],
  [
    'a MAC in common is shared by hash, whatever the VLAN',
    [at(0, MAC), at(1, MAC)],
    [['MAC any 0/2'], ['MAC any 1/2']],
  ],
  ['also where all have it on the same', [at(3, MAC, 7), at(5, MAC, 7)], [['MAC any 0/2'], ['MAC any 1/2']]],
  [
    'MACs of their own',
    [at(0, MAC), at(1, OTHER)],
    [
      ['MAC any 0/1', 'not OTHER any'],
      ['OTHER any 0/1', 'not MAC any'],
    ],
  ],
  [
    'a MAC on several VLANs',
    [at(0, MAC), at(1, MAC), at(2, MAC, 64)],
    [
      ['MAC untagged 0/2', 'MAC any 0/3', 'not MAC 64'],
      ['MAC untagged 1/2', 'MAC any 1/3', 'not MAC 64'],
      ['MAC 64 0/1', 'MAC any 2/3', 'not MAC untagged'],
    ],
  ],
  [
    'a router that one of them has',
    [at(0, MAC, undefined, router), at(1, MAC)],
    [
      ['MAC any 0/2', 'ROUTER any 0/1'],
      ['MAC any 1/2', 'not ROUTER any'],
    ],
  ],
  [
    'a router on the VLANs of two',
    [at(0, MAC, undefined, router), at(1, MAC, undefined, tagged)],
    [
      ['MAC any 0/2', 'ROUTER untagged 0/1', 'ROUTER any 0/2', 'not ROUTER 64'],
      ['MAC any 1/2', 'ROUTER 64 0/1', 'ROUTER any 1/2', 'not ROUTER untagged'],
    ],
  ],
]

for (const [sentence, queues, expected] of CASES)
  t.test(sentence, async (t) => {
    t.same(words(queues), expected)
  })
