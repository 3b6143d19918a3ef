/** The text format: what is read, what is refused where and why, and that writing and reading give the same. */
import t from 'tap'
import { LwaftrError } from '../../src/errors.js'
import { parseJson } from '../../src/schema/json.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { parsePath } from '../../src/schema/paths.js'
import { loadSchema } from '../../src/schema/schema.js'
import { decodeSoftwire } from '../../src/schema/softwire-record.js'
import { loadText, readTextAt, writeText } from '../../src/schema/text.js'
import { configuration, Random } from './random.js'
import { split } from './split.js'

const schema = loadSchema()
const everything = parsePath(schema, '/')

const sample = `// A relay on a stick
softwire-config {
  name 'lwaftr' /* quoted */;
  instance {
    device "01:00." + /* in two parts */ "0";
    queue {
      id 0;
      external-interface { ip 172.20.0.100; mac 02:22:22:22:22:00; next-hop { ip 172.20.0.1; } }
      internal-interface {
        ip 2001:DB8::100;
        mac 02:22:22:22:22:00;
        vlan-tag 42;
        next-hop { mac 04:44:44:44:44:44; }
      }
      passthru-interface {
        name xe0; // as early drafts wrote it
        mac 6A:e3:09:2c:06:10;
      }
    }
  }
  external-interface { mtu 1500; ingress-filter "ip and
                                                 not \\"x\\""; lwaftr:tcp-mss-clamp 1400; }
  binding-table {
    softwire {
      ipv4 193.5.1.100; psid 7;
      b4-ipv6 2001:db8:0:0::1; // a comment
      br-address 2a07::192.0.2.1;
      port-set { psid-length 6; reserved-ports-bit-count 0; }
    }
    softwire { psid 0x8; padding 00; port-set { psid-length 6; }
      ipv4 "193.5.1.100"; b4-ipv6 2001:db8::2; br-address 2a07::1; }
  }
}
`

t.test('everything YANG writes is read', (t) => {
  const { tree, softwires } = loadText(schema, Buffer.from(sample))
  t.same(tree, {
    'snabb-softwire-v3:softwire-config': {
      name: 'lwaftr',
      instance: [
        {
          device: '01:00.0',
          queue: [
            {
              id: 0,
              'external-interface': {
                ip: '172.20.0.100',
                mac: '02:22:22:22:22:00',
                'next-hop': { ip: '172.20.0.1' },
              },
              'internal-interface': {
                ip: '2001:db8::100',
                mac: '02:22:22:22:22:00',
                'vlan-tag': 42,
                'next-hop': { mac: '04:44:44:44:44:44' },
              },
              'passthru-interface': { device: 'xe0', mac: '6a:e3:09:2c:06:10' },
            },
          ],
        },
      ],
      'external-interface': {
        mtu: 1500,
        'ingress-filter': 'ip and\nnot "x"',
        'lwaftr:tcp-mss-clamp': 1400,
      },
    },
  })
  t.same(
    [...softwires].map((record) => decodeSoftwire(record)),
    [
      {
        ipv4: '193.5.1.100',
        psid: 7,
        'br-address': '2a07::c000:201',
        'b4-ipv6': '2001:db8::1',
        'port-set': { 'psid-length': 6, 'reserved-ports-bit-count': 0 },
      },
      {
        ipv4: '193.5.1.100',
        psid: 8,
        padding: 0,
        'br-address': '2a07::1',
        'b4-ipv6': '2001:db8::2',
        'port-set': { 'psid-length': 6 },
      },
    ],
  )
  t.end()
})

