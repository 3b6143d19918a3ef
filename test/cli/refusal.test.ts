import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { configuration, entry, LIST, text, World } from './relay.js'

/** Its MAC is the relay's own. */
const passthru = 'passthru-interface { device int0; mac 02:22:22:22:22:00; }'

t.test('what goes wrong is said in one line, and changes nothing', async (t) => {
  const world = new World(t)
  const relay = await world.run()
  const cases: [words: string[], code: number, stderr: RegExp, input?: string][] = [
    [['get-config', '/softwire-config/nonsense'], 1, /unknown node nonsense in \/softwire-config/],
    [['get-config', 'softwire-config['], 1, /cannot read path/],
    [['get-config', entry(9)], 1, /does not exist/],
    [['get-config', '--name', 'nobody'], 1, /no relay nobody is running; running: lab-/],
    [['get-config', '--name', '../etc'], 1, /no relay/],
    [['get-config', '--url', 'http://127.0.0.1:1'], 1, /cannot reach the relay: .*ECONNREFUSED/],
    [['get-config', '--url', 'nonsense'], 2, /not an http or https URL/],
    [['get-config', '--format', 'yaml'], 2, /Allowed choices are text, json, xml, xpath/],
    [['get-config', '--nonsense'], 2, /unknown option/],
    [['get-config', '/', 'more'], 2, /too many arguments/],
    [['set-config'], 2, /missing required argument 'path'/],
    [
      ['set-config', '/softwire-config/external-interface/mtu', '70000'],
      1,
      /mtu: 70000 is not a number from 0 to 65535/,
    ],
    [['set-config', '/softwire-config/external-interface/mtu', ''], 1, /mtu/],
    [['set-config', '/softwire-config/external-interface'], 1, /stdin:2:5: /, 'mtu 1400;\nmru x;'],
    [
      ['set-config', '/softwire-config/external-interface/ingress-filter', 'tcp port nonsense'],
      1,
      /filter ".*" does not compile: .*\/external-interface\/ingress-filter/,
    ],
    [['set-config', '/softwire-state/in-ipv4-packets', '1'], 1, /in-ipv4-packets is state/],
    [['add-config', LIST, text(1)], 1, /\[psid='1'\] exists already/],
    [['add-config', LIST, `${text(2)} ${text(2)}`], 1, /exists already|given twice/],
    [['add-config', LIST, text(70)], 1, /psid/],
    [['add-config', LIST, text(2).replace('length 6', 'length 7')], 1, /differ in port-set/],
    [['remove-config', entry(9)], 1, /does not exist/],
    [['drain', '--queue', '0'], 2, /--queue needs the instance that it is one of/],
    [['purge-neighbors', '--queue', '0'], 2, /--queue needs the instance that it is one of/],
    [['remove-config', ''], 1, /all there is/],
    [['remove-config', `${entry(1)}/psid`], 1, /lacks its key psid/],
    [['load-config', '/nonexistent'], 1, /\/nonexistent: there is no such file/],
    [['load-config', world.file('broken.conf', 'softwire-config {\n  name x\n}\n')], 1, /broken\.conf:2:9: /],
    [
      ['load-config', world.file('broken.json', '{"snabb-softwire-v3:softwire-config": {,}}')],
      1,
      /broken\.json:1:\d+: this is not JSON/,
    ],
    [
      [
        'load-config',
        world.file(
          'must.conf',
          configuration.replace('internal-interface {', `${passthru}\n      internal-interface {`),
        ),
      ],
      1,
      /must\.conf:13:\d+: .*passthru/,
    ],
    [
      ['load-config', world.file('mtu.conf', 'softwire-config {\n  external-interface { mtu 70000; }\n}')],
      1,
      /mtu\.conf:2:28: /,
    ],
    [['nonsense'], 2, /unknown command 'nonsense'/],
    [['run', '--conf', world.conf, '--listen', 'nonsense'], 2, /not HOST:PORT/],
    [['run', '--conf', world.conf, '--listen', '0.0.0.0:0'], 2, /--insecure/],
    [['run', '--conf', world.conf, '--name', 'a/b'], 2, /A name has/],
    [['run', '--conf', world.conf, '--cpu', 'x'], 2, /not a list/],
    [['run', '--conf', world.conf, '-D', 'x'], 2, /not a number of seconds/],
    [['run'], 2, /required option '--conf/],
    [
      [
        'run',
        '--conf',
        world.conf,
        '--name',
        'other',
        '--driver',
        'memory',
        '--listen',
        '127.0.0.1:0',
      ].concat('--state-dir', `${world.directory}/${'long'.repeat(30)}`),
      1,
      /a socket's path has 107 bytes at most/,
    ],
    [['run', '--conf', '/nonexistent', '--name', 'other'], 1, /\/nonexistent: there is no such file/],
    [['run', '--conf', world.conf, '--name', world.name], 1, /a relay named .* is running already/],
    [
      [
        'run',
        '--conf',
        world.conf,
        '--name',
        'other',
        '--driver',
        'memory',
        '--listen',
        new URL(relay.url).host,
      ],
      1,
      /it is in use already/,
    ],
    [
      ['run', '--conf', world.conf, '--name', 'other', '--listen', '127.0.0.1:0'],
      1,
      /device link0: there is no such network interface/,
    ],
  ]
  for (const [words, code, stderr, input] of cases) {
    const result = await world.lwaftr(words, input)
    t.match(result, { code, stdout: '', stderr }, words.join(' '))
    t.equal(result.stderr.trimEnd().split('\n').length, 1, `one line: ${result.stderr}`)
  }
  t.equal((await world.lwaftr(['get-config'])).stdout, configuration)
})

t.test('an answer that breaks off, or that no relay gave, is said to be one', async (t) => {
  const world = new World(t)
  const stranger = await serve(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>')
  })
  const dying = await serve(t, (response, accept) => {
    response.writeHead(200, { 'content-type': accept, 'content-length': 1000 }).write('{"a":')
    setTimeout(() => response.destroy(), 50)
  })
  const capture = ['capture', '-w', `${world.directory}/some.pcapng`]
  for (const [words, url, stderr] of [
    [['history'], dying, /^lwaftr: the relay broke off its answer\n$/],
    [['get-config'], dying, /^lwaftr: the relay broke off its answer\n$/],
    [['purge-neighbors'], dying, /^lwaftr: the relay broke off its answer\n$/],
    [capture, dying, /^lwaftr: 0 packets captured\nlwaftr: the relay broke off its answer\n$/],
    [['history'], stranger, /^lwaftr: what answers at \S+ port \d+ is no relay: it sent text\/html\n$/],
    [['get-config'], stranger, /^lwaftr: what answers at \S+ port \d+ is no relay: it sent text\/html\n$/],
    [['query'], stranger, /^lwaftr: what answers at \S+ port \d+ is no relay: it sent text\/html\n$/],
    [
      ['purge-neighbors'],
      stranger,
      /^lwaftr: what answers at \S+ port \d+ is no relay: it sent text\/html\n$/,
    ],
    [capture, stranger, /^lwaftr: what answers at \S+ port \d+ is no relay: it sent text\/html\n$/],
  ] as const)
    t.match(await world.lwaftr([...words, '--url', url]), { code: 1, stderr }, words.join(' '))
})

/** A web server that answers all the same. */
async function serve(t: Test, answer: (response: ServerResponse, accept: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    answer(response, request.headers.accept ?? '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('several relays must be told apart', async (t) => {
  const world = new World(t)
  await world.run()
  t.match(await world.lwaftr(['get-config']), { code: 0 })
  await world.run('--name', `${world.name}-b`)
  t.match(await world.lwaftr(['get-config']), { code: 1, stderr: /several relays are running, say which/ })
  t.match(await world.lwaftr(['get-config', '--name', world.name]), { code: 0 })
})

t.test('help is for stdout, and exits well', async (t) => {
  const world = new World(t)
  t.match(await world.lwaftr(['--help']), { code: 0, stdout: /load-config/, stderr: '' })
  for (const command of [
    'run',
    'get-config',
    'set-config',
    'add-config',
    'remove-config',
    'load-config',
    'get-state',
  ])
    t.match(await world.lwaftr([command, '--help']), { code: 0, stdout: /Example/, stderr: '' }, command)
  t.match(await world.lwaftr([]), { code: 2, stdout: '' })
  t.match(await world.lwaftr(['get-config']), { code: 1, stderr: /no relay on this machine is running/ })
})
