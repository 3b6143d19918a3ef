// One end of a UDP exchange, as a process of its own inside a namespace of the lab.
//   echo ADDRESS PORT                          says "ready", then sends every datagram back
//   ask ADDRESS PORT FROM FROM-PORT SIZE...    sends a datagram of each size, one after another, and
//                                              prints what became of them, a word each, as JSON
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** How long an answer may take, in milliseconds. */
const PATIENCE = 3000

/** Byte `position` of a datagram of so many bytes: no two sizes, nor two places, look alike. */
const pattern = (size: number) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, position) => position * 31 + (position >> 8) + size))

function echo(address: string, port: number): void {
  const socket = createSocket('udp4', (bytes, peer) => {
    // An answer that does not fit into the path is told to this socket, and fits the next time.
    socket.send(bytes, peer.port, peer.address, () => {})
  })
  socket.on('error', () => {})
  socket.bind(port, address, () => process.stdout.write('ready\n'))
}

/** "whole", "changed", "nothing", or the error that the kernel reported, as ECONNREFUSED. */
async function ask(
  address: string,
  port: number,
  from: string,
  fromPort: number,
  sizes: number[],
): Promise<void> {
  const socket = createSocket('udp4')
  socket.bind(fromPort, from)
  await once(socket, 'listening')
  socket.connect(port, address)
  await once(socket, 'connect')
  const became: string[] = []
  for (const size of sizes) {
    const sent = pattern(size)
    const answered = new Promise<string>((resolve) => {
      socket.once('message', (bytes) => resolve(bytes.equals(sent) ? 'whole' : 'changed'))
      socket.once('error', (problem: NodeJS.ErrnoException) => resolve(problem.code ?? problem.message))
      setTimeout(() => resolve('nothing'), PATIENCE).unref()
    })
    socket.send(sent)
    became.push(await answered)
    socket.removeAllListeners('message').removeAllListeners('error')
  }
  process.stdout.write(JSON.stringify(became))
  socket.close()
}

const [role, address = '', port, from = '', fromPort, ...sizes] = process.argv.slice(2)
if (role === 'echo') echo(address, Number(port))
else if (role === 'ask') await ask(address, Number(port), from, Number(fromPort), sizes.map(Number))
