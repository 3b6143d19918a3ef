// The file systems that the relay writes to: full, or read-only.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.js'
import type { Ground } from './ground.js'

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
