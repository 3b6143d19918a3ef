import t from 'tap'
import { LwaftrError } from '../../src/errors.js'
import {
  formatApiPath,
  formatInstanceIdentifier,
  formatXPath,
  parseApiPath,
  parsePath,
} from '../../src/schema/paths.js'
import { loadSchema } from '../../src/schema/schema.js'
import { Random, strings } from './random.js'

const schema = loadSchema()
const top = 'snabb-softwire-v3:softwire-config'

/** What people write; XPath, api-path and instance-identifier of what it means. */
const same: readonly (readonly [readonly string[], string, string, string])[] = [
  [['/', ''], '/', '', '/'],
  [
    [
      '/softwire-config',
      'softwire-config',
      `/${top}`,
      top,
      '/softwire:softwire-config',
      `/${top.replace(':', '%3A')}`,
    ],
    '/softwire-config',
    top,
    `/${top}`,
  ],
  [
    [
      '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]/b4-ipv6',
      '/softwire-config/binding-table/softwire[psid=\'7\'][ipv4="193.5.1.100"]/b4-ipv6',
      '/softwire-config/binding-table/softwire[ ipv4 = 193.5.1.100 ][softwire:psid=007]/b4-ipv6',
      `${top}/binding-table/softwire=193.5.1.100,7/b4-ipv6`,
      `/${top}/binding-table/softwire=193%2E5.1.100,7/b4-ipv6`,
      'softwire-config/binding-table/softwire=193.5.1.100,0x7/softwire:b4-ipv6',
    ],
    '/softwire-config/binding-table/softwire[ipv4=193.5.1.100][psid=7]/b4-ipv6',
    `${top}/binding-table/softwire=193.5.1.100,7/b4-ipv6`,
    `/${top}/binding-table/softwire[ipv4='193.5.1.100'][psid='7']/b4-ipv6`,
  ],
  [
    ['/softwire-config/binding-table/softwire', `${top}/binding-table/softwire`],
    '/softwire-config/binding-table/softwire',
    `${top}/binding-table/softwire`,
    `/${top}/binding-table/softwire`,
  ],
  [
    ['/softwire-config/external-interface/tcp-mss-clamp', `${top}/external-interface/lwaftr:tcp-mss-clamp`],
    '/softwire-config/external-interface/tcp-mss-clamp',
    `${top}/external-interface/lwaftr:tcp-mss-clamp`,
    `/${top}/external-interface/lwaftr:tcp-mss-clamp`,
  ],
  [
    [
      '/softwire-config/instance[device=0000:03:00.0]/queue[id=0]',
      `${top}/instance=0000:03:00.0/queue=0`,
      `${top}/instance=0000%3a03%3a00.0/queue=0`,
    ],
    '/softwire-config/instance[device=0000:03:00.0]/queue[id=0]',
    `${top}/instance=0000:03:00.0/queue=0`,
    `/${top}/instance[device='0000:03:00.0']/queue[id='0']`,
  ],
  [
    ['/softwire-config/instance[device=\'a/b, [c]="d"\']', `${top}/instance=a%2Fb%2C%20%5Bc%5D%3D%22d%22`],
    '/softwire-config/instance[device=\'a/b, [c]="d"\']',
    `${top}/instance=a%2Fb%2C%20%5Bc%5D%3D%22d%22`,
    `/${top}/instance[device='a/b, [c]="d"']`,
  ],
]

for (const [written, xpath, apiPath, identifier] of same)
  for (const text of written)
    t.test(`path ${text}`, (t) => {
      const path = parsePath(schema, text)
      t.equal(formatXPath(path), xpath)
      t.equal(formatApiPath(path), apiPath)
      t.equal(formatInstanceIdentifier(path), identifier)
      t.end()
    })

