/** libyang behind its one verb: formats, with-defaults modes, parts of trees, errors; and that it leaks nothing. */
import t from 'tap'
import { type ConvertOptions, yangContext } from '../../src/schema/native.js'
import { loadSchema } from '../../src/schema/schema.js'
import { convert } from '../../src/schema/validate.js'

loadSchema()

const config = (inside: string) => `{"snabb-softwire-v3:softwire-config":{${inside}}}`
const rate = (inside: string) => config(`"external-interface":{"error-rate-limiting":{${inside}}}`)
const json: ConvertOptions = { from: 'json', to: 'json', configOnly: true }

t.test('defaults are shown as RFC 6243 has it', (t) => {
  const given = rate('"packets":200,"period":3')
  const limits = (defaults: 'explicit' | 'trim' | 'report-all') =>
    JSON.parse(convert(given, { ...json, defaults }))['snabb-softwire-v3:softwire-config'][
      'external-interface'
    ]
  t.same(limits('explicit'), { 'error-rate-limiting': { packets: 200, period: 3 } })
  t.same(limits('trim'), { 'error-rate-limiting': { period: 3 } })
  t.match(limits('report-all'), { mtu: 1460, 'error-rate-limiting': { packets: 200, period: 3 } })
  t.end()
})

t.test('a part of a tree is read below its parent', (t) => {
  const parent = "/snabb-softwire-v3:softwire-config/instance[device='a']"
  t.equal(
    convert('<queue xmlns="snabb:softwire-v3"><id>1</id></queue>', { ...json, from: 'xml', parent }),
    '{"snabb-softwire-v3:queue":[{"id":1}]}',
  )
  t.throws(() => convert('{"snabb-softwire-v3:mtu":1}', { ...json, parent }), {
    name: 'LwaftrError',
    code: 'unknown-node',
  })
  t.throws(() => convert('{}', { ...json, parent: '/nowhere:at-all' }), { name: 'LwaftrError' })
  t.end()
})

const refused: readonly (readonly [string, string, ConvertOptions, object])[] = [
  ['broken JSON', '{', json, { code: 'syntax', tag: 'malformed-message', status: 400, line: 1 }],
  ['broken XML', '<a', { ...json, from: 'xml' }, { code: 'syntax', tag: 'malformed-message' }],
  [
    'a node unknown',
    config('"x":1'),
    json,
    { code: 'unknown-node', tag: 'unknown-element', path: '/snabb-softwire-v3:softwire-config' },
  ],
  [
    'a value wrong',
    config('"external-interface":{"mtu":"x"}'),
    json,
    {
      code: 'bad-value',
      tag: 'invalid-value',
      path: '/snabb-softwire-v3:softwire-config/external-interface/mtu',
    },
  ],
  [
    'a must broken',
    config('"external-interface":{"mtu":1}'),
    json,
    { code: 'must-violation', tag: 'operation-failed', appTag: 'must-violation', status: 412 },
  ],
  ['a key missing', config('"instance":[{}]'), json, { code: 'missing-key', tag: 'missing-element' }],
  ['a leaf twice', config('"name":"a","name":"b"'), json, { code: 'duplicate', tag: 'bad-element' }],
  [
    'a choice not made',
    config(
      '"instance":[{"device":"a","queue":[{"id":0,"external-interface":{"ip":"1.2.3.4","mac":"02:00:00:00:00:01"},"internal-interface":{"ip":"2::2","mac":"02:00:00:00:00:01"}}]}]',
    ),
    json,
    { code: 'missing-choice', tag: 'data-missing', appTag: 'missing-choice' },
  ],
  ['state', config('"instance":[{"device":"a","softwire-state":{}}]'), json, { code: 'bad-value' }],
]

for (const [what, data, options, expected] of refused)
  t.test(`refused: ${what}`, (t) => {
    t.throws(() => convert(data, options), { name: 'LwaftrError', ...expected })
    t.end()
  })

t.test('a module that is not there is said to be so', (t) => {
  t.throws(() => yangContext().load('no-such-module'), { message: /module no-such-module: .*not found/i })
  t.end()
})

t.test('memory stays where it was after many good and bad documents', (t) => {
  const round = () => {
    for (let i = 0; i < 2000; i++) {
      convert(rate('"packets":7'), json)
      for (const [, data, options] of refused.slice(0, 5)) yangContext().convert(data, options)
      yangContext().convert('{"snabb-softwire-v3:queue":[{"id":1}]}', {
        ...json,
        parent: "/snabb-softwire-v3:softwire-config/instance[device='a']",
      })
      yangContext().convert('{"snabb-softwire-v3:queue":7}', {
        ...json,
        parent: "/snabb-softwire-v3:softwire-config/instance[device='a']",
      })
    }
  }
  round()
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 5; i++) round()
  const grown = process.memoryUsage.rss() - before
  // A leaked tree would be some hundred bytes for each of 80000 documents.
  t.ok(grown < 25e6, `${grown} bytes more`)
  t.end()
})
