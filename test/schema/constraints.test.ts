/** Every rule of the model, from both sides, with the message an operator reads. */
import t from 'tap'
import { LwaftrError } from '../../src/errors.js'
import type { JsonObject, JsonValue } from '../../src/schema/json-types.js'
import { loadSchema } from '../../src/schema/schema.js'
import { validateSoftwire, validateTree } from '../../src/schema/validate.js'

const schema = loadSchema()

/** A valid configuration with one softwire and one queue; `change` then spoils it. */
function configuration(
  change: (
    parts: Record<
      'softwire' | 'portSet' | 'queue' | 'external' | 'internal' | 'passthru' | 'config',
      Record<string, JsonValue>
    >,
  ) => void,
): JsonObject {
  const portSet: JsonObject = { 'psid-length': 6 }
  const softwire: JsonObject = {
    ipv4: '193.5.1.100',
    psid: 1,
    'br-address': '2001:db8::100',
    'b4-ipv6': '2001:db8::1',
    'port-set': portSet,
  }
  const external: JsonObject = { ip: '10.0.0.1', mac: '02:00:00:00:00:01', 'next-hop': { ip: '10.0.0.2' } }
  const internal: JsonObject = {
    ip: '2001:db8::2',
    mac: '02:00:00:00:00:02',
    'next-hop': { mac: '02:00:00:00:00:09' },
  }
  const passthru: JsonObject = { device: 'xe0', mac: '02:00:00:00:00:03' }
  const queue: JsonObject = {
    id: 0,
    'external-interface': external,
    'internal-interface': internal,
    'passthru-interface': passthru,
  }
  const config: JsonObject = {
    instance: [{ device: 'eth0', queue: [queue] }],
    'binding-table': { softwire: [softwire] },
  }
  change({ softwire, portSet, queue, external, internal, passthru, config })
  return { 'snabb-softwire-v3:softwire-config': config }
}
type Parts = Parameters<Parameters<typeof configuration>[0]>[0]

const config = '/snabb-softwire-v3:softwire-config'
const softwire = `${config}/binding-table/softwire[ipv4='193.5.1.100'][psid='1']`
const queue = `${config}/instance[device='eth0']/queue[id='0']`

