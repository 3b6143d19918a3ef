// What the machine has for a relay, as alarms look at it every second.
import { X509Certificate } from 'node:crypto'
import { readFileSync, statfsSync, statSync } from 'node:fs'
import type { DataPlane } from '../../dataplane/dataplane.js'
import type { Store } from '../store.js'
import type { Surroundings } from './surroundings.js'

export interface MachineOptions {
  readonly dataplane: DataPlane
  readonly store: Store
  /** Where the store is. */
  readonly directory: string
  /** File of the server's certificate, PEM. */
  readonly certificate: string | undefined
}

const SHARED_MEMORY = '/dev/shm'

export function machine({ dataplane, store, directory, certificate }: MachineOptions): () => Surroundings {
  const certificateEnds = certificate === undefined ? () => null : endOf(certificate)
  return () => {
    const free = freeBytes(SHARED_MEMORY)
    return {
      certificateEnds: certificateEnds(),
      storage: { problem: store.failure, free: freeBytes(directory) ?? Number.POSITIVE_INFINITY },
      memory: free === null ? null : { table: dataplane.table.memory, free },
    }
  }
}

function freeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return null // it has gone, which whoever needs it finds out
  }
}

/** Read again when it changes; while it is half written, or gone, what it was before goes on to be served. */
function endOf(file: string): () => Date | null {
  let seen = ''
  let end: Date | null = null
  return () => {
    try {
      const { mtimeMs, size, ino } = statSync(file)
      const now = `${mtimeMs} ${size} ${ino}`
      if (now === seen) return end
      end = new Date(new X509Certificate(readFileSync(file)).validTo)
      seen = now
    } catch {
      // tls.ts says what is wrong with it.
    }
    return end
  }
}
