// The golden cases, explained packet by packet: what is told of each adds up to what was counted and what left.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readCapture, writeCapture } from '../../src/cli/explain/capture-file.js'
import { type Explained, explain, type Received } from '../../src/cli/explain/explain.js'
import { readHex } from '../../src/cli/explain/hex.js'
import { openOffline } from '../../src/cli/offline.js'
import { native } from '../../src/dataplane/native.js'
import { replay } from '../../src/dataplane/replay.js'
import { root } from '../../src/root.js'
import { lwaftr } from './lwaftr.js'
import { World } from './relay.js'

const golden = join(root, 'test/golden')
const cases = readdirSync(golden).filter((name) => existsSync(join(golden, name, 'config.conf')))
const directory = mkdtempSync(join(tmpdir(), 'lwaftr-explain-test-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const frames = (file: string) => readCapture(readFileSync(file), file)
const empty = join(directory, 'empty.pcap')
writeFileSync(empty, writeCapture([]))
const published = new Set(
  native.counters().flatMap(({ name, group }) => (group === 'softwire-state' ? [name] : [])),
)
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

for (const name of cases) {
  const at = (file: string) => join(golden, name, file)
  const [sentence = name, ...modes] = readFileSync(at('about.txt'), 'utf8').trim().split('\n')
  t.test(sentence, async (t) => {
    const of = (side: 'v4' | 'v6'): Received[] =>
      frames(at(`in-${side}.pcap`)).map((frame) => ({ ...frame, side }))
    const received = [...of('v4'), ...of('v6')].sort((a, b) => Number(a.time - b.time))
    const { queue, table } = await openOffline(at('config.conf'))
    const onAStick = modes.includes('on-a-stick')
    const explained: Explained[] = [...explain(queue, table, received, onAStick)]
    // What the relay asks of itself at the start is because of no packet.
    const files = { v4In: empty, v6In: empty, v4Out: join(directory, 'v4'), v6Out: join(directory, 'v6') }
    const sums = replay(queue, table, files, onAStick)
    table.close()
    for (const { counters } of explained)
      for (const { name, increment } of counters) sums.set(name, (sums.get(name) ?? 0n) + increment)
    const counted = JSON.parse(readFileSync(at('counters.json'), 'utf8')) as Record<string, number>
    const told = [...sums].filter(
      ([name, sum]) => name in counted || (published.has(name) && sum !== 0n && !name.startsWith('memuse-')),
    )
    t.same(Object.fromEntries(told.map(([name, sum]) => [name, Number(sum)])), counted, 'the counters')
    t.equal(explained.length, received.length)
    for (const side of ['v4', 'v6'] as const) {
      const asked = frames(join(directory, side))
      const sent = explained.flatMap(({ sent }) => sent.filter((frame) => frame.side === side))
      t.same(
        [...asked, ...sent].map(({ data }) => hex(data)).sort(),
        frames(at(`out-${side}.pcap`))
          .map(({ data }) => hex(data))
          .sort(),
        `what left: ${side}`,
      )
    }
  })
}

const conf = join(golden, 'two-subscribers-talk-through-the-relay/config.conf')
const pcap = join(golden, 'two-subscribers-talk-through-the-relay/in-v6.pcap')

t.test('a hairpinned packet is told with both softwires, within 80 columns', async (t) => {
  const { status, stdout, stderr } = lwaftr('explain', '--conf', conf, pcap)
  t.same({ status, stderr }, { status: 0, stderr: '' })
  t.match(stdout, /hairpin-ipv4-packets \+1, 54 bytes\n/)
  t.match(stdout, /\n {2}softwire 198\.51\.100\.1 psid 0: B4 2001:db8:1::1, BR 2001:db8::1\n/)
  t.match(stdout, /\n {2}softwire 198\.51\.100\.2 psid 1: B4 2001:db8:2::1, BR 2001:db8::1\n/)
  t.match(stdout, /\n {2}=> 1 frame left\n$/)
  t.same(
    stdout.split('\n').filter((line) => line.length > 80),
    [],
  )
})

const [first] = frames(pcap)
const bytes = hex(first?.data ?? new Uint8Array())
const dump = (offset: (at: number) => string, skip = 0) =>
  (bytes.slice(skip).match(/.{1,32}/g) ?? [])
    .map((line, i) => `${offset(i * 16)}${line.replace(/..(?=.)/g, '$& ')}  ................`)
    .join('\n')

t.test('one packet is read in each form that tools write', async (t) => {
  for (const [form, written] of [
    ['digits', bytes],
    ['tcpdump -xx', `12:00:00.000000 IP6 lo\n${dump((at) => `\t0x${at.toString(16).padStart(4, '0')}:  `)}`],
    ['Wireshark', dump((at) => `${at.toString(16).padStart(4, '0')}  `)],
    ['hexdump -C', dump((at) => `${at.toString(16).padStart(8, '0')}  `)],
  ] as const)
    t.same(readHex(written, form).map(hex), [bytes], form)
  t.same(readHex(bytes.slice(28), 'IP').map(hex), ['0'.repeat(24) + bytes.slice(24)], 'without Ethernet')
  t.same(readHex(`${bytes}\n\n${bytes}\n`, 'two').map(hex), [bytes, bytes], 'two packets')
})

t.test('a packet given in hex has its verdict in JSON', async (t) => {
  const unknown = '4500001c00010000401100000102030405060708' + '0035003500080000'
  const { status, stdout } = lwaftr('explain', '--conf', conf, '--format', 'json', unknown)
  t.equal(status, 0)
  const { verdict, softwires, received } = JSON.parse(stdout)
  t.match(verdict[0], /^drop-no-dest-softwire-ipv4-packets: /)
  t.same(softwires, [])
  t.same(received.description, 'IPv4 1.2.3.4:53 > 5.6.7.8:53 UDP')
  t.match(lwaftr('explain', '--conf', conf, unknown).stdout, /softwire: none; 5\.6\.7\.8 has no softwire/)
})

t.test('input that holds no packet is told in one line', async (t) => {
  const at = (name: string, content: string | Buffer) => {
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  for (const [packets, message] of [
    [join(directory, 'none'), /none: there is no such file/],
    [at('prose', 'hello'), /prose: line 1: it is neither hex/],
    [at('gap', '0000  45 00\n0010  00 00\n'), /gap: line 2: it is at offset 16, but 2 bytes came before/],
    [at('odd', '450'), /odd: packet 1 has an odd number of digits/],
    [at('void', ''), /void: it holds no packet/],
    [at('cut', readFileSync(pcap).subarray(0, 50)), /cut: packet 1 is cut short/],
    [at('head', readFileSync(pcap).subarray(0, 9)), /head: it ends within its header/],
    [at('ng', Buffer.from('0a0d0d0a', 'hex')), /ng: it is pcapng; tcpdump/],
  ] as const) {
    const { status, stdout, stderr } = lwaftr('explain', '--conf', conf, packets)
    t.same(
      { status, stdout, lines: stderr.trimEnd().split('\n').length },
      { status: 1, stdout: '', lines: 1 },
    )
    t.match(stderr, message)
  }
  t.equal(lwaftr('explain', '--count', '0', '--conf', conf, pcap).status, 2)
  t.match(lwaftr('explain', '--help'), { status: 0, stdout: /Example/ })
})

t.test('a running relay is asked for its configuration', async (t) => {
  const world = new World(t)
  await world.run()
  const packet = `4500001c0001000040110000c6336401c1050164${'00350400'}00080000`
  const { code, stdout, stderr } = await world.lwaftr(['explain'], packet)
  t.same({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, /drop-bad-checksum-ipv4-packets: /)
})
