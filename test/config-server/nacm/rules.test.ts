// RFC 8341, section by section: what the rules say, and what a user then meets.
import t from 'tap'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { bearer, user } from '../access/users.js'
import { build, CONFIG, minimal, softwire, TABLE } from '../helper.js'

const ONE = `${TABLE}/softwire=193.5.1.100,1`
const NEW = `${TABLE}/softwire=193.5.1.100,3`
const OTHER = `${TABLE}/softwire=193.5.1.200,1`
const MTU = `${CONFIG}/external-interface/mtu`
const USERS = '/restconf/data/lwaftr:config-server'
const NACM = '/restconf/data/ietf-netconf-acm:nacm'

const P = '/snabb-softwire-v3:softwire-config'
const LIST = `${P}/binding-table/softwire`
const MINE = `${LIST}[ipv4='193.5.1.100']`

const mtu = { 'snabb-softwire-v3:mtu': 1400 }
const entry = (psid: number, more = {}) => ({
  'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid, more)],
})

const others = softwire('193.5.1.200', 1)
const table = (...entries: JsonObject[]) => ({ 'snabb-softwire-v3:binding-table': { softwire: entries } })

const token = { 'lwaftr:token': [{ name: 'new', hash: '0'.repeat(64) }] }
/** Changes nothing, which everybody may. */
const edit = { 'edit-id': '1', operation: 'remove', target: `${ONE.slice('/restconf/data'.length, -1)}9` }
const proposal = { 'lwaftr:input': { edit: [edit] } }

type Rule = readonly [action: 'permit' | 'deny', operations: string, about?: JsonObject]
const path = (text: string): JsonObject => ({ path: text })

/** Rules for group `ops`, which `ann` is in; `bob` is in none. */
const nacm = (rules: readonly Rule[], more: JsonObject = {}): JsonObject => ({
  groups: { group: [{ name: 'ops', 'user-name': ['ann'] }] },
  'rule-list': [
    {
      name: 'list',
      group: ['ops'],
      rule: rules.map(([action, operations, about = {}], i) => ({
        name: `rule-${i}`,
        action,
        'access-operations': operations,
        ...about,
      })),
    },
  ],
  ...more,
})

type Method = 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
type Step = readonly [who: string, method: Method, url: string, body: unknown, status: number]

const closed = { 'read-default': 'deny' }
const open = { 'write-default': 'permit' }

