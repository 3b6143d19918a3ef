// Relays of a test: names and folders that say whose they are, so that what a killed test leaves is swept like a lab.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { guard } from '../src/lab/guard.js'
import { claim, folderOf, LAB_VARIABLE, nameOfRelay } from '../src/lab/owner.js'

let relays = 0

export interface Place {
  /** Of a relay: no other on this machine has it. */
  readonly name: string
  /** Empty, and gone with this process at the latest. */
  readonly directory: string
}

export function freshPlace(): Place {
  const id = claim()
  // What this process starts belongs to its run, and so does what that starts.
  process.env[LAB_VARIABLE] = String(id)
  if (relays++ === 0) guard(id)
  return { name: nameOfRelay(id, relays), directory: mkdtempSync(join(folderOf(id), 'test-')) }
}