/** Rule; what breaks it; message; path. */
const broken: readonly (readonly [string, (parts: Parts) => void, RegExp, string])[] = [
  [
    'psid fits psid-length',
    (p) => {
      p.softwire.psid = 64
    },
    /psid does not fit.*below 2\^psid-length/,
    `${config}/binding-table/softwire[ipv4='193.5.1.100'][psid='64']`,
  ],
  [
    'psid 0 alone where psid-length is 0',
    (p) => {
      p.portSet['psid-length'] = 0
    },
    /psid does not fit/,
    softwire,
  ],
  [
    'a port has 16 bits',
    (p) => {
      p.portSet['reserved-ports-bit-count'] = 11
    },
    /a port has 16 bits.*must not exceed 16/,
    `${softwire}/port-set`,
  ],
  [
    'psid-length up to 16',
    (p) => {
      p.portSet['psid-length'] = 17
    },
    /17 is not a number from 0 to 16/,
    `${softwire}/port-set/psid-length`,
  ],
  [
    'b4-ipv6 not multicast',
    (p) => {
      p.softwire['b4-ipv6'] = 'ff02::1'
    },
    /no host can have this IPv6 address; give one/,
    `${softwire}/b4-ipv6`,
  ],
  [
    'b4-ipv6 not unspecified',
    (p) => {
      p.softwire['b4-ipv6'] = '0::0:0'
    },
    /no host can have this IPv6/,
    `${softwire}/b4-ipv6`,
  ],
  [
    'br-address without zone',
    (p) => {
      p.softwire['br-address'] = 'fe80::1%eth0'
    },
    /no host can have this IPv6.*without a zone/,
    `${softwire}/br-address`,
  ],
  [
    'ipv4 not multicast',
    (p) => {
      p.softwire.ipv4 = '224.0.0.1'
    },
    /no host can have this IPv4 address; give one/,
    `${config}/binding-table/softwire/ipv4`,
  ],
  [
    'ipv4 not broadcast',
    (p) => {
      p.softwire.ipv4 = '255.255.255.255'
    },
    /no host can have this IPv4/,
    `${config}/binding-table/softwire/ipv4`,
  ],
  [
    'ip not 0.0.0.0',
    (p) => {
      p.external.ip = '0.0.0.0'
    },
    /no host can have this IPv4/,
    `${queue}/external-interface/ip`,
  ],
  [
    'next hop not multicast',
    (p) => {
      p.external['next-hop'] = { ip: '239.1.1.1' }
    },
    /no host can have this IPv4/,
    `${queue}/external-interface/next-hop/ip`,
  ],
  [
    'internal ip not multicast',
    (p) => {
      p.internal.ip = 'FF0E::1'
    },
    /no host can have this IPv6/,
    `${queue}/internal-interface/ip`,
  ],
  [
    'mac unicast',
    (p) => {
      p.external.mac = '01:00:00:00:00:01'
    },
    /multicast.*first byte is even/,
    `${queue}/external-interface/mac`,
  ],
  [
    'internal mac unicast',
    (p) => {
      p.internal.mac = 'ff:ff:ff:ff:ff:ff'
    },
    /multicast/,
    `${queue}/internal-interface/mac`,
  ],
  [
    'next hop mac unicast',
    (p) => {
      p.internal['next-hop'] = { mac: '33:33:00:00:00:01' }
    },
    /multicast/,
    `${queue}/internal-interface/next-hop/mac`,
  ],
  [
    'passthru mac unicast',
    (p) => {
      p.passthru.mac = '03:00:00:00:00:01'
    },
    /multicast/,
    `${queue}/passthru-interface/mac`,
  ],
  [
    'passthru mac is not the external one',
    (p) => {
      p.passthru.mac = '02:00:00:00:00:01'
    },
    /one of the relay's own.*attached device/,
    `${queue}/passthru-interface/mac`,
  ],
  [
    'passthru mac is not the internal one, in any case',
    (p) => {
      p.passthru.mac = '0A:00:00:00:00:0B'
      p.internal.mac = '0a:00:00:00:00:0b'
    },
    /one of the relay's own/,
    `${queue}/passthru-interface/mac`,
  ],
  [
    'passthru has a device',
    (p) => {
      delete p.passthru.device
    },
    /device is missing/,
    `${queue}/passthru-interface/device`,
  ],
  [
    'passthru device is an interface name',
    (p) => {
      p.passthru.device = 'a/b'
    },
    /no slash/,
    `${queue}/passthru-interface/device`,
  ],
  [
    'passthru device is short enough',
    (p) => {
      p.passthru.device = 'abcdefghijklmnop'
    },
    /1 to 15/,
    `${queue}/passthru-interface/device`,
  ],
  [
    'passthru device is not the link itself',
    (p) => {
      p.passthru.device = 'eth0'
    },
    /a link of the relay itself/,
    `${queue}/passthru-interface/device`,
  ],
  [
    'passthru device is no link of another instance',
    (p) => {
      p.config.instance = [
        ...(p.config.instance as JsonObject[]),
        { device: 'eth1', 'external-device': 'xe0' },
      ]
    },
    /a link of the relay itself/,
    `${queue}/passthru-interface/device`,
  ],
  [
    'passthru device is that of no other queue of the instance',
    (p) => {
      p.config.instance = [{ device: 'eth0', queue: [p.queue, { ...p.queue, id: 1 }] }]
    },
    /another queue's.*a device of its own/,
    `${config}/instance[device='eth0']/queue[id='1']/passthru-interface/device`,
  ],
  [
    'passthru device is that of no queue of another instance',
    (p) => {
      p.config.instance = [
        { device: 'eth0', queue: [p.queue] },
        { device: 'eth1', queue: [p.queue] },
      ]
    },
    /another queue's/,
    `${config}/instance[device='eth1']/queue[id='0']/passthru-interface/device`,
  ],
  [
    'passthru vlan-tag from 1',
    (p) => {
      p.passthru['vlan-tag'] = 0
    },
    /from 1 to 4094/,
    `${queue}/passthru-interface/vlan-tag`,
  ],
  [
    'passthru link exists',
    (p) => {
      p.passthru['lwaftr:link'] = 'external-device'
    },
    /no external-device; add one/,
    `${queue}/passthru-interface/lwaftr:link`,
  ],
  [
    'vlan-tag up to 4095',
    (p) => {
      p.internal['vlan-tag'] = 4096
    },
    /from 0 to 4095/,
    `${queue}/internal-interface/vlan-tag`,
  ],
  [
    'next hop by one way',
    (p) => {
      p.external['next-hop'] = { ip: '10.0.0.2', mac: '02:00:00:00:00:09' }
    },
    /mac and ip exclude each other/,
    `${queue}/external-interface/next-hop`,
  ],
  [
    'a next hop',
    (p) => {
      p.external['next-hop'] = {}
    },
    /one of ip, mac is missing/,
    `${queue}/external-interface/next-hop`,
  ],
  [
    'both sides of a queue',
    (p) => {
      delete p.queue['internal-interface']
    },
    /ip is missing/,
    `${queue}/internal-interface/ip`,
  ],
  [
    'queue has its key',
    (p) => {
      delete p.queue.id
    },
    /list queue lacks its key id/,
    `${config}/instance[device='eth0']/queue`,
  ],
  [
    'external mtu from 68',
    (p) => {
      p.config['external-interface'] = { mtu: 67 }
    },
    /give 68 or more/,
    `${config}/external-interface/mtu`,
  ],
  [
    'internal mtu from 1280',
    (p) => {
      p.config['internal-interface'] = { mtu: 1279 }
    },
    /give 1280 or more/,
    `${config}/internal-interface/mtu`,
  ],
  [
    'period from 1',
    (p) => {
      p.config['internal-interface'] = { 'error-rate-limiting': { period: 0 } }
    },
    /from 1 to 4294967295/,
    `${config}/internal-interface/error-rate-limiting/period`,
  ],
  [
    'keys are unique',
    (p) => {
      p.config.instance = [{ device: 'a' }, { device: 'a' }]
    },
    /instance a is given twice/,
    `${config}/instance[device='a']`,
  ],
  [
    'numbers are JSON numbers',
    (p) => {
      p.softwire.padding = '1'
    },
    /in JSON give a number/,
    `${softwire}/padding`,
  ],
  [
    '64-bit numbers are JSON strings',
    (p) => {
      p.config['binding-table'] = { version: { number: 1 } }
    },
    /in JSON give a string/,
    `${config}/binding-table/version/number`,
  ],
  [
    'known nodes',
    (p) => {
      p.softwire['b4-ipv5'] = 'x'
    },
    /unknown node b4-ipv5 in .*; did you mean b4-ipv6\?/,
    softwire,
  ],
  [
    'no state',
    (p) => {
      p.config.instance = [{ device: 'a', 'softwire-state': {} }]
    },
    /softwire-state is state/,
    `${config}/instance[device='a']/softwire-state`,
  ],
]

