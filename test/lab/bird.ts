// BIRD 2 on a host of the lab, and what it says of its sessions.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Namespace } from '../../src/lab/sandbox.js'

/** For `skip`: Debian has it in /usr/sbin. */
export const noBird = spawnSync('bird', ['--version']).status === 0 ? false : 'no bird on this machine'

export interface BfdSession {
  readonly neighbour: string
  readonly state: string
  /** When it got into that state. */
  readonly since: string
}

export class Bird {
  private constructor(
    readonly host: Namespace,
    readonly socket: string,
  ) {}

  /** Starts it; it ends with the lab. */
  static start(host: Namespace, configuration: string): Bird {
    const file = (kind: string) => join(host.sandbox.folder, `${host.name}.${kind}`)
    writeFileSync(file('bird'), configuration)
    const words = ['-f', '-c', file('bird'), '-s', file('birdc'), '-P', file('birdpid')]
    // Before others, as on a router: what is looked at is the relay, not whether BIRD gets a CPU in time.
    host.spawn('nice', ['-n', '-20', 'bird', ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
    return new Bird(host, file('birdc'))
  }

  /** What birdc answers. */
  async says(words: string): Promise<string> {
    return (await this.host.exec('birdc', ['-s', this.socket, ...words.split(' ')])).stdout
  }

  /** Names of the BGP sessions that are up. */
  async established(): Promise<string[]> {
    const protocols = await this.says('show protocols').catch(() => '')
    return [...protocols.matchAll(/^(\S+)\s+BGP .*Established/gm)].map(([, name = '']) => name)
  }

  async bfdSessions(): Promise<BfdSession[]> {
    const stdout = await this.says('show bfd sessions')
    return stdout.split('\n').flatMap((line) => {
      const [neighbour = '', , state = '', since = ''] = line.trim().split(/\s+/)
      return isIP(neighbour) === 0 ? [] : [{ neighbour, state, since }]
    })
  }

  /** The sessions once all of them are Up; as they are after `patience` milliseconds. */
  async bfdUp(count: number, patience: number): Promise<BfdSession[]> {
    for (const end = Date.now() + patience; ; await sleep(100)) {
      const sessions = await this.bfdSessions().catch(() => [])
      const up = sessions.length === count && sessions.every(({ state }) => state === 'Up')
      if (up || Date.now() > end) return sessions
    }
  }
}
