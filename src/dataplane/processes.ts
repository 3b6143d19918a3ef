// Processes of this machine, as /proc shows them.
import { readdirSync, readFileSync } from 'node:fs'

/** Workers that were started for this socket, whether or not it still leads to them. */
export function processesOn(path: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      const [, program = '', socket] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return program.endsWith('/dataplane/worker-process.js') && socket === path
    } catch {
      return false // it ended meanwhile
    }
  })
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** By SIGSTOP, by a debugger or by the freezer: alive, and doing nothing. */
export function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name, before the state, may hold spaces and parentheses (proc(5)).
    return /^[Tt]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}
