// A user of its own for each worker of a leader that root started: one that is taken over is nobody to the files of others,
// those of its relay among them. It owns none of the files that it works with.
//
//   /dev/shm/lwaftr-NAME/     root, group of the relay: may be entered
//     table-7                 root, group of the relay: may be read
//     counters-DEVICE-0       root, group of the worker: may be read and written
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs'
import { isOpenTo, type Privileges } from './privileges.js'

/** Ids that no system has people, services or containers in (systemd's UIDS-GIDS): from here to the last of 31 bits. */
const FIRST = 0x7000_0000
const COUNT = 0x0fff_ffff

/** CAP_CHOWN, CAP_SETGID, CAP_SETUID. */
const NEEDED = [0, 6, 7].map((bit) => 1n << BigInt(bit))
const TUN = '/dev/net/tun'

export interface WorkerUser {
  /** Its group has the same number. */
  readonly uid: number
  /** Another group of it, which all workers of the relay have. */
  readonly relay: number
}

/** The same for the same names, so that the next leader knows whose its files are; else hardly ever. */
function idOf(...names: readonly string[]): number {
  return FIRST + (createHash('sha256').update(names.join('\0')).digest().readUInt32BE() % COUNT)
}

/** Whether only root can have given it to somebody. */
export function isWorkerUser(uid: number): boolean {
  return uid >= FIRST && uid < FIRST + COUNT
}

/** Why this leader cannot give files to users of its workers, or null. */
export function obstacleToWorkerUsers({ uid, permitted }: Privileges): string | null {
  if (uid !== 0) return 'the leader is not root'
  if (NEEDED.some((bit) => (permitted & bit) === 0n)) return 'the leader may not change users'
  for (const map of ['uid_map', 'gid_map'])
    if (!hasWorkers(readFileSync(`/proc/self/${map}`, 'utf8'))) return 'this container has no users for them'
  return null
}

/** Why a worker that is started now has to be root's, or null. One that was before, and is its own, goes on. */
export function obstacleToOwnUser(): string | null {
  const tun = statSync(TUN, { throwIfNoEntry: false })
  if (tun !== undefined && (tun.mode & 0o6) !== 0o6) return `${TUN} is for root alone`
  if (!isOpenTo(FIRST, process.execPath)) return `${process.execPath} is for root alone`
  return null
}

/** Whether the map of user_namespaces(7) has all their ids. */
export function hasWorkers(map: string): boolean {
  return map.split('\n').some((row) => {
    const [first = 0, , count = 0] = row.trim().split(/ +/).map(Number)
    return first <= FIRST && first + count >= FIRST + COUNT
  })
}

export class WorkerUsers {
  readonly #relay: number

  constructor(readonly name: string) {
    this.#relay = idOf(name)
  }

  of(device: string): WorkerUser {
    return { uid: idOf(this.name, device), relay: this.#relay }
  }

  /** Lets all workers of the relay into a directory of ours, or read a file. */
  open(path: string): void {
    chownSync(path, 0, this.#relay)
    chmodSync(path, statSync(path).isDirectory() ? 0o710 : 0o440)
  }

  /** Lets the device's worker read and write a file of ours. */
  share(path: string, device: string): void {
    chownSync(path, 0, this.of(device).uid)
    chmodSync(path, 0o660)
  }
}