const wrong: readonly (readonly [string, RegExp])[] = [
  ['/softwire-confg', /unknown node softwire-confg in the datastore; did you mean softwire-config\?/],
  ['/foo:softwire-config', /unknown module foo/],
  ['/lwaftr:softwire-config', /unknown node lwaftr:softwire-config/],
  [
    '/softwire-config/binding-table/softwires',
    /unknown node softwires in \/softwire-config\/binding-table; did you mean softwire\?/,
  ],
  ['/softwire-config/name/x', /unknown node x in \/softwire-config\/name; nothing is expected here/],
  [
    '/softwire-config/binding-table/softwire[ipv4=1.2.3.4]',
    /lacks its key psid: softwire\[ipv4=…\]\[psid=…\] or softwire=…,…/,
  ],
  [
    '/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=1][psid=2]',
    /psid of softwire is given twice/,
  ],
  [
    '/softwire-config/binding-table/softwire[b4-ipv6=::2]',
    /b4-ipv6 is no key of softwire; its keys are ipv4, psid/,
  ],
  ['/softwire-config/binding-table/softwire[1]', /by their keys, not by position/],
  ['/softwire-config/binding-table/softwire[ipv4=1.2.3.4', /\[key=value\] is expected at character/],
  ['/softwire-config/binding-table/softwire[ipv4=x][psid=1]', /ipv4: "x": this is not an IPv4 address/],
  [
    '/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=65536]',
    /psid: 65536 is not a number from 0 to 65535/,
  ],
  [`${top}/binding-table/softwire=1.2.3.4`, /has 2 keys \(ipv4, psid\), not 1/],
  [`${top}/binding-table/softwire=1.2.3.4,1,2`, /has 2 keys \(ipv4, psid\), not 3/],
  [`${top}/binding-table/softwire/psid`, /softwire is a list; say which entry/],
  [`${top}=1`, /is a container, it takes no keys/],
  [`${top}/instance=%zz`, /%zz is not percent-encoded UTF-8/],
  [`${top}/instance=%ff`, /not percent-encoded/],
  [`${top}/`, /ends with a slash/],
  [`${top}//name`, /a name is expected/],
  ['//softwire-config', /a name is expected/],
  [`/${'x'.repeat(9000)}`, /longer than 8192/],
]

for (const [text, message] of wrong)
  t.test(`no path: ${text.slice(0, 80)}`, (t) => {
    const error = t.throws(() => parsePath(schema, text))
    t.ok(error instanceof LwaftrError, String(error))
    t.match((error as LwaftrError).message, message)
    t.equal((error as LwaftrError).status, 400)
    t.end()
  })

t.test('an api-path names modules as RFC 8040 wants them', (t) => {
  t.ok(parseApiPath(schema, `${top}/external-interface/lwaftr:tcp-mss-clamp`))
  t.throws(() => parseApiPath(schema, 'softwire-config'), {
    message: /write snabb-softwire-v3:softwire-config instead/,
  })
  t.throws(() => parseApiPath(schema, `${top}/external-interface/tcp-mss-clamp`), {
    message: /lwaftr:tcp-mss-clamp/,
  })
  t.throws(() => parseApiPath(schema, `${top}/binding-table/softwire[ipv4=1.2.3.4][psid=1]`), LwaftrError)
  t.end()
})

t.test('any key survives every syntax', (t) => {
  const instance = schema.roots.get(top)?.children.get('instance')
  const root = schema.roots.get(top)
  if (instance === undefined || root === undefined) throw new Error('the model has no instance')
  const keys = [...strings, `"both' kinds\\`, "\\'", '%41', 'a=b,c/d', ']']
  for (const key of keys) {
    const path = {
      steps: [
        { node: root, keys: [] },
        { node: instance, keys: [key] },
      ],
    }
    for (const format of [formatXPath, formatApiPath, formatInstanceIdentifier])
      t.same(parsePath(schema, format(path)), path, `${format.name}: ${format(path)}`)
  }
  t.end()
})

t.test('whatever is written, the answer is a path or an error that says why', (t) => {
  const random = new Random(4)
  const pieces = [
    '/',
    'softwire-config',
    top,
    'binding-table',
    'softwire',
    '[',
    ']',
    '=',
    'ipv4',
    'psid',
    '1.2.3.4',
    ',',
    "'",
    '"',
    '%',
    '%2F',
    '\\',
    ' ',
    '..',
    '*',
    '[ipv4=1.2.3.4]',
    '[psid=7]',
    ':',
    '\0',
    '💥',
  ]
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join('')
    try {
      const path = parsePath(schema, text)
      t.same(parsePath(schema, formatXPath(path)), path)
    } catch (failure) {
      if (!(failure instanceof LwaftrError)) t.fail(`${text}: ${failure}`)
    }
  }
  t.end()
})
