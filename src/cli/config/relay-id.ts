// The ID of Snabb's commands: a relay's name or its process. A process is known by the control socket it holds open.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { CONTROL_SOCKET, directoryOf, isRunning, runningRelays } from '../../registry.js'

/** The name of the relay that `id` means; `id` itself where there is none, for connect() to refuse. */
export async function relayName(id: string): Promise<string> {
  if (!/^\d+$/.test(id) || (await isRunning(id))) return id
  const names = await runningRelays()
  const held = socketsOf(id)
  return names.find((name) => inodesOf(name).some((inode) => held.has(inode))) ?? id
}

/** Inodes of a process's sockets. */
function socketsOf(pid: string): Set<string> {
  const directory = `/proc/${pid}/fd`
  const held = new Set<string>()
  try {
    for (const fd of readdirSync(directory)) {
      const inode = /^socket:\[(\d+)\]$/.exec(targetOf(join(directory, fd)))?.[1]
      if (inode !== undefined) held.add(inode)
    }
  } catch {
    // No such process, or somebody else's.
  }
  return held
}

/** '' for a descriptor that was closed since it was listed. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

/** Of the relay's control socket: the one that listens, and those of connections that it accepted, bear its path. */
function inodesOf(name: string): string[] {
  const registered = directoryOf(name)
  const paths = [registered, realpathSync(registered)].map((directory) => join(directory, CONTROL_SOCKET))
  // Num RefCount Protocol Flags Type St Inode Path
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => paths.some((path) => line.endsWith(` ${path}`)))
    .map((line) => line.trim().split(/\s+/)[6] ?? '')
}
