// Leader and workers killed, stopped, out of memory, succeeded.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../crash/storm.js'
import { eventually } from '../dataplane/helper.js'
import { MemoryCgroup, obstacleToMemoryCgroup } from './cgroup.js'
import type { Fault } from './fault.js'
import type { Ground } from './ground.js'

/** Milliseconds until a worker that hangs must have been replaced, on a slow machine. */
const REPLACED = 60_000

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) process.kill(pid, signal)
}

async function stopped(pids: readonly number[], milliseconds: number): Promise<void> {
  send(pids, 'SIGSTOP')
  await sleep(milliseconds)
  send(pids, 'SIGCONT')
}

export async function killLeader(ground: Ground): Promise<void> {
  ground.relay.process.kill('SIGKILL')
  await ground.relay.ended
}

async function replaced(ground: Ground, old: readonly number[]): Promise<void> {
  const isAnother = () => {
    const now = ground.workers()
    return now.length === old.length && now.every((pid) => !old.includes(pid))
  }
  if (!(await eventually(isAnother, REPLACED))) throw new Error('no worker came in place of the old one')
}

/** No more memory than it has: the next page is refused. A process that lives through it gets its limits back. */
async function withoutMemory(pid: number, milliseconds: number): Promise<void> {
  const limit = (data: string) =>
    execFileSync('prlimit', ['--pid', String(pid), `--data=${data}`], { stdio: 'pipe' })
  limit('4096:')
  await sleep(milliseconds)
  try {
    limit('unlimited:')
  } catch {
    // It died of it.
  }
}

const NO_CGROUP = obstacleToMemoryCgroup()

/** As withoutMemory(), but it is killed for what it wants. */
async function inSmallCgroup(ground: Ground, pid: number, milliseconds: number): Promise<void> {
  const cgroup = new MemoryCgroup(ground.sandbox.id, pid)
  await sleep(milliseconds)
  await cgroup.release()
}

export const PROCESS_FAULTS: readonly Fault[] = [
  { name: 'leader killed', hitless: true, worker: 'lives', leader: 'may die', inject: killLeader },
  {
    name: 'leader killed, and the next one as it starts',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    async inject(ground, random) {
      await killLeader(ground)
      const next = ground.start().catch(() => {})
      await sleep(random(600))
      for (const pid of ground.leaders()) process.kill(pid, 'SIGKILL')
      await next
      ground.forget()
    },
  },
  {
    name: 'leader handed over, as for an upgrade',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    async inject(ground) {
      ground.relay.process.kill('SIGUSR2')
      const code = await ground.relay.ended
      if (code !== 0) throw new Error(`the leader ended with exit code ${code}`)
    },
  },
  {
    name: 'leader stopped for a while',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    inject: ({ leader }, random) => stopped([leader], 300 + random(2000)),
  },
  {
    name: 'leader out of memory',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    inject: ({ leader }, random) => withoutMemory(leader, 500 + random(1500)),
  },
  {
    name: 'leader out of memory, by cgroup',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    obstacle: NO_CGROUP,
    inject: (ground, random) => inSmallCgroup(ground, ground.leader, 500 + random(1500)),
  },
  {
    name: 'worker killed',
    hitless: false,
    worker: 'may die',
    leader: 'lives',
    async inject(ground) {
      const old = ground.workers()
      send(old, 'SIGKILL')
      await replaced(ground, old)
    },
  },
  {
    name: 'worker stopped for a moment',
    hitless: false,
    worker: 'lives',
    leader: 'lives',
    inject: (ground, random) => stopped(ground.workers(), 100 + random(900)),
  },
  {
    name: 'worker stopped for good',
    hitless: false,
    worker: 'may die',
    leader: 'lives',
    async inject(ground) {
      const old = ground.workers()
      send(old, 'SIGSTOP')
      await replaced(ground, old)
    },
  },
  {
    name: 'worker out of memory',
    hitless: false,
    worker: 'may die',
    leader: 'lives',
    async inject(ground, random) {
      for (const pid of ground.workers()) await withoutMemory(pid, 500 + random(1500))
    },
  },
  {
    name: 'worker out of memory, by cgroup',
    hitless: false,
    worker: 'may die',
    leader: 'lives',
    obstacle: NO_CGROUP,
    async inject(ground, random) {
      for (const pid of ground.workers()) await inSmallCgroup(ground, pid, 500 + random(1500))
    },
  },
  {
    name: 'worker stopped and leader killed',
    hitless: false,
    worker: 'may die',
    leader: 'may die',
    async inject(ground) {
      send(ground.workers(), 'SIGSTOP')
      await killLeader(ground)
    },
  },
  {
    name: 'leader and worker killed',
    hitless: false,
    worker: 'may die',
    leader: 'may die',
    async inject(ground, random: Random) {
      const workers = ground.workers()
      await Promise.all([
        killLeader(ground),
        sleep(random(20)).then(() => {
          for (const pid of workers) process.kill(pid, 'SIGKILL')
        }),
      ])
    },
  },
]
