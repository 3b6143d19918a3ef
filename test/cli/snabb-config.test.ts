// `lwaftr config` as scripts and agents written for Snabb call it; the forms are those of Snabb's documentation.
import t from 'tap'
import { configuration, entry, LIST, text, World } from './relay.js'

t.test('scripts written for snabb config drive a running relay', async (t) => {
  const world = new World(t)
  const relay = await world.run()
  const ok = async (words: string[], input?: string) => {
    const result = await world.lwaftr(['config', ...words], input)
    t.match(result, { code: 0, stderr: '' }, `${words.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  const { name } = world
  const mtu = '/softwire-config/external-interface/mtu'

  t.equal(await ok(['get', name, '/']), configuration, 'all of it')
  t.equal(await ok(['get', String(relay.process.pid), '/']), configuration, 'by process instead of name')
  t.equal(await ok(['get', name, `${entry(1)}/b4-ipv6`]), '2001:db8:b4::1\n')
  t.equal(
    await ok(['get', '-f', 'xpath', name, `${entry(1)}/port-set`]),
    `${entry(1)}/port-set/psid-length 6\n`,
  )
  t.match(await ok(['get', '--print-default', name, '/softwire-config/external-interface/']), /^mtu 1460;\n/)
  t.equal(await ok(['get', '-s', 'snabb-softwire-v3', name, `${entry(1)}/psid`]), '1\n')
  t.match(await ok(['get-state', name, '/softwire-state/']), /^discontinuity-time .*\n/)
  t.match(await ok(['get-state', name, '/softwire-state/in-ipv4-packets']), /^\d+\n$/)

  await ok(['set', name, mtu, '1500'])
  t.equal(await ok(['get', name, mtu]), '1500\n')
  await ok(['add', name, LIST, text(2)])
  await ok(['add', name, '/softwire-config/binding-table'], `softwire ${text(3)} softwire ${text(4)}`)
  t.equal(
    await ok(['get', name, `${entry(4)}/b4-ipv6`]),
    '2001:db8:b4::4\n',
    'entries inside their container',
  )
  await ok(['set', name, `${entry(4)}/b4-ipv6`], '2001:db8::44\n')
  t.equal(await ok(['get', name, `${entry(4)}/b4-ipv6`]), '2001:db8::44\n', 'a value from stdin')
  await ok(['remove', name, entry(4)])
  const softwires = (await ok(['get', name, LIST])).match(/psid \d/g)
  t.same(softwires, ['psid 1', 'psid 2', 'psid 3'])
  await ok(['load', name, world.conf])
  t.equal(await ok(['get', name, '/']), configuration, 'load replaces everything')
  await ok(['set', name, '/'], configuration.replace('psid 1;', 'psid 5;'))
  t.equal(await ok(['get', name, `${entry(5)}/psid`]), '5\n', 'so does set of /, from stdin')

  const refusals: [string[], number, RegExp][] = [
    [['get', 'nobody', '/'], 1, /no relay nobody is running; running: lab-/],
    [['get', String(process.pid), '/'], 1, /no relay \d+ is running/],
    [['get', name, entry(9)], 1, /does not exist/],
    [['get', '-s', 'ietf-softwire-br', name, '/'], 1, /unknown module ietf-softwire-br; .*snabb-softwire-v3/],
    [['get', '--schema-name', 'ietf-softwire', name, '/'], 1, /unknown module ietf-softwire;/],
    [['get', '--revision-date', '2001-01-01', name, '/'], 1, /the relay has revision \d/],
    [['get', '-r', '2001-01-01', name, '/'], 1, /the relay has revision \d/],
    [['load', '-s', 'ietf-softwire-br', name, world.conf], 1, /unknown module ietf-softwire-br/],
    [['get', '-f', 'json', name, '/'], 2, /Allowed choices are yang, xpath/],
    [['get', name], 2, /missing required argument 'path'/],
    [['remove', name, '/'], 1, /it is all there is/],
    [['add', name, LIST, text(5)], 1, /exists already/],
    [['set', name, mtu, 'big'], 1, /mtu/],
  ]
  const before = await ok(['get', name, '/'])
  for (const [words, code, stderr] of refusals)
    t.match(await world.lwaftr(['config', ...words]), { code, stdout: '', stderr }, words.join(' '))
  t.equal(await ok(['get', name, '/']), before, 'what is refused changes nothing')
})

t.test('an agent talks JSON lines to a listener', async (t) => {
  const world = new World(t)
  await world.run()
  const mtu = '/softwire-config/external-interface/mtu'
  // Pipelined: each answer shows what the requests before it did.
  const exchange: [request: unknown, answer: unknown][] = [
    [
      { id: '0', verb: 'get', path: `${entry(1)}/b4-ipv6` },
      { id: '0', status: 'ok', value: '2001:db8:b4::1' },
    ],
    [
      { id: '1', verb: 'set', path: mtu, value: '1500' },
      { id: '1', status: 'ok' },
    ],
    [
      { id: '2', verb: 'get', path: mtu },
      { id: '2', status: 'ok', value: '1500' },
    ],
    [
      { id: '3', verb: 'add', path: LIST, value: text(2) },
      { id: '3', status: 'ok' },
    ],
    [
      { id: '4', verb: 'get', path: `${entry(2)}/psid` },
      { id: '4', status: 'ok', value: '2' },
    ],
    [
      { id: '5', verb: 'remove', path: entry(2) },
      { id: '5', status: 'ok' },
    ],
    [
      { id: '6', verb: 'get', path: entry(2) },
      { id: '6', status: 'error', error: /does not exist/ },
    ],
    [
      { id: '7', verb: 'get-state', path: '/softwire-state/in-ipv4-packets' },
      { id: '7', status: 'ok', value: /^\d+$/ },
    ],
    [
      { id: '8', verb: 'purge', path: '/' },
      { id: '8', status: 'error', error: /verb purge is none of get/ },
    ],
    [
      { id: '9', verb: 'set', path: mtu },
      { id: '9', status: 'error', error: /lacks value, a string/ },
    ],
    [
      { id: '10', verb: 'set', path: mtu, value: 'x' },
      { id: '10', status: 'error', error: /mtu/ },
    ],
    [['no', 'object'], { status: 'error', error: /a request is a JSON object/ }],
    [
      { id: '11', verb: 'get', path: '/nonsense' },
      { id: '11', status: 'error', error: /nonsense/ },
    ],
    [
      { id: '12', verb: 'get', path: mtu },
      { id: '12', status: 'ok', value: '1500' },
    ],
  ]
  const lines = exchange.map(([request]) => JSON.stringify(request))
  const { code, stdout, stderr } = await world.lwaftr(
    ['config', 'listen', '-s', 'snabb-softwire-v3', world.name],
    `${lines.join('\n')}\n\n{ not JSON\n`,
  )
  t.match({ code, stderr }, { code: 0, stderr: '' }, 'the end of input ends it')
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  t.equal(answers.length, exchange.length + 1)
  for (const [i, [request, expected]] of exchange.entries()) {
    t.match(answers[i], expected, JSON.stringify(request))
    t.same(Object.keys(answers[i] ?? {}), Object.keys(expected as object), 'and no other members')
  }
  t.match(answers.at(-1), { status: 'error', error: /this is not JSON/ })
})
