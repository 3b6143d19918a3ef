// One end of a TCP transfer, as a process of its own inside a namespace of the lab.
//   receive ADDRESS PORT                    says "ready", then tells its peer what it saw of it
//   send ADDRESS PORT FROM FROM-PORT BYTES  prints what the receiver said
import { connect, createServer } from 'node:net'

/** Byte `position` of every transfer: a receiver can tell what is missing or doubled. */
const pattern = (position: number) => (position * 31 + (position >> 8)) & 0xff

function receive(address: string, listenPort: number): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const { remoteAddress: peer, remotePort: port } = socket
    let good = 0
    let intact = true
    socket.on('data', (bytes) => {
      for (const byte of bytes) {
        intact &&= byte === pattern(good)
        if (intact) good++
      }
    })
    socket.on('end', () => socket.end(JSON.stringify({ good, peer, port })))
  })
  server.listen(listenPort, address, () => process.stdout.write('ready\n'))
}

function send(address: string, port: number, from: string, fromPort: number, bytes: number): void {
  const socket = connect({ host: address, port, localAddress: from, localPort: fromPort })
  socket.end(Buffer.from(Uint8Array.from({ length: bytes }, (_, position) => pattern(position))))
  socket.setEncoding('utf8').on('data', (text: string) => process.stdout.write(text))
}

const [role, address = '', port, from = '', fromPort, bytes] = process.argv.slice(2)
if (role === 'receive') receive(address, Number(port))
else if (role === 'send') send(address, Number(port), from, Number(fromPort), Number(bytes))
