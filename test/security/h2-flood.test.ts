// Floods of HTTP/2, frame by frame as no library sends them, and clients that take a great answer and read none of it:
// whoever sends them is cut off or costs little, and somebody else is answered meanwhile.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectH2, constants } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/schema/json-types.js'
import { door, people, skip } from '../config-server/access/door.js'
import { bearer, tokenOf } from '../config-server/access/users.js'
import { CONFIG, minimal, softwire } from '../config-server/helper.js'
import { meanwhile } from './meanwhile.js'

const MODEL = 'snabb-softwire-v3:softwire-config'
const MIB = 1 << 20
const LONG = process.env.LWAFTR_LONG_TESTS !== undefined
if (LONG) t.setTimeout(600_000)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes that somebody holds; what an answer was made of and is sent is for V8 to collect when it likes. */
function kept(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** RFC 9113 s6. */
const TYPE = { data: 0, headers: 1, priority: 2, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 }
const END_HEADERS = 4

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header field as a literal that no table remembers (RFC 7541 s6.2.2); both of less than 127 bytes. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ])
}

const request = (method: string) =>
  Buffer.concat([
    literal(':method', method),
    literal(':scheme', 'https'),
    literal(':authority', 'localhost'),
    literal(':path', CONFIG),
  ])

interface Flood {
  readonly title: string
  /** Sent once, after the preface. */
  readonly first?: Buffer
  /** Sent for as long as the connection takes it. */
  readonly again: Buffer
  /** It breaks a limit, and not only patience. */
  readonly ends?: true
}

const FLOODS: readonly Flood[] = [
  {
    title: 'headers that never end (CONTINUATION)',
    first: frame(TYPE.headers, 0, 1, request('GET')),
    again: frame(TYPE.continuation, 0, 1, literal('x'.repeat(60), 'y'.repeat(60))),
    ends: true,
  },
  {
    title: 'headers that never end, and are nothing',
    first: frame(TYPE.headers, 0, 1, request('GET')),
    again: frame(TYPE.continuation, 0, 1),
    ends: true,
  },
  {
    title: 'a body of empty frames',
    first: frame(TYPE.headers, END_HEADERS, 1, request('PUT')),
    again: frame(TYPE.data, 0, 1),
  },
  { title: 'pings', again: frame(TYPE.ping, 0, 0, Buffer.alloc(8)) },
  { title: 'settings', again: frame(TYPE.settings, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255])) },
  { title: 'priorities', again: frame(TYPE.priority, 0, 1, Buffer.from([0, 0, 0, 3, 7])) },
  { title: 'windows', again: frame(TYPE.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])) },
]

/** Milliseconds that a flood goes on where it is not cut off. */
const ENOUGH = LONG ? 20_000 : 400
/** And one that has to be, on a slow machine. */
const PATIENCE = 60_000

const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(TYPE.settings, 0, 0)])

async function world(t: Test, more = {}) {
  const opened = await door(t, { ...people(), ...more }, { headers: 1500, request: 300_000, idle: 5000 })
  const secure = { ca: readFileSync(opened.file('ca.pem')), servername: 'localhost' }
  const other = connectH2(`https://127.0.0.1:${opened.port}`, secure)
  t.teardown(() => other.destroy())
  /** Somebody else's small question. */
  const ask = async () => {
    const stream = other.request({ ':path': `${CONFIG}/external-interface`, ...bearer('ann') })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    stream.resume()
    if (headers[constants.HTTP2_HEADER_STATUS] !== 200) throw new Error('somebody else was refused')
  }
  return { ...opened, secure, meanwhile: (attack: () => Promise<unknown>) => meanwhile(ask, attack) }
}

/** Writes until the other end has enough of it; how many bytes it took, and whether it hung up. */
async function pour(socket: TLSSocket, { first, again, ends }: Flood) {
  let closed = false
  let taken = 0
  socket.on('error', () => {}).resume()
  socket.once('close', () => {
    closed = true
  })
  await once(socket, 'secureConnect')
  socket.write(Buffer.concat([PREFACE, first ?? Buffer.alloc(0)]))
  const many = Buffer.concat(Array(1000).fill(again))
  const end = performance.now() + (ends ? PATIENCE : ENOUGH)
  while (!closed && performance.now() < end) {
    taken += many.length
    const drained = socket.write(many)
    await (drained
      ? sleep(0)
      : Promise.race([new Promise((resolve) => socket.once('drain', resolve)), sleep(50)]))
  }
  socket.destroy()
  return { closed, taken }
}

t.test('who floods is cut off or costs little, and nobody else waits for it', { skip }, async (t) => {
  const { port, secure, meanwhile } = await world(t)
  for (const flood of FLOODS) {
    const before = process.memoryUsage.rss()
    let result = { closed: false, taken: 0 }
    const longest = await meanwhile(async () => {
      const socket = connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...secure })
      result = await pour(socket, flood)
    })
    const grown = (process.memoryUsage.rss() - before) / MIB
    const end = result.closed ? 'was cut off' : 'went on'
    const taken = (result.taken / MIB).toFixed(1)
    t.comment(`${end} after ${taken} MiB; ${Math.round(grown)} MiB, others ${Math.round(longest)} ms`)
    t.ok(grown < 100, `little memory for ${flood.title}`)
    if (flood.ends) t.ok(result.closed, `${flood.title}: cut off`)
  }
})

t.test('handshakes that are never finished keep nobody out, and end', { skip }, async (t) => {
  const { port, meanwhile } = await world(t)
  const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]) // of a record of 512 bytes, the first 11
  const sockets: Socket[] = []
  await meanwhile(async () => {
    for (let i = 0; i < 200; i++) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      if (i % 2) socket.write(hello)
      sockets.push(socket)
    }
    await Promise.all(sockets.map((socket) => once(socket, 'close')))
  })
  t.ok(sockets.every(({ destroyed }) => destroyed))
})

t.test('hundreds that ask for much and read nothing get little of it', { skip }, async (t) => {
  const count = LONG ? 300_000 : 20_000
  const table = Array.from({ length: count }, (_, i) =>
    softwire(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0, { 'port-set': { 'psid-length': 0 } }),
  )
  const config = { ...(minimal[MODEL] as JsonObject), 'binding-table': { softwire: table } }
  const { port, secure, meanwhile } = await world(t, { [MODEL]: config })
  const clients = LONG ? 300 : 40
  const before = kept()
  const sockets: TLSSocket[] = []
  const longest = await meanwhile(async () => {
    for (let i = 0; i < clients; i++) {
      const socket = connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['http/1.1'], ...secure })
      socket.on('error', () => {}).pause()
      await once(socket, 'secureConnect')
      const words = `Host: localhost\r\nAuthorization: Bearer ${tokenOf('ann')}`
      socket.write(`GET ${CONFIG}/binding-table HTTP/1.1\r\n${words}\r\n\r\n`)
      sockets.push(socket)
    }
    await sleep(LONG ? 10_000 : 1000)
  })
  const grown = (kept() - before) / MIB
  t.comment(`${clients} readers: ${Math.round(grown)} MiB, others ${Math.round(longest)} ms at most`)
  t.ok(grown / clients < 1, 'less than 1 MiB each')
  for (const socket of sockets) socket.destroy()
})
