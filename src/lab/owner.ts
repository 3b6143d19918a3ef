// Whose a lab is. Everything a run makes carries its owner's process id in its name, so that the
// next run knows what a dead one left behind. A process id can be given out again: the folder of
// the run notes when its owner was started.
//
//   namespace lwaftr-4711-switch   interface lw4711-link   folder /tmp/lwaftr-lab-4711
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Environment variable of every process that belongs to a run; its value is the run's id. */
export const LAB_VARIABLE = 'LWAFTR_LAB'

export const folderPrefix = 'lwaftr-lab-'

export function folderOf(id: number): string {
  return join(tmpdir(), `${folderPrefix}${id}`)
}

/** Name of the run's network namespace for `role`. */
export function namespaceOf(id: number, role: string): string {
  return `lwaftr-${id}-${role}`
}

/** Name of an interface of the run in the namespace where it was started: 15 characters at most. */
export function linkOf(id: number, role: string): string {
  return `lw${id}-${role}`
}

/** Name of the run's relay; with a number, of one of several. */
export function nameOfRelay(id: number, number?: number): string {
  return number === undefined ? `lab-${id}` : `lab-${id}-${number}`
}

/** The id in a name made by one of the functions above, or null for any other name. */
export function idIn(name: string): number | null {
  const match = /^(?:lwaftr-lab-|lwaftr-|lw|lab-)(\d+)(?:-|$)/.exec(name)
  return match === null ? null : Number(match[1])
}

/** When a process was started, in clock ticks since boot (proc(5): stat, field 22); null when there is none. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the program's name, may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** Makes this process the owner of the run named by its process id. */
export function claim(): number {
  const id = process.pid
  mkdirSync(folderOf(id), { recursive: true, mode: 0o700 })
  writeFileSync(join(folderOf(id), 'owner'), startOf(id) ?? '')
  return id
}

/** Whether the process that made run `id` still lives. */
export function isOwned(id: number): boolean {
  const started = startOf(id)
  if (started === null) return false
  try {
    return readFileSync(join(folderOf(id), 'owner'), 'latin1') === started
  } catch {
    // The folder is made first and removed last: without it there is nothing, or not ours to judge.
    return true
  }
}