t.test('a configuration within all rules is valid', (t) => {
  t.ok(
    validateTree(
      schema,
      configuration(() => {}),
    ),
  )
  t.end()
})

for (const [rule, change, message, path] of broken)
  t.test(`rule: ${rule}`, (t) => {
    const error = t.throws(() => validateTree(schema, configuration(change)))
    t.ok(error instanceof LwaftrError)
    t.match((error as LwaftrError).message, message)
    t.equal((error as LwaftrError).path, path)
    t.end()
  })

t.test('what lies just within the rules is valid', (t) => {
  const changes: readonly ((parts: Parts) => void)[] = [
    (p) => {
      p.softwire.psid = 63
    },
    (p) => {
      p.softwire.psid = 0
      p.portSet['psid-length'] = 0
    },
    (p) => {
      p.softwire.psid = 65535
      p.portSet['psid-length'] = 16
    },
    (p) => {
      p.portSet['reserved-ports-bit-count'] = 10
    },
    (p) => {
      p.softwire['b4-ipv6'] = 'ff::1'
    },
    (p) => {
      p.softwire['b4-ipv6'] = '::2'
    },
    (p) => {
      p.softwire['br-address'] = 'fe80::1'
    },
    (p) => {
      p.softwire.ipv4 = '223.255.255.255'
    },
    (p) => {
      p.softwire.ipv4 = '240.0.0.1'
    },
    (p) => {
      p.external.mac = p.internal.mac as string
    },
    (p) => {
      p.config['external-interface'] = { mtu: 68, 'lwaftr:tcp-mss-clamp': 1 }
    },
    (p) => {
      p.config['internal-interface'] = { mtu: 1280 }
    },
    (p) => {
      p.passthru['lwaftr:link'] = 'device'
    },
    (p) => {
      delete p.queue['passthru-interface']
    },
    (p) => {
      delete p.config.instance
    },
  ]
  for (const change of changes) t.ok(validateTree(schema, configuration(change)), String(change))
  t.end()
})

t.test('values come back canonical', (t) => {
  const tree = validateTree(
    schema,
    configuration((p) => {
      p.internal.ip = '2001:DB8:0::2'
      p.internal.mac = '0A:00:00:00:00:0B'
    }),
  )
  t.match(tree, {
    'snabb-softwire-v3:softwire-config': {
      instance: [{ queue: [{ 'internal-interface': { ip: '2001:db8::2', mac: '0a:00:00:00:00:0b' } }] }],
    },
  })
  const entry = {
    ipv4: '1.2.3.4',
    psid: 0,
    'b4-ipv6': '2001:DB8::1',
    'br-address': '::ffff:c000:201',
    'port-set': { 'psid-length': 0 },
  }
  t.same(validateSoftwire(schema, entry), {
    ...entry,
    'b4-ipv6': '2001:db8::1',
    'br-address': '::ffff:192.0.2.1',
  })
  t.end()
})