/** [section and sentence, /nacm or nothing, requests with the status of their answers]. */
const cases: readonly (readonly [string, JsonObject | undefined, readonly Step[]])[] = [
  [
    'without /nacm a user may do everything but what the model marks',
    undefined,
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'PUT', MTU, mtu, 204],
      ['ann', 'GET', `${USERS}/user=ann`, undefined, 200],
      ['ann', 'GET', `${USERS}/user=ann/token=test/hash`, undefined, 404],
      ['ann', 'DELETE', `${USERS}/user=bob`, undefined, 403],
      ['ann', 'PUT', `${USERS}/limits/connections`, { 'lwaftr:connections': 9 }, 403],
      ['ann', 'PUT', NACM, { 'ietf-netconf-acm:nacm': { 'enable-nacm': false } }, 403],
    ],
  ],
  [
    '3.4.5 step 1: enable-nacm false permits everything',
    nacm([['deny', '*']], { 'enable-nacm': false }),
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'PUT', MTU, mtu, 204],
      ['ann', 'GET', `${USERS}/user=ann/token=test/hash`, undefined, 200],
      ['bob', 'DELETE', ONE, undefined, 204],
    ],
  ],
  [
    '3.4.5: where no rule matches, reading is permitted and writing is not',
    nacm([]),
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'HEAD', ONE, undefined, 200],
      ['ann', 'PUT', MTU, mtu, 403],
      ['ann', 'DELETE', ONE, undefined, 403],
      ['ann', 'GET', NACM, undefined, 404],
    ],
  ],
  [
    '3.4.5: read-default deny hides everything from who has no rule',
    nacm([], closed),
    [
      ['ann', 'GET', ONE, undefined, 404],
      ['ann', 'GET', CONFIG, undefined, 404],
      ['ann', 'GET', MTU, undefined, 404],
      ['ann', 'HEAD', ONE, undefined, 404],
    ],
  ],
  [
    '3.4.5: write-default permit',
    nacm([], open),
    [
      ['ann', 'PUT', MTU, mtu, 204],
      ['bob', 'DELETE', ONE, undefined, 204],
      ['bob', 'DELETE', `${USERS}/user=ann`, undefined, 403],
    ],
  ],
  [
    '3.4.5 step 5: rules are for members of their group',
    nacm([['permit', '*']]),
    [
      ['bob', 'PUT', MTU, mtu, 403],
      ['ann', 'PUT', MTU, mtu, 204],
    ],
  ],
  [
    '3.4.5: a list for every group is for whoever is in one',
    {
      ...nacm([['permit', '*']]),
      'rule-list': [{ name: 'l', group: ['*'], rule: [{ name: 'r', action: 'permit' }] }],
    },
    [
      ['ann', 'DELETE', ONE, undefined, 204],
      ['bob', 'PUT', MTU, mtu, 403],
    ],
  ],
  [
    '2.5: groups that come with the user',
    { 'rule-list': [{ name: 'l', group: ['guests'], rule: [{ name: 'r', action: 'permit' }] }] },
    [
      ['ann', 'PUT', MTU, mtu, 403],
      ['carl', 'PUT', MTU, mtu, 204],
    ],
  ],
  [
    '3.2.1: external groups can be switched off',
    {
      'enable-external-groups': false,
      'rule-list': [{ name: 'l', group: ['guests'], rule: [{ name: 'r', action: 'permit' }] }],
    },
    [['carl', 'PUT', MTU, mtu, 403]],
  ],
  [
    '3.4.5 step 7: the first rule that matches decides',
    nacm([
      ['deny', '*', path(`${P}/external-interface`)],
      ['permit', '*'],
    ]),
    [
      ['ann', 'PUT', MTU, mtu, 403],
      ['ann', 'GET', `${CONFIG}/external-interface`, undefined, 404],
      ['ann', 'PUT', `${CONFIG}/internal-interface/mtu`, mtu, 201],
      ['ann', 'DELETE', ONE, undefined, 204],
    ],
  ],
  [
    '3.4.5: the same rules the other way round',
    nacm([
      ['permit', '*'],
      ['deny', '*', path(`${P}/external-interface`)],
    ]),
    [['ann', 'PUT', MTU, mtu, 204]],
  ],
  [
    '2.3: operations are told apart: only reading',
    nacm([['permit', 'read']]),
    [
      ['ann', 'GET', NACM, undefined, 200],
      ['ann', 'PUT', MTU, mtu, 403],
    ],
  ],
  [
    '3.2.5: create without update or delete',
    nacm([['permit', 'create', path(LIST)]]),
    [
      ['ann', 'PUT', NEW, entry(3), 201],
      ['ann', 'PUT', ONE, entry(1, { padding: 7 }), 204],
      ['ann', 'DELETE', ONE, undefined, 403],
      ['ann', 'PUT', `${ONE}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:db8::9' }, 403],
    ],
  ],
  [
    '3.2.5: update without create or delete',
    nacm([['permit', 'update', path(LIST)]]),
    [
      ['ann', 'PUT', `${ONE}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:db8::9' }, 204],
      ['ann', 'PUT', NEW, entry(3), 403],
      ['ann', 'DELETE', ONE, undefined, 403],
    ],
  ],
  [
    '3.2.5: delete without create or update',
    nacm([['permit', 'delete', path(LIST)]]),
    [
      ['ann', 'PUT', `${ONE}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:db8::9' }, 403],
      ['ann', 'DELETE', ONE, undefined, 204],
      ['ann', 'POST', TABLE, entry(3), 403],
    ],
  ],
  [
    '3.2.5: what an edit leaves as it is needs no permission',
    nacm([['permit', 'update', path(`${P}/external-interface/mtu`)]]),
    [
      ['ann', 'PUT', ONE, entry(1), 204],
      [
        'ann',
        'PATCH',
        CONFIG,
        { 'snabb-softwire-v3:softwire-config': { 'external-interface': { mtu: 1400 } } },
        204,
      ],
      [
        'ann',
        'PATCH',
        CONFIG,
        { 'snabb-softwire-v3:softwire-config': { 'internal-interface': { mtu: 1400 } } },
        403,
      ],
    ],
  ],
  [
    '3.2.4: what may not be read is not there, and neither is that it is',
    nacm([['deny', 'read', path(LIST)]]),
    [
      ['ann', 'GET', ONE, undefined, 404],
      ['ann', 'GET', NEW, undefined, 404],
      ['ann', 'DELETE', ONE, undefined, 403],
      ['ann', 'DELETE', NEW, undefined, 403],
      ['ann', 'GET', MTU, undefined, 200],
    ],
  ],
  [
    'a path without keys stands for every entry, and for what is below',
    nacm([['permit', 'read', path(LIST)]], closed),
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'GET', `${OTHER}/b4-ipv6`, undefined, 200],
      ['ann', 'GET', TABLE, undefined, 200],
      ['ann', 'GET', MTU, undefined, 404],
    ],
  ],
  [
    'a path with some keys stands for the entries that have them',
    nacm([['permit', '*', path(MINE)]], closed),
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'GET', OTHER, undefined, 404],
      ['ann', 'PUT', NEW, entry(3), 201],
      ['ann', 'DELETE', OTHER, undefined, 403],
      ['ann', 'DELETE', `${TABLE}/softwire=193.5.1.201,9`, undefined, 403],
      ['ann', 'DELETE', ONE, undefined, 204],
      ['ann', 'PUT', MTU, mtu, 403],
    ],
  ],
  [
    'a path with all keys stands for one entry',
    nacm([['permit', '*', path(`${LIST}[ipv4='193.5.1.100'][psid='2']`)]], closed),
    [
      ['ann', 'GET', ONE, undefined, 404],
      ['ann', 'GET', `${TABLE}/softwire=193.5.1.100,2`, undefined, 200],
      ['ann', 'PUT', ONE, entry(1, { padding: 1 }), 403],
      ['ann', 'PUT', `${TABLE}/softwire=193.5.1.100,2/padding`, { 'snabb-softwire-v3:padding': 1 }, 201],
    ],
  ],
  [
    'a leaf inside an entry can be kept back',
    nacm([
      ['deny', '*', path(`${LIST}/b4-ipv6`)],
      ['permit', '*'],
    ]),
    [
      ['ann', 'GET', ONE, undefined, 200],
      ['ann', 'GET', `${ONE}/b4-ipv6`, undefined, 404],
      ['ann', 'PUT', `${ONE}/padding`, { 'snabb-softwire-v3:padding': 1 }, 201],
      ['ann', 'PUT', `${ONE}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:db8::9' }, 403],
      ['ann', 'DELETE', ONE, undefined, 403],
    ],
  ],
  [
    'a whole new table is judged by each entry that it changes',
    nacm([
      ['permit', 'read'],
      ['permit', '*', path(MINE)],
    ]),
    [
      ['ann', 'PUT', TABLE, table(softwire('193.5.1.100', 1, { padding: 1 }), others), 204],
      ['ann', 'PUT', TABLE, table(softwire('193.5.1.100', 1), softwire('193.5.1.200', 2)), 403],
      ['ann', 'PUT', TABLE, table(softwire('193.5.1.100', 1)), 403],
      ['ann', 'PUT', TABLE, table(others), 204],
    ],
  ],
  [
    'prefixes may be the module’s own, as in RFC 8341’s examples',
    nacm([
      [
        'deny',
        'read',
        path(
          "/softwire:softwire-config/softwire:binding-table/softwire:softwire[softwire:ipv4='193.5.1.200']",
        ),
      ],
    ]),
    [
      ['ann', 'GET', OTHER, undefined, 404],
      ['ann', 'GET', ONE, undefined, 200],
    ],
  ],
  [
    'module-name: a rule is about nodes of that module',
    nacm([['permit', '*', { 'module-name': 'snabb-softwire-v3' }]], closed),
    [
      ['ann', 'PUT', MTU, mtu, 204],
      [
        'ann',
        'PUT',
        `${CONFIG}/external-interface/lwaftr:tcp-mss-clamp`,
        { 'lwaftr:tcp-mss-clamp': 1400 },
        403,
      ],
      ['ann', 'GET', USERS, undefined, 404],
    ],
  ],
  [
    '$USER: a user may change its own entry',
    nacm([['permit', '*', path('/lwaftr:config-server/user[name=$USER]')]]),
    [
      ['ann', 'PUT', `${USERS}/user=ann/token=new`, token, 201],
      ['ann', 'PUT', `${USERS}/user=bob/token=new`, token, 403],
      ['ann', 'GET', `${USERS}/user=ann/token=test/hash`, undefined, 200],
      ['ann', 'GET', `${USERS}/user=bob/token=test/hash`, undefined, 404],
    ],
  ],
  [
    '3.4.4: rpc-name and exec-default',
    nacm([['deny', 'exec', { 'rpc-name': 'validate' }]]),
    [
      ['ann', 'POST', '/restconf/operations/lwaftr:validate', proposal, 403],
      ['bob', 'POST', '/restconf/operations/lwaftr:validate', proposal, 200],
    ],
  ],
  [
    '3.4.4: exec-default deny, and a rule that permits',
    nacm([['permit', 'exec', { 'module-name': 'lwaftr', 'rpc-name': 'validate' }]], {
      'exec-default': 'deny',
    }),
    [
      ['ann', 'POST', '/restconf/operations/lwaftr:validate', proposal, 200],
      ['bob', 'POST', '/restconf/operations/lwaftr:validate', proposal, 403],
    ],
  ],
  [
    'a rule about operations or notifications says nothing of data',
    nacm([
      ['deny', '*', { 'rpc-name': '*' }],
      ['deny', '*', { 'notification-name': '*' }],
      ['permit', '*'],
    ]),
    [['ann', 'PUT', MTU, mtu, 204]],
  ],
  [
    'to replace what holds hidden parts would delete them',
    nacm([['permit', '*', path(MINE)]], closed),
    [
      [
        'ann',
        'PUT',
        TABLE,
        { 'snabb-softwire-v3:binding-table': { softwire: [softwire('193.5.1.100', 1)] } },
        403,
      ],
      [
        'ann',
        'PUT',
        TABLE,
        {
          'snabb-softwire-v3:binding-table': {
            softwire: [softwire('193.5.1.100', 1), softwire('193.5.1.200', 1)],
          },
        },
        403,
      ],
    ],
  ],
  [
    'to create what is there already, and hidden, is told as to create what may not be',
    nacm([['permit', '*', path(MINE)]], closed),
    [
      ['ann', 'POST', TABLE, { 'snabb-softwire-v3:softwire': [softwire('193.5.1.200', 1)] }, 403],
      ['ann', 'POST', TABLE, { 'snabb-softwire-v3:softwire': [softwire('193.5.1.201', 1)] }, 403],
    ],
  ],
]

/** The MTU of the fixture is set where a case says that it is replaced. */
const configuration = (rules: JsonObject | undefined): JsonObject => ({
  'snabb-softwire-v3:softwire-config': {
    ...(minimal['snabb-softwire-v3:softwire-config'] as JsonObject),
    'binding-table': {
      softwire: [softwire('193.5.1.100', 1), softwire('193.5.1.100', 2), softwire('193.5.1.200', 1)],
    },
  },
  'lwaftr:config-server': { user: [user('ann'), user('bob'), user('carl', { group: ['guests'] })] },
  ...(rules ? { 'ietf-netconf-acm:nacm': rules } : {}),
})

for (const [sentence, rules, steps] of cases)
  t.test(sentence, async (t) => {
    const { send, datastore, dataplane } = await build(t, configuration(rules))
    for (const [who, method, url, body, status] of steps) {
      const before = { revision: datastore.running.revision, calls: dataplane.calls.length }
      const answer = await send(method, url, body, bearer(who))
      const what = `${who} ${method} ${url}`
      t.equal(answer.statusCode, status, `${what}: ${answer.body}`)
      if (status < 400) continue
      t.same(
        { revision: datastore.running.revision, calls: dataplane.calls.length },
        before,
        `${what} changed nothing`,
      )
      if (method === 'HEAD') continue
      const [error, ...more] = answer.json()['ietf-restconf:errors'].error
      t.same(more, [])
      t.equal(error['error-tag'], status === 403 ? 'access-denied' : 'invalid-value', what)
    }
  })

t.test('there are as many cases as the sections deserve', async (t) => {
  t.ok(cases.reduce((sum, [, , steps]) => sum + steps.length, 0) >= 60)
})

t.test('a rule that names nothing in the model is refused where it is written', async (t) => {
  const { send } = await build(t, configuration(nacm([['permit', '*']])))
  const rule = { name: 'x', action: 'deny', path: '/snabb-softwire-v3:softwire-config/nonsense' }
  const url = `${NACM}/rule-list=list/rule=x`
  const answer = await send('PUT', url, { 'ietf-netconf-acm:rule': [rule] }, bearer('ann'))
  t.equal(answer.statusCode, 400, answer.body)
  t.match(answer.body, /rule x of list: unknown node nonsense/)
})

t.test('what is refused is counted', async (t) => {
  const rules = nacm([['permit', 'read', path('/ietf-netconf-acm:nacm')]], { 'exec-default': 'deny' })
  const { send } = await build(t, configuration(rules))
  await send('PUT', MTU, mtu, bearer('ann'))
  await send('POST', '/restconf/operations/lwaftr:validate', {}, bearer('ann'))
  const got = await send('GET', `${NACM}?content=nonconfig`, undefined, bearer('ann'))
  t.same(got.json(), {
    'ietf-netconf-acm:nacm': { 'denied-operations': 1, 'denied-data-writes': 1, 'denied-notifications': 0 },
  })
})
