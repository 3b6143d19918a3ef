// Who is at the other end of a Unix socket. Permissions of the socket's directory keep others out; this is for the day
// that somebody opens the directory.
import type { Socket } from 'node:net'
import { native } from './native.js'
import type { Peer } from './native-guard.js'

/** As the kernel knows it; null for who is neither root, nor the user of this process, nor one of the others. */
export function trustedPeer(socket: Socket, isOther: (uid: number) => boolean = () => false): Peer | null {
  // Node has no name of its own for the descriptor.
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } }
  const peer = handle?.fd === undefined || handle.fd < 0 ? null : native.peerCredentials(handle.fd)
  if (peer === null) return null
  return peer.uid === 0 || peer.uid === process.getuid?.() || isOther(peer.uid) ? peer : null
}
