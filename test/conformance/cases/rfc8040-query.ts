// RFC 8040 section 4.8: query parameters.
import {
  CONFIG,
  DATA,
  ENTRY,
  entry,
  MODEL,
  NACM,
  NACM_NS,
  own,
  QUEUE,
  type Row,
  RULES,
  type Section,
  SIDE,
  softwires,
  TABLE,
  XML,
} from './suite.js'

const READ_STATE = `${DATA}/snabb-softwire-v3:softwire-state`
const keys = { ipv4: '193.5.1.100', psid: 1 }
const tag = { 'ietf-netconf-with-defaults:default': true }
const TAGGED = 'xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0" wd:default="true"'
const refused = (says: string, request: string, more: Partial<Row> = {}): Row => ({
  says,
  request,
  status: 400,
  tag: 'invalid-value',
  ...more,
})

const common: Section = {
  rfc: '8040',
  section: '4.8',
  rows: [
    refused('an unknown parameter', `GET ${SIDE}?x=1`),
    refused('an unknown parameter without a value', `GET ${SIDE}?x`),
    refused('a parameter that is given twice', `GET ${SIDE}?content=config&content=config`),
    refused('a parameter’s name in capitals', `GET ${SIDE}?Content=config`),
    refused('an empty parameter', `GET ${SIDE}?&`),
    refused('one of another method', `GET ${SIDE}?insert=first`),
    refused('one of event streams: filter', `GET ${SIDE}?filter=x`),
    refused('one of event streams: start-time', `GET ${SIDE}?start-time=2026-01-01T00:00:00Z`),
    refused('one of event streams: stop-time', `GET ${SIDE}?stop-time=2026-01-01T00:00:00Z`),
    refused('depth of what is changed', `PUT ${SIDE}/mtu?depth=1`, { body: own('mtu', 1400) }),
    refused('content of what is changed', `POST ${SIDE}?content=config`, { body: own('mru', 1400) }),
    refused('with-defaults of what is changed', `PATCH ${SIDE}?with-defaults=trim`, {
      body: own('external-interface', {}),
    }),
    refused('fields of what is deleted', `DELETE ${SIDE}?fields=mtu`),
    { says: 'an empty query is none', request: `GET ${SIDE}/mtu?`, status: 200, is: own('mtu', 1500) },
    {
      says: 'values are percent-decoded',
      request: `GET ${SIDE}?%63ontent=%63onfig`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
  ],
}

const content: Section = {
  rfc: '8040',
  section: '4.8.1',
  rows: [
    {
      says: 'config: no state',
      request: `GET ${QUEUE}/external-interface/next-hop?content=config`,
      status: 200,
      is: own('next-hop', { ip: '172.20.0.1' }),
    },
    {
      says: 'nonconfig: state only',
      request: `GET ${QUEUE}/external-interface/next-hop?content=nonconfig`,
      status: 200,
      is: own('next-hop', { 'resolved-mac': '02:00:00:00:00:01' }),
    },
    {
      says: 'all: both',
      request: `GET ${QUEUE}/external-interface/next-hop?content=all`,
      status: 200,
      is: own('next-hop', { ip: '172.20.0.1', 'resolved-mac': '02:00:00:00:00:01' }),
    },
    {
      says: 'all is the default',
      request: `GET ${QUEUE}/external-interface/next-hop`,
      status: 200,
      is: own('next-hop', { ip: '172.20.0.1', 'resolved-mac': '02:00:00:00:00:01' }),
    },
    {
      says: 'nonconfig in XML; keys stay',
      request: `GET ${CONFIG}?content=nonconfig&fields=instance/queue/external-interface`,
      headers: XML,
      status: 200,
      is: `<softwire-config ${MODEL}><instance><device>eth0</device><queue><id>0</id><external-interface><next-hop><resolved-mac>02:00:00:00:00:01</resolved-mac></next-hop></external-interface></queue></instance></softwire-config>`,
    },
    {
      says: 'state alone has no configuration',
      request: `GET ${READ_STATE}?content=config`,
      status: 404,
      tag: 'invalid-value',
    },
    {
      says: 'the softwires have no state',
      request: `GET ${TABLE}/softwire?content=nonconfig`,
      status: 404,
      tag: 'invalid-value',
    },
    {
      says: '64-bit counters are strings in JSON (RFC 7951 s6.1)',
      request: `GET ${READ_STATE}/in-ipv4-packets`,
      status: 200,
      is: own('in-ipv4-packets', '9007199254740993'),
    },
    {
      says: 'and text in XML',
      request: `GET ${READ_STATE}/in-ipv4-packets`,
      headers: XML,
      status: 200,
      is: `<in-ipv4-packets ${MODEL}>9007199254740993</in-ipv4-packets>`,
    },
    refused('another value', `GET ${SIDE}?content=some`),
    refused('no value', `GET ${SIDE}?content=`),
  ],
}

const depth: Section = {
  rfc: '8040',
  section: '4.8.2',
  rows: [
    {
      says: '1: the target alone',
      request: `GET ${CONFIG}?depth=1`,
      status: 200,
      is: own('softwire-config', {}),
    },
    {
      says: '2: its children',
      request: `GET ${CONFIG}?depth=2&content=config`,
      status: 200,
      is: own('softwire-config', {
        instance: [{ device: 'eth0' }],
        'external-interface': {},
        'binding-table': {},
      }),
    },
    {
      says: 'in XML',
      request: `GET ${CONFIG}?depth=2&content=config`,
      headers: XML,
      status: 200,
      is: `<softwire-config ${MODEL}><instance><device>eth0</device></instance><external-interface></external-interface><binding-table></binding-table></softwire-config>`,
    },
    {
      says: 'of softwires the keys stay',
      request: `GET ${TABLE}?depth=2`,
      status: 200,
      is: own('binding-table', { softwire: [keys, { ...keys, psid: 2 }] }),
    },
    {
      says: 'of a list each entry is a target',
      request: `GET ${TABLE}/softwire?depth=1`,
      status: 200,
      is: softwires(keys, { ...keys, psid: 2 }),
    },
    {
      says: 'of an entry',
      request: `GET ${ENTRY}?depth=2`,
      status: 200,
      is: softwires({ ...entry(1), 'port-set': {} }),
    },
    { says: 'of a leaf', request: `GET ${SIDE}/mtu?depth=1`, status: 200, is: own('mtu', 1500) },
    {
      says: '65535 is the largest',
      request: `GET ${SIDE}?depth=65535`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    {
      says: 'unbounded is the default',
      request: `GET ${SIDE}?depth=unbounded`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    refused('0', `GET ${SIDE}?depth=0`),
    refused('65536', `GET ${SIDE}?depth=65536`),
    refused('a negative one', `GET ${SIDE}?depth=-1`),
    refused('a fraction', `GET ${SIDE}?depth=1.5`),
    refused('a hexadecimal one', `GET ${SIDE}?depth=0x1`),
    refused('a word', `GET ${SIDE}?depth=all`),
  ],
}

const fields: Section = {
  rfc: '8040',
  section: '4.8.3',
  rows: [
    {
      says: 'one child',
      request: `GET ${CONFIG}?fields=external-interface`,
      status: 200,
      is: own('softwire-config', { 'external-interface': { mtu: 1500 } }),
    },
    {
      says: 'one child in XML',
      request: `GET ${CONFIG}?fields=external-interface`,
      headers: XML,
      status: 200,
      is: `<softwire-config ${MODEL}><external-interface><mtu>1500</mtu></external-interface></softwire-config>`,
    },
    {
      says: 'a path',
      request: `GET ${CONFIG}?fields=external-interface/mtu`,
      status: 200,
      is: own('softwire-config', { 'external-interface': { mtu: 1500 } }),
    },
    {
      says: 'several, by semicolons',
      request: `GET ${RULES}/rule=three?fields=action;path`,
      status: 200,
      is: {
        'ietf-netconf-acm:rule': [
          { name: 'three', action: 'deny', path: '/snabb-softwire-v3:softwire-config/binding-table' },
        ],
      },
    },
    {
      says: 'several of one child, in parentheses',
      request: `GET ${NACM}?fields=rule-list(rule(action))`,
      status: 200,
      is: {
        'ietf-netconf-acm:nacm': {
          'rule-list': [
            {
              name: 'a',
              rule: [
                { name: 'one', action: 'permit' },
                { name: 'two', action: 'permit' },
                { name: 'three', action: 'deny' },
              ],
            },
            { name: 'b/c' },
            { name: 'd' },
          ],
        },
      },
    },
    {
      says: 'parentheses behind a path',
      request: `GET ${CONFIG}?fields=instance/queue(id;external-interface/ip)&content=config`,
      status: 200,
      is: own('softwire-config', {
        instance: [{ device: 'eth0', queue: [{ id: 0, 'external-interface': { ip: '172.20.0.100' } }] }],
      }),
    },
    {
      says: 'of softwires',
      request: `GET ${TABLE}/softwire?fields=b4-ipv6`,
      status: 200,
      is: softwires(...[1, 2].map((psid) => ({ ...keys, psid, 'b4-ipv6': entry(psid)['b4-ipv6'] }))),
    },
    {
      says: 'of a softwire in XML',
      request: `GET ${ENTRY}?fields=port-set/psid-length`,
      headers: XML,
      status: 200,
      is: `<softwire ${MODEL}><ipv4>193.5.1.100</ipv4><psid>1</psid><port-set><psid-length>6</psid-length></port-set></softwire>`,
    },
    {
      says: 'of the datastore, with modules',
      request: `GET ${DATA}?fields=ietf-netconf-acm:nacm/enable-nacm`,
      status: 200,
      is: { 'ietf-restconf:data': { 'ietf-netconf-acm:nacm': { 'enable-nacm': false } } },
    },
    {
      says: 'a child of another module',
      request: `GET ${CONFIG}?fields=external-interface/lwaftr:tcp-mss-clamp`,
      status: 200,
      is: own('softwire-config', { 'external-interface': {} }),
    },
    {
      says: 'selected nodes count as the first level of depth',
      request: `GET ${CONFIG}?fields=external-interface&depth=1`,
      status: 200,
      is: own('softwire-config', { 'external-interface': {} }),
    },
    {
      says: 'what is selected and not there',
      request: `GET ${TABLE}?fields=version`,
      status: 200,
      is: own('binding-table', {}),
    },
    {
      says: 'whole and in part is whole',
      request: `GET ${TABLE}/softwire=193.5.1.100,1?fields=port-set;port-set/psid-length`,
      status: 200,
      is: softwires({ ...keys, 'port-set': { 'psid-length': 6 } }),
    },
    refused('a node that is not there', `GET ${CONFIG}?fields=nonsense`),
    refused('a child of another module without it', `GET ${CONFIG}?fields=external-interface/tcp-mss-clamp`),
    refused('a top-level node without its module', `GET ${DATA}?fields=nacm`),
    refused('nothing', `GET ${CONFIG}?fields=`),
    refused('a parenthesis too few', `GET ${CONFIG}?fields=external-interface(mtu`),
    refused('a parenthesis too many', `GET ${CONFIG}?fields=external-interface(mtu))`),
    refused('empty parentheses', `GET ${CONFIG}?fields=external-interface()`),
    refused('a slash at the end', `GET ${CONFIG}?fields=external-interface/`),
    refused('a semicolon at the end', `GET ${CONFIG}?fields=external-interface;`),
    refused('something below a leaf', `GET ${SIDE}?fields=mtu/mtu`),
    refused('fields of a leaf', `GET ${SIDE}/mtu?fields=mtu`),
  ],
}

const withDefaults: Section = {
  rfc: '8040',
  section: '4.8.9',
  rows: [
    {
      says: 'report-all: all of them',
      request: `GET ${SIDE}?with-defaults=report-all&fields=mtu;mru`,
      status: 200,
      is: own('external-interface', { mtu: 1500, mru: 1460 }),
    },
    {
      says: 'report-all of a softwire',
      request: `GET ${ENTRY}?with-defaults=report-all`,
      status: 200,
      is: softwires({
        ...entry(1, { padding: 0 }),
        'port-set': { 'psid-length': 6, 'reserved-ports-bit-count': 0 },
      }),
    },
    {
      says: 'explicit: those that were set',
      request: `GET ${SIDE}?with-defaults=explicit`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    {
      says: 'explicit of a leaf that was not set',
      request: `GET ${SIDE}/mru?with-defaults=explicit`,
      status: 404,
      tag: 'invalid-value',
    },
    {
      says: 'trim: those that differ',
      request: `GET ${SIDE}?with-defaults=trim`,
      status: 200,
      is: own('external-interface', { mtu: 1500 }),
    },
    {
      says: 'trim of a leaf that has its default',
      request: `GET ${NACM}/rule-list=a/rule=one/module-name?with-defaults=trim`,
      status: 404,
      tag: 'invalid-value',
    },
    {
      says: 'report-all-tagged: those are marked (RFC 7952)',
      request: `GET ${SIDE}?with-defaults=report-all-tagged&fields=mtu;mru`,
      status: 200,
      is: own('external-interface', { mtu: 1500, mru: 1460, '@mru': tag }),
    },
    {
      says: 'report-all-tagged in XML (RFC 6243 s6)',
      request: `GET ${SIDE}?with-defaults=report-all-tagged&fields=mtu;mru`,
      headers: XML,
      status: 200,
      is: `<external-interface ${MODEL}><mtu>1500</mtu><mru ${TAGGED}>1460</mru></external-interface>`,
    },
    {
      says: 'report-all-tagged of a leaf',
      request: `GET ${SIDE}/mru?with-defaults=report-all-tagged`,
      status: 200,
      is: { ...own('mru', 1460), '@snabb-softwire-v3:mru': tag },
    },
    {
      says: 'report-all-tagged of a leaf in XML',
      request: `GET ${SIDE}/mru?with-defaults=report-all-tagged`,
      headers: XML,
      status: 200,
      is: `<mru ${MODEL} ${TAGGED}>1460</mru>`,
    },
    {
      says: 'report-all-tagged of a softwire in XML',
      request: `GET ${ENTRY}?with-defaults=report-all-tagged&fields=padding`,
      headers: XML,
      status: 200,
      is: `<softwire ${MODEL}><ipv4>193.5.1.100</ipv4><psid>1</psid><padding ${TAGGED}>0</padding></softwire>`,
    },
    refused('another mode', `GET ${SIDE}?with-defaults=all`),
    refused('no mode', `GET ${SIDE}?with-defaults`),
  ],
}

const rule = (name: string) => ({ 'ietf-netconf-acm:rule': [{ name, action: 'permit' }] })
const xmlRule = (name: string) => `<rule ${NACM_NS}><name>${name}</name><action>permit</action></rule>`
const point = (name: string, list = 'a') =>
  encodeURIComponent(`/ietf-netconf-acm:nacm/rule-list=${list}/rule=${name}`)
const order = (...names: string[]) => [
  `order /ietf-netconf-acm:nacm/rule-list[name='a']/rule ${names.join(' ')}`,
]

const insert: Section = {
  rfc: '8040',
  section: '4.8.5, 4.8.6',
  rows: [
    {
      says: 'without insert an entry goes last',
      request: `POST ${RULES}`,
      body: rule('new'),
      status: 201,
      changes: [
        `create /ietf-netconf-acm:nacm/rule-list[name='a']/rule[name='new'] {"name":"new","action":"permit"}`,
      ],
    },
    {
      says: 'insert=first',
      request: `POST ${RULES}?insert=first`,
      body: rule('new'),
      status: 201,
      changes: order('new', 'one', 'two', 'three'),
    },
    {
      says: 'insert=last',
      request: `POST ${RULES}?insert=last`,
      body: rule('new'),
      status: 201,
      changes: [
        `create /ietf-netconf-acm:nacm/rule-list[name='a']/rule[name='new'] {"name":"new","action":"permit"}`,
      ],
    },
    {
      says: 'insert=before',
      request: `POST ${RULES}?insert=before&point=${point('two')}`,
      body: rule('new'),
      status: 201,
      changes: order('one', 'new', 'two', 'three'),
    },
    {
      says: 'insert=after',
      request: `POST ${RULES}?insert=after&point=${point('two')}`,
      body: rule('new'),
      status: 201,
      changes: order('one', 'two', 'new', 'three'),
    },
    {
      says: 'in XML',
      request: `POST ${RULES}?insert=after&point=${point('one')}`,
      body: xmlRule('new'),
      status: 201,
      changes: order('one', 'new', 'two', 'three'),
    },
    {
      says: 'PUT of a new entry',
      request: `PUT ${RULES}/rule=new?insert=first`,
      body: rule('new'),
      status: 201,
      changes: order('new', 'one', 'two', 'three'),
    },
    {
      says: 'PUT moves an entry',
      request: `PUT ${RULES}/rule=two?insert=first`,
      body: rule('two'),
      status: 204,
      changes: order('two', 'one', 'three'),
    },
    {
      says: 'PUT without insert leaves it where it is',
      request: `PUT ${RULES}/rule=two`,
      body: rule('two'),
      status: 204,
    },
    {
      says: 'PUT in XML',
      request: `PUT ${RULES}/rule=one?insert=after&point=${point('two')}`,
      body: xmlRule('one'),
      status: 204,
      changes: order('two', 'one', 'three'),
    },
    refused('a point that is not there', `POST ${RULES}?insert=after&point=${point('none')}`, {
      body: rule('new'),
      tag: 'bad-attribute',
    }),
    refused('a point in another list', `POST ${RULES}?insert=after&point=${point('one', 'd')}`, {
      body: rule('new'),
    }),
    refused('a point that is no entry', `POST ${RULES}?insert=after&point=%2Fietf-netconf-acm%3Anacm`, {
      body: rule('new'),
    }),
    refused('a point that is no path', `POST ${RULES}?insert=after&point=one`, { body: rule('new') }),
    refused('before without a point', `POST ${RULES}?insert=before`, { body: rule('new') }),
    refused('first with a point', `POST ${RULES}?insert=first&point=${point('one')}`, { body: rule('new') }),
    refused('a point alone', `POST ${RULES}?point=${point('one')}`, { body: rule('new') }),
    refused('another word', `POST ${RULES}?insert=middle`, { body: rule('new') }),
    refused('insert twice', `POST ${RULES}?insert=first&insert=first`, { body: rule('new') }),
    refused('a list that is ordered by the system', `POST ${TABLE}?insert=first`, {
      body: softwires(entry(3)),
    }),
    refused('a leaf-list that is ordered by the system', `POST ${NACM}/groups/group=operators?insert=first`, {
      body: { 'ietf-netconf-acm:user-name': ['x'] },
    }),
    refused('what is no list', `PUT ${SIDE}/mtu?insert=first`, { body: own('mtu', 1400) }),
    refused('insert of what is patched', `PATCH ${RULES}/rule=one?insert=first`, { body: rule('one') }),
  ],
}

export const queries: readonly Section[] = [common, content, depth, fields, withDefaults, insert]
