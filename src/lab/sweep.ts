// Removes everything a run made, by its id alone: processes, namespaces, interfaces, files.
// Serves the run itself, its guardian, and later runs that find what a dead one left behind.
import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unregister } from '../registry.js'
import { exec, ip } from './exec.js'
import { folderOf, folderPrefix, idIn, isOwned, LAB_VARIABLE, nameOfRelay } from './owner.js'

/** How long processes have for an orderly end, in milliseconds. */
const PATIENCE = 5000
/** Of relays: a folder each, by its name. */
const SHARED_MEMORY = '/dev/shm'
/** Where cgroups of a run may be: hierarchies of either version. */
const CGROUPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/**
 * Processes started for run `id`, wherever they went since: the environment they began with says so.
 * With `word`, those whose command line holds it.
 */
export function processesOf(id: number, word = ''): number[] {
  const mark = `${LAB_VARIABLE}=${id}`
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const marked = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(mark)
        return marked && !isZombie(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(word)
      } catch {
        return false
      }
    })
    .map(Number)
}

function isZombie(pid: string): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return false
  } catch {
    return true
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

async function endProcesses(id: number): Promise<void> {
  const told = new Set<number>()
  const deadline = performance.now() + PATIENCE
  for (let left = processesOf(id); left.length > 0 && performance.now() < deadline; left = processesOf(id)) {
    // Once each, also those that one of them started meanwhile.
    const news = left.filter((pid) => !told.has(pid))
    signal(news, 'SIGTERM')
    for (const pid of news) told.add(pid)
    await sleep(20)
  }
  signal(processesOf(id), 'SIGKILL')
}

/** Network namespaces and interfaces of this machine that belong to any run. */
export async function networkNames(): Promise<{ namespaces: string[]; links: string[] }> {
  const links = namesIn('/sys/class/net').filter((name) => name.startsWith('lw') && idIn(name) !== null)
  const namespaces = namesIn('/run/netns').filter((name) => name.startsWith('lwaftr-') && idIn(name) !== null)
  return { namespaces, links }
}

export function cgroupsOf(id: number): string[] {
  return CGROUPS.flatMap((parent) =>
    namesIn(parent)
      .filter((name) => name.startsWith('lwaftr-') && idIn(name) === id)
      .map((name) => join(parent, name)),
  )
}

/** Removes run `id`. What is gone already is no error. */
export async function sweep(id: number): Promise<void> {
  await endProcesses(id)
  const { namespaces, links } = await networkNames()
  for (const name of links.filter((link) => idIn(link) === id)) await ip(`link del ${name}`).catch(() => {})
  for (const name of namespaces.filter((namespace) => idIn(namespace) === id))
    await exec('ip', ['netns', 'del', name]).catch(() => {})
  unregister(nameOfRelay(id))
  for (const name of namesIn(SHARED_MEMORY).filter((name) => idIn(name) === id))
    rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true })
  for (const path of cgroupsOf(id)) rmdirSync(path)
  rmSync(folderOf(id), { recursive: true, force: true })
}

/** Removes every run whose owner is dead. */
export async function sweepDead(): Promise<void> {
  const { namespaces, links } = await networkNames()
  const folders = namesIn(join(folderOf(0), '..')).filter((name) => name.startsWith(folderPrefix))
  const ids = new Set([...namespaces, ...links, ...folders].map(idIn))
  for (const id of ids) if (id !== null && !isOwned(id)) await sweep(id)
}
