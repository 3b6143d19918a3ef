// Requests of every kind that somebody may try who wants to know what is hidden from him.
import type { JsonObject } from '../../../src/schema/json-types.js'
import type { Random } from '../../schema/random.js'
import { CONFIG, softwire, TABLE } from '../helper.js'
import { ADDRESSES, DEVICES } from './two-relays.js'

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: unknown
  readonly headers: Readonly<Record<string, string>>
}

const JSON_TYPE = 'application/yang-data+json'
const PATCH_TYPE = 'application/yang-patch+json'

const entry = (r: Random) => ({ address: r.pick(ADDRESSES), psid: r.below(8) })
/** One of the entity-tags that answers had, the latest being 0. */
export const TAG = /^tag-(\d+)$/
const keys = (r: Random) => {
  const { address, psid } = entry(r)
  return `${address},${psid}`
}

const READ: readonly ((r: Random) => string)[] = [
  () => '/restconf/data',
  () => CONFIG,
  () => `${CONFIG}/name`,
  () => `${CONFIG}/instance`,
  (r) => `${CONFIG}/instance=${r.pick(DEVICES)}`,
  (r) => `${CONFIG}/instance=${r.pick(DEVICES)}/queue=0`,
  (r) => `${CONFIG}/instance=${r.pick(DEVICES)}/softwire-state`,
  (r) => `${CONFIG}/instance=${r.pick(DEVICES)}/queue=0/lwaftr:announcement`,
  () => TABLE,
  () => `${TABLE}/softwire`,
  (r) => `${TABLE}/softwire=${keys(r)}`,
  (r) => `${TABLE}/softwire=${keys(r)}/${r.pick(['b4-ipv6', 'padding', 'port-set', 'psid'])}`,
  () => '/restconf/data/snabb-softwire-v3:softwire-state',
  () => '/restconf/data/snabb-softwire-v3:softwire-state/in-ipv4-packets',
  () => '/restconf/data/snabb-softwire-v3:softwire-state/lwaftr:softwires',
  () => '/restconf/data/lwaftr:history',
  (r) => `/restconf/data/lwaftr:history/commit=${1 + r.below(40)}`,
  (r) => `/restconf/data/lwaftr:routes${r.pick(['', '?since=1', '?since=9'])}`,
  () => '/restconf/data/lwaftr:config-server/user',
  (r) => `/restconf/data/lwaftr:config-server/user=${r.pick(['ann', 'one', 'two'])}`,
  () => '/restconf/data/ietf-netconf-acm:nacm',
  () => '/restconf/data/ietf-netconf-acm:nacm/denied-operations',
  () => '/restconf/data/ietf-alarms:alarms',
  () => '/restconf/data/ietf-alarms:alarms/alarm-list/number-of-alarms',
  () => '/restconf/data/ietf-restconf-monitoring:restconf-state',
  (r) => `/restconf/ds/ietf-datastores:${r.pick(['running', 'operational', 'intended', 'startup'])}`,
  (r) =>
    `/restconf/ds/ietf-datastores:operational/snabb-softwire-v3:softwire-config/binding-table/softwire=${keys(r)}`,
  () => '/restconf/operations',
  () => '/metrics',
  () => '/readyz',
]

const QUERIES: readonly ((r: Random) => string)[] = [
  (r) => `depth=${1 + r.below(6)}`,
  (r) => `content=${r.pick(['config', 'nonconfig', 'all'])}`,
  (r) => `with-defaults=${r.pick(['report-all', 'trim', 'explicit', 'report-all-tagged'])}`,
  (r) =>
    `fields=${r.pick(['binding-table(softwire(psid))', 'softwire(ipv4;b4-ipv6)', 'instance(device)', 'b4-ipv6', 'name', 'softwire-state'])}`,
  (r) => `limit=${r.below(4)}&offset=${r.below(8)}`,
  (r) =>
    `where=${encodeURIComponent(r.pick(["ipv4='10.0.0.2'", "psid='3'", "b4-ipv6='2001:db8:b4::4'", "padding='0'", "ipv4='10.0.0.4' or ipv4='10.0.0.1'"]))}`,
  (r) => `sort-by=${r.pick(['psid', 'b4-ipv6', 'padding'])}&direction=${r.pick(['forwards', 'backwards'])}`,
  () => 'with-origin',
]

function softwireOf(r: Random): JsonObject {
  const { address, psid } = entry(r)
  const more = r.chance(30) ? { 'port-set': { 'psid-length': r.pick([3, 6, 7]) } } : {}
  return softwire(address, psid, r.chance(30) ? { ...more, padding: r.below(9) } : more)
}

