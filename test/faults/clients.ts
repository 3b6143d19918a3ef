// Clients of the config server by the hundred, each with bad manners of its own.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.js'

const CLIENTS = 300
const UPGRADE = `GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: lwaftr.v1\r\n\r\n`
const PUT = 'PUT /restconf/data/snabb-softwire-v3:softwire-config HTTP/1.1\r\nHost: a\r\n'

/** What each sends at once, and what it goes on with, again and again. */
const MANNERS: readonly (readonly [string | Buffer, string | Buffer])[] = [
  ['GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', 'a'],
  [`${PUT}Content-Type: application/yang-data+json\r\nContent-Length: 1000000000\r\n\r\n`, '{"a":['],
  [Buffer.alloc(1000, 0xff), Buffer.alloc(1000)],
  [UPGRADE, Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  [`GET /restconf/data HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(20), ''],
  [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n`, 'X: y\r\n'],
  ['', ''],
]

export const CLIENT_FAULTS: readonly Fault[] = [
  {
    name: 'hostile clients',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    async inject(ground, random) {
      const { hostname, port } = new URL(ground.relay.url)
      const clients = Array.from({ length: CLIENTS }, (_, i): [Socket, string | Buffer] => {
        const [first, more] = MANNERS[i % MANNERS.length] ?? ['', '']
        const socket = connect(Number(port), hostname, () => socket.write(first))
        socket.on('error', () => {})
        return [socket, more] // nobody reads what it answers
      })
      const passes = 5 + random(15)
      for (let pass = 0; pass < passes; pass++) {
        await sleep(100)
        for (const [socket, more] of clients) if (socket.writable && more.length > 0) socket.write(more)
      }
      for (const [socket] of clients) {
        if (random(2) === 0) socket.resetAndDestroy()
        else socket.destroy()
      }
    },
  },
]
