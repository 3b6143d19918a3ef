import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lwaftr } from './lwaftr.js'

const directory = mkdtempSync(join(tmpdir(), 'lwaftr-check-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const at = (name: string) => join(directory, name)

/** One clear line on stderr, nothing on stdout, and the exit code. */
function fails(t: Test, result: ReturnType<typeof lwaftr>, status: number, message: RegExp, about: string) {
  t.match(result, { status, stdout: '', stderr: message }, about)
  t.equal(result.stderr.trimEnd().split('\n').length, 1, 'in one line')
}

const conf = at('relay.conf')
const [v4, v6, v4Out, v6Out, counters] = ['4.pcap', '6.pcap', '4.out', '6.out', 'counters.json'].map(at) as [
  string,
  string,
  string,
  string,
  string,
]
const generate = ['generate-configuration', '193.5.1.1', 2, 'fc00::100', 'fc00:1::1', 3]
t.equal(lwaftr(...generate, '--output', conf, '--pcap-v4', v4, '--pcap-v6', v6, '--npackets', 300).status, 0)
const files = [conf, v4, v6, v4Out, v6Out]

t.test('every generated packet goes through its softwire', async (t) => {
  t.same(lwaftr('check', '-r', ...files, counters), { status: 0, stdout: '', stderr: '' })
  t.match(JSON.parse(readFileSync(counters, 'utf8')), {
    'in-ipv4-packets': 300,
    'out-ipv4-packets': 300,
    'in-ipv6-packets': 300,
    'out-ipv6-packets': 300,
  })
  t.equal(readFileSync(v4Out).length, readFileSync(v4).length)
  t.equal(readFileSync(v6Out).length, readFileSync(v6).length)
  t.same(lwaftr('check', ...files, counters), { status: 0, stdout: '', stderr: '' }, 'twice the same')
  t.equal(lwaftr('check', '--on-a-stick', ...files, counters).status, 0, 'and on a stick')
})

t.test('a counter that differs is printed and fails', async (t) => {
  const wrong = at('wrong.json')
  const right = JSON.parse(readFileSync(counters, 'utf8'))
  delete right['out-ipv6-packets']
  writeFileSync(wrong, JSON.stringify({ ...right, 'drop-ttl-zero-ipv4-packets': 1, 'drop-odd-packets': 2 }))
  t.same(lwaftr('check', ...files, wrong), {
    status: 1,
    stdout:
      'drop-odd-packets: no such counter, expected 2\n' +
      'drop-ttl-zero-ipv4-packets: 0, expected 1\n' +
      'out-ipv6-packets: 300, expected 0\n',
    stderr: 'lwaftr: 3 counters are not as expected\n',
  })
})

t.test('bad input is told in one line', async (t) => {
  const text = at('text')
  writeFileSync(text, 'softwire-config {\n  binding-table { softwire { ipv4 1.2.3; } }\n}\n')
  const json = at('array.json')
  writeFileSync(json, '[1]')
  const none = at('none')
  const damaged = at('damaged.pcap')
  writeFileSync(damaged, readFileSync(v4).subarray(0, 130))
  const [, ...pcaps] = files
  for (const [args, message] of [
    [[none, ...pcaps], /none: there is no such file/],
    [[v4, ...pcaps], /4\.pcap/],
    [[text, ...pcaps], /text:2:\d+: .*ipv4/],
    [[conf, none, v6, v4Out, v6Out], /none: /],
    [[conf, conf, v6, v4Out, v6Out], /relay\.conf: /],
    [[conf, v4, damaged, v4Out, v6Out], /damaged\.pcap: /],
    [[conf, v4, v6, at('no/where'), v6Out], /where: /],
    [[conf, v4, v6, v4, v6Out], /4\.pcap: it is named twice/],
    [[conf, v4, v6, v4Out, v4Out], /4\.out: it is named twice/],
    [['-r', ...files, conf], /relay\.conf: it is named twice/],
    [[...files, none], /none: /],
    [[...files, v4], /4\.pcap: it is not JSON/],
    [[...files, json], /array\.json: it must hold an object/],
  ] as const)
    fails(t, lwaftr('check', ...args), 1, message, args.join(' '))
})

t.test('softwires that contradict each other are named with their place', async (t) => {
  const twice = at('twice.conf')
  const lines = readFileSync(conf, 'utf8').split('\n')
  const first = lines.findIndex((line) => line.includes('softwire {'))
  lines.splice(first + 2, 0, (lines[first] as string).replace('psid-length 3', 'psid-length 4'))
  writeFileSync(twice, lines.join('\n'))
  const message = new RegExp(`twice\\.conf:${first + 3}:\\d+: .*193\\.5\\.1\\.1`)
  fails(t, lwaftr('check', twice, v4, v6, v4Out, v6Out), 1, message, 'check')
})

t.test('wrong usage is exit code 2', async (t) => {
  for (const args of [
    ['check'],
    ['check', '--frob', ...files],
    ['check', '-r', ...files],
    ['check', ...files, counters, 'more'],
    ['bench', conf, v4],
    ['bench', '-D', 'x', conf, v4, v6],
    ['bench', '--cpu', 'x', conf, v4, v6],
    ['generate-configuration', '193.5.1.1', 0, 'fc00::100', 'fc00:1::1', 3],
    ['generate-configuration', '193.5.1', 1, 'fc00::100', 'fc00:1::1', 3],
    ['generate-configuration', '193.5.1.1', 1, 'fc00::100', 'fc00:1::1', 17],
    ['generate-configuration', '193.5.1.1', 1, 'fc00::100', 'fc00:1::1', 6, 11],
    ['generate-configuration', '255.255.255.255', 2, 'fc00::100', 'fc00:1::1', 6],
    ['generate-configuration', '193.5.1.1', 1, 'fc00::100', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', 6],
  ])
    fails(t, lwaftr(...args), 2, /./, args.join(' '))
  for (const command of ['check', 'bench', 'generate-configuration'])
    t.match(lwaftr(command, '--help'), { status: 0, stdout: /Example/, stderr: '' })
})

t.test('bench tells what it forwards', async (t) => {
  const args = ['bench', '-D', 0.05, conf, v4, v6]
  t.match(lwaftr(...args), {
    status: 0,
    stdout: /^14 softwires, [\d.]+ s\nencap: [\d.]+ Mpps, [\d.]+ Gbps\ndecap: [\d.]+ Mpps, [\d.]+ Gbps\n$/,
    stderr: '',
  })
  const { duration, encap, decap, softwires } = JSON.parse(lwaftr(...args, '--json', '--cpu', 0).stdout)
  t.equal(softwires, 14)
  t.ok(duration > 0.04 && encap.mpps > 0 && encap.gbps > 0 && decap.mpps > 0 && decap.gbps > 0)
  const { stages } = JSON.parse(lwaftr(...args, '--json', '--stages').stdout)
  t.ok(stages['encapsulate: look up'] > 0 && stages.copy > 0, 'ns by stage')
  t.match(lwaftr(...args, '--stages'), {
    stdout: /\n +[\d.]+ {2}decapsulate: look up +\(address, port\) to softwire\n/,
  })
  const disturbed = lwaftr(...args, '--edits', 100, '--reloads', 2)
  t.match(disturbed, { status: 0, stdout: /100 edits and 2 reloads in .*: 0 wrong\n$/s, stderr: '' })
  t.match(JSON.parse(lwaftr(...args, '--edits', 100, '--json').stdout), { edits: 100, reloads: 0, wrong: 0 })
  const empty = at('empty.pcap')
  writeFileSync(empty, readFileSync(v4).subarray(0, 24))
  fails(t, lwaftr('bench', conf, v4, empty), 1, /empty\.pcap: it holds no frames/, 'an empty pcap')
  fails(t, lwaftr('bench', '--cpu', 9999, conf, v4, v6), 1, /cannot pin to CPU 9999/, 'an absent CPU')
})

t.test('a generated configuration reserves the ports that SHIFT leaves over', async (t) => {
  const { stdout } = lwaftr('generate-configuration', '193.5.1.255', 2, 'fc00::100', 'fc00::ff', 1, 10)
  t.match(stdout, /ipv4 193\.5\.1\.255; psid 1; b4-ipv6 fc00::ff; br-address fc00::100; /)
  t.match(stdout, /ipv4 193\.5\.2\.0; psid 1; b4-ipv6 fc00::100; /)
  t.match(stdout, /port-set \{ psid-length 1; reserved-ports-bit-count 5; \}/)
})