/** What may be written: a path below the datastore, and its value. */
const VALUES: readonly ((r: Random) => readonly [string, JsonObject])[] = [
  (r) => {
    const value = softwireOf(r)
    return [`binding-table/softwire=${value.ipv4},${value.psid}`, { 'snabb-softwire-v3:softwire': [value] }]
  },
  (r) => [`binding-table/softwire=${keys(r)}/padding`, { 'snabb-softwire-v3:padding': r.below(9) }],
  (r) => [
    `binding-table/softwire=${keys(r)}/port-set`,
    { 'snabb-softwire-v3:port-set': { 'psid-length': r.pick([3, 6, 7]) } },
  ],
  (r) => [
    'binding-table/softwire',
    { 'snabb-softwire-v3:softwire': Array.from({ length: r.below(3) }, () => softwireOf(r)) },
  ],
  (r) => [
    'binding-table',
    { 'snabb-softwire-v3:binding-table': r.chance(50) ? {} : { softwire: [softwireOf(r)] } },
  ],
  () => ['name', { 'snabb-softwire-v3:name': 'ann' }],
  (r) => ['external-interface/mtu', { 'snabb-softwire-v3:mtu': 1400 + r.below(9) }],
  (r) => [
    `instance=${r.pick(DEVICES)}/queue=0/external-interface/ip`,
    { 'snabb-softwire-v3:ip': `172.20.0.${1 + r.below(250)}` },
  ],
  (r) => {
    const device = r.pick(DEVICES)
    return [`instance=${device}`, { 'snabb-softwire-v3:instance': [{ device }] }]
  },
]

const OPERATIONS = ['create', 'merge', 'replace', 'delete', 'remove']

function edit(r: Random, id: number, below = ''): JsonObject {
  const [path, value] = r.pick(VALUES)(r)
  const operation = r.pick(OPERATIONS)
  const target = `${below}/${path}`
  return { 'edit-id': `${id}`, operation, target, ...(/delete|remove/.test(operation) ? {} : { value }) }
}

const edits = (r: Random, below?: string) =>
  Array.from({ length: 1 + r.below(3) }, (_, i) => edit(r, i, below))

/** RPCs, all of them, with their inputs. */
const CALLS: readonly ((r: Random) => readonly [string, JsonObject])[] = [
  (r) => ['validate', { edit: edits(r, '/snabb-softwire-v3:softwire-config') }],
  (r) => ['commit', { edit: edits(r, '/snabb-softwire-v3:softwire-config') }],
  () => ['validate', { config: { 'snabb-softwire-v3:softwire-config': { 'binding-table': {} } } }],
  (r) => ['rollback', { revision: `${r.below(30)}` }],
  (r) => ['compare', { from: `${r.below(30)}`, to: `${r.below(30)}` }],
  (r) => ['compare', { from: `${r.below(30)}` }],
  () => ['confirm-commit', {}],
  () => ['cancel-commit', {}],
  (r) => ['purge-neighbors', { instance: r.pick(DEVICES) }],
  (r) => ['drain', { instance: r.pick(DEVICES), queue: 0, 'quiet-time': 0 }],
  (r) => ['undrain', { instance: r.pick(DEVICES) }],
  () => ['capture', { count: 1 }],
]

export function anything(r: Random): Asked {
  const headers: Record<string, string> = {
    accept: r.pick([JSON_TYPE, JSON_TYPE, 'application/yang-data+xml']),
    ...(r.chance(15) ? { [r.pick(['if-match', 'if-none-match'])]: `tag-${r.below(20)}` } : {}),
    ...(r.chance(5) ? { 'if-none-match': '*' } : {}),
    ...(r.chance(5) ? { 'if-match': '*' } : {}),
  }
  const written = { ...headers, 'content-type': JSON_TYPE }
  switch (r.below(10)) {
    case 0: {
      const [name, input] = r.pick(CALLS)(r)
      const url = `/restconf/operations/lwaftr:${name}`
      return { method: 'POST', url, body: { 'lwaftr:input': input }, headers: written }
    }
    case 1: {
      const patch = { 'patch-id': 'p', edit: edits(r) }
      const body = { 'ietf-yang-patch:yang-patch': patch }
      return { method: 'PATCH', url: CONFIG, body, headers: { ...written, 'content-type': PATCH_TYPE } }
    }
    case 2:
    case 3: {
      const [path, body] = r.pick(VALUES)(r)
      const method = r.pick(['PUT', 'PATCH'] as const)
      return { method, url: `${CONFIG}/${path}`, body, headers: written }
    }
    case 4:
      return {
        method: 'POST',
        url: TABLE,
        body: { 'snabb-softwire-v3:softwire': [softwireOf(r)] },
        headers: written,
      }
    case 5:
      return { method: 'DELETE', url: `${CONFIG}/${r.pick(VALUES)(r)[0]}`, headers }
    default: {
      const query = r.chance(30) ? `?${r.pick(QUERIES)(r)}` : ''
      const method = r.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS'] as const)
      return { method, url: `${r.pick(READ)(r)}${query}`, headers }
    }
  }
}
