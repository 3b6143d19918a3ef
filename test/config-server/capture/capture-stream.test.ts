// A capture as the file that a client gets: block by block, at its speed.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Blocks } from '../../../src/cli/capture/blocks.js'
import { captureStream, verdict } from '../../../src/config-server/capture/capture-stream.js'
import type { Capture } from '../../../src/dataplane/capture.js'

const ports = { external: 'eth0', internal: 'eth1', passthru: undefined }

/** A record of a frame of 5 bytes, as the packet path writes it: received on the external link, held. */
function record(): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.writeUInt32LE(48, 0)
  bytes.writeUInt32LE(5, 4)
  bytes.writeUInt32LE(60, 8)
  bytes.writeBigUInt64LE(process.hrtime.bigint(), 16)
  bytes.writeUInt32LE(0xffff_ffff, 28)
  bytes.writeUInt16LE(0xffff, 32)
  bytes.write('frame', 40)
  return bytes
}

function faked(read: () => Buffer, lost = () => 0) {
  let closed = 0
  const capture: Capture = {
    queues: [{ device: 'eth1', id: 0, ports, read, lost }],
    close: async () => {
      closed++
    },
  }
  return { capture, closed: () => closed }
}

const described = { filter: 'udp', snapLength: 100 }
const unlimited = { count: 0, duration: 0 }

t.test('the file has its interfaces, its packets and what was lost', async (t) => {
  let lost = 0
  const { capture, closed } = faked(
    () => Buffer.concat([record(), record()]),
    () => lost++,
  )
  const stream = captureStream(capture, described, { ...unlimited, count: 5 })
  const bytes = Buffer.concat(await stream.toArray())
  const blocks = new Blocks()
  t.same(blocks.take(bytes), bytes, 'whole blocks')
  t.equal(blocks.packets, 5, 'no more than were asked for')
  t.equal(blocks.lost, lost - 1)
  t.equal(closed(), 1)

  const types: number[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const length = bytes.readUInt32LE(at + 4)
    t.equal(bytes.readUInt32LE(at + length - 4), length, 'the length stands at both ends')
    types.push(bytes.readUInt32LE(at))
  }
  t.same(types.slice(0, 5), [0x0a0d0d0a, 1, 1, 1, 6], 'section, three interfaces, packets')
  t.equal(types.at(-1), 5, 'statistics')
})

t.test('its first packet, byte by byte', async (t) => {
  const { capture } = faked(record)
  const before = BigInt(Date.now()) * 1_000_000n
  const bytes = Buffer.concat(await captureStream(capture, described, { ...unlimited, count: 1 }).toArray())
  let at = 0
  while (bytes.readUInt32LE(at) !== 6) at += bytes.readUInt32LE(at + 4)
  const block = bytes.subarray(at, at + bytes.readUInt32LE(at + 4))
  const time = (BigInt(block.readUInt32LE(12)) << 32n) | BigInt(block.readUInt32LE(16))
  t.ok(time >= before - 1_000_000_000n && time <= BigInt(Date.now() + 1000) * 1_000_000n, 'now')
  const comment = 'held: its next hop is not known yet'
  t.same(
    Buffer.concat([block.subarray(8, 12), block.subarray(20)]),
    Buffer.concat([
      words(0), // the external interface
      words(5, 60),
      Buffer.from('frame\0\0\0'),
      Buffer.from([1, 0, comment.length, 0]),
      Buffer.from(comment.padEnd(36, '\0')),
      Buffer.from([2, 0, 4, 0]),
      words(1), // inbound
      words(0),
      words(block.length),
    ]),
  )
})

t.test('a client that goes ends the capture, also one that waits for packets or never began', async (t) => {
  for (const begun of [false, true]) {
    const { capture, closed } = faked(() => Buffer.alloc(0))
    const stream = captureStream(capture, described, unlimited)
    if (begun) await once(stream, 'readable')
    stream.destroy()
    for (let i = 0; i < 1000 && closed() === 0; i++) await sleep(5)
    t.equal(closed(), 1)
  }
})

t.test('a client that takes nothing costs a bounded amount of memory', async (t) => {
  let reads = 0
  const piece = Buffer.concat(Array.from({ length: 2000 }, record))
  const { capture } = faked(() => {
    reads++
    return piece
  })
  const stream = captureStream(capture, described, unlimited)
  await once(stream, 'readable')
  await sleep(100)
  t.ok(reads < 20, `${reads} reads`)
  stream.destroy()
})

t.test('a comment says what became of the packet, and whose it is', async (t) => {
  const plain = {
    direction: 'received',
    fate: 'sent',
    outPort: 'internal',
    reason: null,
    softwire: null,
  } as const
  for (const [frame, comment] of [
    [{}, 'sent to eth1'],
    [{ softwire: { ipv4: '193.5.1.100', psid: 7 } }, 'sent to eth1; softwire 193.5.1.100,7'],
    [{ direction: 'sent' }, 'sent'],
    [{ fate: 'own' }, 'taken by the relay itself'],
    [{ fate: 'merged' }, 'fragment: put together with others'],
    [{ fate: 'fragmented' }, 'sent in fragments'],
    [
      { direction: 'inside', fate: 'dropped', reason: { name: 'drop-x-packets', stage: 'next_hop' } },
      'dropped: drop-x-packets (next_hop)',
    ],
  ] as const)
    t.equal(verdict({ ...plain, ...frame }, ports), comment)
})

t.test('what is cut off in the middle is whole all the same', async (t) => {
  const { capture } = faked(record)
  const bytes = Buffer.concat(await captureStream(capture, described, { ...unlimited, count: 3 }).toArray())
  const blocks = new Blocks()
  const taken: Buffer[] = []
  for (const byte of bytes.subarray(0, bytes.length - 1)) taken.push(blocks.take(Buffer.from([byte])))
  const end = bytes.length - bytes.readUInt32LE(bytes.length - 4)
  t.same(Buffer.concat(taken), bytes.subarray(0, end), 'without the block that is not complete')
  t.throws(
    () => new Blocks().take(Buffer.from('HTTP/1.1 502 Bad')),
    'what is no capture file is not taken for one',
  )
})

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4)
  return bytes
}
