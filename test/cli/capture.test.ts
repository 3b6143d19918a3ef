// lwaftr capture, of a relay with a link in memory: what the file says, as tcpdump and the comments have it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FrameLink } from '../../src/lab/memory/frame-link.js'
import { addressBytes, ETHERTYPE, ethernet, ipv4 } from '../../src/lab/memory/frames.js'
import { World } from './relay.js'

const RELAY_MAC = '02:22:22:22:22:00'
const SWITCH_MAC = '02:22:22:22:22:99'
const UDP = 17

/** From the internet to a port of 193.5.1.100: those from 1024 on are PSID 1, the only one with a softwire. */
function packetTo(port: number): Buffer {
  const udp = Buffer.alloc(20)
  udp.writeUInt16BE(53, 0)
  udp.writeUInt16BE(port, 2)
  udp.writeUInt16BE(udp.length, 4)
  const packet = ipv4(addressBytes('192.0.2.1'), addressBytes('193.5.1.100'), UDP, udp)
  return ethernet(RELAY_MAC, SWITCH_MAC, ETHERTYPE.ipv4, packet)
}

/** What tcpdump reads in a capture file, a line each. */
function readBack(file: string): string[] {
  const text = execFileSync('tcpdump', ['-tnr', file], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  return text.split('\n').filter((line) => line !== '')
}

async function relay(t: Test) {
  const world = new World(t)
  const state = join(world.directory, 'state')
  mkdirSync(state)
  await world.run('--state-dir', state)
  const link = await FrameLink.open(join(state, 'link-link0.sock'))
  t.teardown(() => link.close())
  const memory = `/dev/shm/lwaftr-${world.name}`
  const capturing = async (): Promise<void> => {
    while (!readdirSync(memory).some((file) => file.startsWith('capture-'))) await sleep(5)
  }
  const idle = async (): Promise<void> => {
    while (readdirSync(memory).some((file) => file.startsWith('capture-'))) await sleep(5)
  }
  const file = join(world.directory, 'out.pcapng')
  /** Captures while frames are sent over and over, to the end. */
  const capture = async (frames: readonly Buffer[], ...words: string[]) => {
    const end = world.lwaftr(['capture', '-w', file, ...words])
    let done = false
    void end.finally(() => {
      done = true
    })
    await capturing()
    for (; !done; await sleep(10)) for (const frame of frames) link.send(frame)
    return end
  }
  return { world, capture, file, idle, capturing, link }
}

t.test('each captured packet says what became of it', async (t) => {
  const { world, capture, capturing, idle, link, file } = await relay(t)
  const both = [packetTo(1024), packetTo(4096)]

  await t.test('all that came in and left', async (t) => {
    const { code, stderr } = await capture(both, '-c', '40')
    t.same({ code, stderr }, { code: 0, stderr: 'lwaftr: 40 packets captured\n' })
    const lines = readBack(file)
    t.equal(lines.length, 40)
    t.ok(lines.some((line) => line.startsWith('IP 192.0.2.1.53 > 193.5.1.100.1024:')))
    t.ok(
      lines.some((line) =>
        line.startsWith('IP6 2001:db8:ff::1 > 2001:db8:b4::1: IP 192.0.2.1.53 > 193.5.1.100.1024:'),
      ),
    )
    const text = readFileSync(file, 'latin1')
    for (const comment of [
      'sent to link0; softwire 193.5.1.100,1',
      'sent; softwire 193.5.1.100,1',
      'dropped: drop-no-dest-softwire-ipv4-packets (core)',
    ])
      t.ok(text.includes(comment), comment)
    t.ok(text.includes('internal, queue 0 of link0'), 'where it was')
  })

  await t.test('only what is dropped, or dropped for a reason', async (t) => {
    await idle()
    for (const words of [
      ['--where', 'drop'],
      ['--reason', 'drop-no-dest-softwire-ipv4-packets'],
    ]) {
      await capture(both, '-c', '3', ...words)
      const lines = readBack(file)
      t.equal(lines.length, 3)
      for (const line of lines) t.match(line, /^IP 192\.0\.2\.1\.53 > 193\.5\.1\.100\.4096:/)
      await idle()
    }
  })

  await t.test('what a filter accepts, and no more of it than is wanted', async (t) => {
    await idle()
    await capture(
      both,
      '-c',
      '2',
      '--where',
      'in,passthru',
      '--filter',
      'udp dst port 1024',
      '--snaplen',
      '38',
    )
    const lines = readBack(file)
    t.equal(lines.length, 2)
    for (const line of lines) t.match(line, /193\.5\.1\.100\.1024: \[?\|?/)
    t.ok(readFileSync(file, 'latin1').includes('udp dst port 1024'), 'the file says by which')
  })

  await t.test('it ends by itself', async (t) => {
    await idle()
    const { code, stderr } = await capture([], '--duration', '1', '--where', 'in')
    t.same({ code, stderr }, { code: 0, stderr: 'lwaftr: 0 packets captured\n' })
    t.same(readBack(file), [])
  })

  await t.test('an interrupted capture leaves a whole file, and the relay as it was', async (t) => {
    await idle()
    const { child, end } = world.background(['capture', '-w', file, '--where', 'in'])
    await capturing()
    rmSync(file, { force: true })
    while (!existsSync(file) || readFileSync(file).length < 4096) {
      link.send(packetTo(1024))
      await sleep(5)
    }
    const second = await world.lwaftr(['capture', '-w', join(world.directory, 'second.pcapng')])
    t.match(second, {
      code: 1,
      stderr: /^lwaftr: a capture is running already, of \S+; wait for its end, or end it\n$/,
    })
    child.kill('SIGINT')
    t.match(await end, { code: 0, stderr: /^lwaftr: \d+ packets captured\n$/ })
    t.ok(readBack(file).length > 10)
    await idle()
    t.pass('nothing is captured any more')
  })

  await t.test('what cannot be captured is refused, and says why', async (t) => {
    rmSync(file)
    t.same(await world.lwaftr(['capture', '-w', file, '--filter', 'udp prot 53']), {
      code: 1,
      stdout: '',
      stderr:
        'lwaftr: filter "udp prot 53" does not compile: can\'t parse filter expression: syntax error (/lwaftr:capture/input/filter)\n',
    })
    t.match(await world.lwaftr(['capture', '-w', file, '--where', 'inside']), {
      code: 2,
      stderr: /It is none of in, out, drop, passthru/,
    })
    t.notOk(existsSync(file), 'and no file is made')
    const nowhere = join(world.directory, 'absent/out.pcapng')
    t.same(await world.lwaftr(['capture', '-w', nowhere]), {
      code: 1,
      stdout: '',
      stderr: `lwaftr: ${nowhere}: ENOENT: no such file or directory, open '${nowhere}'\n`,
    })
  })
})
