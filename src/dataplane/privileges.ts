// What a worker may do as the user it is: the options of setpriv(1), of util-linux, that leave it the
// capabilities to open links, and no way to get others.
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { WorkerUser } from './worker-users.js'

/** Bits of capabilities(7). A link may have to be opened again at any time: these stay. */
const KEPT = new Map([
  ['net_admin', 12], // XDP programs, TAPs, settings of a card
  ['net_raw', 13], // AF_PACKET
  ['ipc_lock', 14], // memory of AF_XDP sockets
  ['bpf', 39], // XDP programs
])
const DAC_READ_SEARCH: readonly [string, number] = ['dac_read_search', 2]
const SETPCAP = 8

/** Of the process that starts a worker. */
export interface Privileges {
  readonly uid: number
  /** Mask of the permitted capabilities. */
  readonly permitted: bigint
}

export function ownPrivileges(): Privileges {
  const [, mask = '0'] = /^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return { uid: process.getuid?.() ?? 0, permitted: BigInt(`0x${mask}`) }
}

/**
 * What goes before its command. `program` is what the worker runs: root without capabilities does not get into other
 * users' closed directories, nor `user`, its own if it has one, into root's.
 */
export function setprivOptions(
  { uid: leader, permitted }: Privileges,
  program: string,
  user: WorkerUser | null,
): string[] {
  const uid = user?.uid ?? leader
  const has = ([, bit]: readonly [string, number]) => (permitted >> BigInt(bit)) & 1n
  const kept = [...KEPT, ...(leader === 0 && !isOpenTo(uid, program) ? [DAC_READ_SEARCH] : [])].filter(has)
  const set = ['-all', ...kept.map(([name]) => `+${name}`)].join(',')
  // Root has on exec() what the bounding set leaves it, anybody else what is ambient.
  const words = uid === 0 ? ['--inh-caps=-all'] : [`--inh-caps=${set}`, `--ambient-caps=${set}`]
  if (has(['setpcap', SETPCAP])) words.push(`--bounding-set=${set}`)
  if (user !== null) words.push(`--reuid=${user.uid}`, `--regid=${user.uid}`, `--groups=${user.relay}`)
  return ['--no-new-privs', ...words, '--']
}

/** Whether the user may read the file, by its permissions and those of the directories above. */
export function isOpenTo(uid: number, path: string): boolean {
  const stat = statSync(path)
  const needed = stat.isDirectory() ? 0o1 : 0o4
  const parent = dirname(path)
  return (
    ((stat.mode >> (stat.uid === uid ? 6 : 0)) & needed) !== 0 && (parent === path || isOpenTo(uid, parent))
  )
}