/** Text; line, column and message of the error. */
const wrong: readonly (readonly [string, number, number, RegExp])[] = [
  ['', 1, 1, /no configuration; it begins with softwire-config \{/],
  ['softwire-config', 1, 16, /\{ is expected after softwire-config, not the end/],
  ['softwire-config {', 1, 1, /block of softwire-config is never closed; add \}/],
  ['softwire-config { } }', 1, 21, /\} closes nothing/],
  ['softwire-config {}\nsoftwire-config {}', 2, 1, /softwire-config \(first in line 1\) is given twice/],
  [
    'softwire-confg {}',
    1,
    1,
    /unknown node softwire-confg in the configuration; did you mean softwire-config\?/,
  ],
  ['softwire-config {\n  nane x;\n}', 2, 3, /unknown node nane in \/softwire-config; did you mean name\?/],
  ['softwire-config {\n  name x\n}', 2, 9, /; is expected after name, not \}/],
  ['softwire-config {\n  name x y;\n}', 2, 9, /; is expected after name, not "y"/],
  ['softwire-config {\n  name;\n}', 2, 7, /name needs a value \(a string\), not ;/],
  ['softwire-config {\n  name x { }\n}', 2, 10, /name takes a value, not a block/],
  ['softwire-config {\n  name x;\n  name y;\n}', 3, 3, /name \(first in line 2\) is given twice/],
  [
    'softwire-config {\n  external-interface { mtu 65536; }\n}',
    2,
    28,
    /mtu: 65536 is not a number from 0 to 65535/,
  ],
  ['softwire-config {\n  external-interface { mtu big; }\n}', 2, 28, /mtu: "big" is not a number/],
  ['softwire-config {\n  external-interface { mtu 60; }\n}', 2, 24, /give 68 or more/],
  [
    'softwire-config {\n  external-interface mtu;\n}',
    2,
    22,
    /\{ is expected after external-interface, not "mtu"/,
  ],
  ['softwire-config {\n  instance eth0 { }\n}', 2, 12, /keys stand inside the block/],
  ['softwire-config {\n  instance { }\n}', 2, 3, /list instance lacks its key device/],
  [
    'softwire-config {\n  instance { device a; }\n  instance { device a; }\n}',
    3,
    3,
    /instance a \(first in line 2\) is given twice/,
  ],
  ['softwire-config {\n  instance { device a; queue { id 0; } }\n}', 2, 24, /ip is missing/],
  ['softwire-config {\n  instance { device a; softwire-state { } }\n}', 2, 24, /softwire-state is state/],
  [
    'softwire-config { binding-table {\n softwire { ipv4 1.2.3.4; psid 1; }\n} }',
    2,
    2,
    /b(r-address|4-ipv6) is missing/,
  ],
  [
    'softwire-config { binding-table {\n softwire { ipv4 1.2.3.4; psid 1; b4-ipv6 2001::1; br-address 2001::2; port-set { psid-length 0; } }\n} }',
    2,
    2,
    /psid does not fit/,
  ],
  [
    'softwire-config { binding-table {\n softwire { ipv4 1.2.3.4; psid 1; b4-ipv6 2001:::1; } } }',
    2,
    43,
    /b4-ipv6: "2001:::1": this is not an IPv6 address/,
  ],
  [
    'softwire-config { binding-table {\n softwire { ipv4 224.2.3.4; } } }',
    2,
    18,
    /no host can have this IPv4 address/,
  ],
  [
    'softwire-config { binding-table {\n softwire { psid 1; psid 2; } } }',
    2,
    21,
    /psid \(first in line 2\) is given twice/,
  ],
  ['softwire-config { name "x }', 1, 24, /string is never closed; add "/],
  ['softwire-config { /* }', 1, 19, /comment is never closed; add \*\//],
  ['softwire-config { name "\\d"; }', 1, 25, /after a backslash only/],
  ['softwire-config { name "a" + b; }', 1, 30, /a quoted string is expected after \+, not "b"/],
  ['softwire-config { name a"b"; }', 1, 25, /quote within an unquoted word/],
  ['softwire-config { name a\0b; }', 1, 25, /control character 0/],
  ['softwire-config { foo:name a; }', 1, 19, /unknown module foo/],
  ['softwire-config { "name" a; }', 1, 19, /a name is expected, not a quoted string/],
  [';', 1, 1, /a name is expected, not ;/],
  [`${'{'.repeat(100_000)}`, 1, 1, /a name is expected, not \{/],
  ['softwire-config {\n'.repeat(1000), 2, 1, /unknown node softwire-config/],
]

for (const [text, line, column, message] of wrong)
  t.test(`refused: ${JSON.stringify(text.slice(0, 100))}`, (t) => {
    const error = t.throws(() => loadText(schema, Buffer.from(text), { file: 'x.conf' }))
    t.ok(error instanceof LwaftrError, String(error))
    const { message: said, ...place } = error as LwaftrError
    t.match(said, message)
    t.match(place, { file: 'x.conf', line, column })
    t.notMatch(said, /\n/, 'one line')
    t.end()
  })

t.test('text that is not UTF-8 is refused where it stops being so', (t) => {
  const bytes = Buffer.concat([
    Buffer.from('softwire-config {\n  name "ü'),
    Buffer.of(0xff),
    Buffer.from('";\n}'),
  ])
  t.throws(() => loadText(schema, bytes), { line: 2, column: 11, message: /not UTF-8/ })
  t.throws(
    () => parseJson(Buffer.from('"\xff"', 'latin1')),
    { code: 'syntax', message: /not UTF-8/ },
    'as JSON',
  )
  t.end()
})

t.test('cut off anywhere, it is an error with a place, or still a configuration', (t) => {
  const whole = Buffer.from(sample)
  for (let end = 0; end < whole.length; end++) {
    try {
      loadText(schema, whole.subarray(0, end))
      t.equal(whole.toString('utf8', end).trim(), '', `cut at ${end} it is complete`)
    } catch (failure) {
      if (!(failure instanceof LwaftrError) || failure.line === undefined || failure.column === undefined)
        t.fail(`cut at ${end}: ${failure}`)
    }
  }
  t.end()
})

t.test('with any byte changed it is an error with a place, or a configuration', (t) => {
  const random = new Random(5)
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(sample)
    bytes[random.below(bytes.length)] = random.pick([...Buffer.from('{};"\'/*+\\ \n0a:.%'), 0, 0xff])
    try {
      loadText(schema, bytes)
    } catch (failure) {
      if (!(failure instanceof LwaftrError) || failure.line === undefined)
        t.fail(`${i}: ${failure}\n${bytes}`)
    }
  }
  t.end()
})

t.test('what is written is read as the same', (t) => {
  const random = new Random(6)
  for (let i = 0; i < 300; i++) {
    const { tree, softwires } = split(schema, configuration(random))
    const text = [...writeText(schema, everything, { value: tree, softwires: [softwires.bytes] })].join('')
    const read = loadText(schema, Buffer.from(text))
    t.same(read.tree, tree, text)
    t.same(read.softwires.bytes, softwires.bytes)
  }
  t.end()
})

t.test('every part is read back at its path', (t) => {
  const { tree, softwires } = loadText(schema, Buffer.from(sample))
  const config = tree['snabb-softwire-v3:softwire-config'] as JsonObject
  const instance = (config.instance as JsonObject[])[0] as JsonObject
  const parts = [
    ['/softwire-config', config],
    ['/softwire-config/name', config.name],
    ['/softwire-config/instance', config.instance],
    ['/softwire-config/instance[device=01:00.0]', instance],
    ['/softwire-config/instance[device=01:00.0]/queue', instance.queue],
    ['/softwire-config/external-interface', config['external-interface']],
    ['/softwire-config/external-interface/ingress-filter', 'ip and\nnot "x"'],
  ] as const
  for (const [path, value] of parts) {
    const at = parsePath(schema, path)
    const held = path === '/softwire-config' ? { softwires: [softwires.bytes] } : {}
    const text = [...writeText(schema, at, { value: value ?? null, ...held })].join('')
    const read = readTextAt(schema, at, Buffer.from(text))
    t.same(
      read.value,
      softwires.count > 0 && value === config ? { ...config, 'binding-table': {} } : value,
      text,
    )
    if (path === '/softwire-config') t.same(read.softwires.bytes, softwires.bytes)
  }
  t.end()
})

t.test('a value may be written in several ways', (t) => {
  const read = (path: string, text: string) =>
    readTextAt(schema, parsePath(schema, path), Buffer.from(text)).value
  for (const text of [
    '1500',
    '1500;',
    ' "1500" ',
    'mtu 1500;',
    'softwire:mtu 1500;',
    'snabb-softwire-v3:mtu 1500;',
  ])
    t.equal(read('/softwire-config/external-interface/mtu', text), 1500, text)
  for (const text of ['ip and tcp', 'ip and tcp;', '"ip and tcp"', 'ingress-filter "ip and tcp";'])
    t.equal(read('/softwire-config/external-interface/ingress-filter', text), 'ip and tcp', text)
  for (const text of ['mtu 1500;', '{ mtu 1500; }', 'external-interface { mtu 1500; }'])
    t.same(read('/softwire-config/external-interface', text), { mtu: 1500 }, text)
  const b4 = 'b4-ipv6 2001:db8::1; br-address 2001:db8::2; port-set { psid-length 3; }'
  const entry = {
    ipv4: '1.2.3.4',
    psid: 7,
    'b4-ipv6': '2001:db8::1',
    'br-address': '2001:db8::2',
    'port-set': { 'psid-length': 3 },
  }
  for (const text of [b4, `{ ${b4} }`, `softwire { psid 7; ${b4} }`, `ipv4 1.2.3.4; ${b4}`])
    t.same(read('/softwire-config/binding-table/softwire[ipv4=1.2.3.4][psid=7]', text), entry, text)
  const list = parsePath(schema, '/softwire-config/binding-table/softwire')
  for (const [text, count] of [
    ['', 0],
    [`{ ipv4 1.2.3.4; psid 7; ${b4} }`, 1],
    [`softwire { ipv4 1.2.3.4; psid 7; ${b4} } { ipv4 1.2.3.4; psid "6"; ${b4} }`, 2],
  ] as const)
    t.equal(readTextAt(schema, list, Buffer.from(text)).softwires.count, count, text)
  for (const [path, text, message] of [
    ['/softwire-config/external-interface/mtu', 'x', /is not a number/],
    ['/softwire-config/external-interface/mtu', '', /is not a number/],
    ['/softwire-config/external-interface', '{ mtu 1500; } x', /nothing more is expected/],
    ['/softwire-config/external-interface', '1500', /unknown node 1500/],
    ['/softwire-config/instance[device=a]', 'device b;', /device is b in the value but a in the path/],
    ['/softwire-config/instance', 'device b;', /\{ is expected at the start of an entry/],
    ['/softwire-config/instance', '{ }', /lacks its key device/],
    ['/softwire-state', '{ }', /is state/],
  ] as const)
    t.throws(() => read(path, text), { message, name: 'LwaftrError' }, `${path} ${text}`)
  t.end()
})

t.test('defaults are written when asked for', (t) => {
  const path = parsePath(schema, '/softwire-config/external-interface')
  const text = [...writeText(schema, path, { value: { mtu: 9000 }, defaults: true })].join('')
  t.match(text, /^mtu 9000;\nmru 1460;\nallow-incoming-icmp true;\n/)
  t.match(text, /reassembly \{\n {2}max-fragments-per-packet 20;\n {2}max-packets 20000;\n\}/)
  t.end()
})
