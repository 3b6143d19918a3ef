// Whether this process can have a lab of network namespaces.
import { existsSync } from 'node:fs'
import { exec } from './exec.js'

/** Why this process cannot have namespaces and TUN devices, in a few words, or null. */
export async function obstacleToNamespaces(): Promise<string | null> {
  if (process.geteuid?.() !== 0) return 'not root'
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun'
  for (const program of ['ip', 'ping', 'sysctl'])
    if (!(await works('sh', ['-c', `command -v ${program}`]))) return `no ${program} on this machine`
  // Root in a container may still lack the right to make either.
  if (!(await works('unshare', ['--net', 'ip', 'tuntap', 'add', 'dev', 'probe', 'mode', 'tun'])))
    return 'network namespaces or TUN devices cannot be made here'
  return null
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  return exec(program, args).then(
    () => true,
    () => false,
  )
}
