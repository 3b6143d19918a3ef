// The file systems that the relay writes to: full, or read-only.
import { setTimeout as sleep } from 'node:timers/promises'
import { DURABLE_WRITE, EVERYTHING, SYNC, WRITE } from './disk.js'
import type { Fault } from './fault.js'
import type { Ground } from './ground.js'
import { killLeader } from './processes.js'

async function full(ground: Ground, directory: string, milliseconds: number): Promise<void> {
  const filler = `${directory}/filler`
  ground.inside('sh', '-c', `cat /dev/zero > ${filler} 2>/dev/null || true`)
  await sleep(milliseconds)
  ground.inside('rm', filler)
}

export const STORAGE_FAULTS: readonly Fault[] = [
  {
    name: 'disk full',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    inject: (ground, random) => full(ground, ground.stateDirectory, 300 + random(1000)),
  },
  {
    name: 'shared memory full',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    inject: (ground, random) => full(ground, '/dev/shm', 300 + random(1000)),
  },
  {
    name: 'disk slow',
    hitless: true,
    worker: 'lives',
    leader: 'lives',
    async inject({ disk }, random) {
      disk.slow(5 + random(150))
      await sleep(500 + random(1500))
      disk.slow(0)
    },
  },
  {
    // lmdb's sentence about a failed write may be longer than its buffer (docs/decisions/dependencies.md): the leader may die
    // of it, also long after. So that no later fault is blamed for it, none that met it goes on.
    name: 'disk fails, then another leader',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    async inject(ground, random) {
      ground.disk.fail([WRITE, DURABLE_WRITE, SYNC, EVERYTHING][random(4)] as number)
      await sleep(300 + random(1000))
      ground.disk.fail(0)
      await killLeader(ground)
    },
  },
  {
    name: 'disk read-only when the next leader starts',
    hitless: true,
    worker: 'lives',
    leader: 'may die',
    async inject(ground) {
      ground.relay.process.kill('SIGKILL')
      await ground.relay.ended
      const { stateDirectory } = ground
      ground.inside('mount', '--bind', stateDirectory, stateDirectory)
      ground.inside('mount', '-o', 'remount,bind,ro', stateDirectory)
      const started = await ground.start().then(
        () => 'it started',
        (problem: Error) => problem.message,
      )
      ground.inside('umount', stateDirectory)
      if (!/read-only|EROFS/i.test(started)) throw new Error(`on a read-only disk: ${started}`)
      ground.forget()
    },
  },
]
