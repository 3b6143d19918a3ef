// Loss of power: of what was written since the last completed sync, any part may be on the disk and any may not, by
// sectors. disk.c notes what was replaced; here it is put back.
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Random } from '../crash/storm.js'
import { DURABLE_WRITE, SYNC, WRITE } from './disk.js'

const SECTOR = 512
const PAGE = 4096

interface Unsafe {
  /** What was in each sector, by its number. */
  readonly sectors: Map<number, Buffer>
  /** Bytes of the file, if it has grown; else null. */
  size: number | null
}

/** What the journal says is not durable. Its last note may be cut short. */
function unsafe(journal: Buffer): Unsafe {
  const found: Unsafe = { sectors: new Map(), size: null }
  // struct note of disk.c
  for (let at = 0; at + 32 <= journal.length; ) {
    const kind = journal.readUInt32LE(at)
    const old = journal.subarray(at + 32, at + 32 + journal.readUInt32LE(at + 4))
    const offset = Number(journal.readBigUInt64LE(at + 8))
    const length = Number(journal.readBigUInt64LE(at + 16))
    const size = Number(journal.readBigUInt64LE(at + 24))
    at += 32 + old.length
    const first = Math.floor(offset / SECTOR)
    const end = Math.ceil((offset + length) / SECTOR)
    if (kind === WRITE) {
      for (let sector = first; sector < end; sector++) {
        const bytes = Buffer.alloc(SECTOR)
        bytes.set(old.subarray((sector - first) * SECTOR, (sector - first + 1) * SECTOR))
        if (!found.sectors.has(sector)) found.sectors.set(sector, bytes)
      }
      if (end * SECTOR > size) found.size ??= size
    } else if (kind === DURABLE_WRITE)
      for (let sector = first; sector < end; sector++) found.sectors.delete(sector)
    else if (kind === SYNC) {
      found.sectors.clear()
      found.size = null
    } else throw new Error(`the journal has a note of kind ${kind}`)
  }
  return found
}

/** Puts back what a loss of power takes, by chance; answers how many sectors were at risk, and how many are lost. */
export function losePower(file: string, journal: string, random: Random): { atRisk: number; lost: number } {
  const { sectors, size } = unsafe(readFileSync(journal))
  const fd = openSync(file, 'r+')
  // Disks write pages, or parts of them; much of it may have been written already, or hardly any.
  const unit = random(2) === 0 ? PAGE / SECTOR : 1
  const percent = [10, 50, 90][random(3)] as number
  const chances = new Map<number, boolean>()
  let lost = 0
  for (const [sector, bytes] of sectors) {
    const key = Math.floor(sector / unit)
    const isLost = chances.get(key) ?? random(100) < percent
    chances.set(key, isLost)
    if (!isLost) continue
    lost++
    writeSync(fd, bytes, 0, SECTOR, sector * SECTOR)
  }
  if (size !== null && size < fstatSync(fd).size && random(3) === 0) ftruncateSync(fd, size)
  closeSync(fd)
  return { atRisk: sectors.size, lost }
}
