// FRR's daemons on a host of the lab, with sockets of their own, and vtysh to them.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec } from '../../src/lab/exec.js'
import type { Namespace } from '../../src/lab/sandbox.js'

const DAEMONS = '/usr/lib/frr'

/** For `skip`. */
export const noFrr = existsSync(join(DAEMONS, 'zebra')) ? false : 'no frr on this machine'

export class Frr {
  private constructor(
    readonly host: Namespace,
    readonly folder: string,
  ) {}

  /** Starts the daemons and gives them an integrated configuration; they end with the lab. */
  static async start(host: Namespace, names: readonly string[], configuration: string): Promise<Frr> {
    const folder = join(host.sandbox.folder, `${host.name}-frr`)
    mkdirSync(folder)
    // The daemons become a user of their own, who has to find the way there.
    chmodSync(host.sandbox.folder, 0o711)
    await exec('chown', ['frr:frr', folder])
    const frr = new Frr(host, folder)
    for (const name of names) {
      const words = ['-f', '/dev/null', '-i', join(folder, `${name}.pid`), '-P', '0']
      const sockets = ['-z', join(folder, 'zserv.api'), '--vty_socket', folder]
      const own = name === 'bfdd' ? ['--bfdctl', join(folder, 'bfdd.sock')] : []
      host.spawn(join(DAEMONS, name), [...words, ...sockets, ...own], { stdio: 'ignore' })
      for (let i = 0; i < 200 && !existsSync(join(folder, `${name}.vty`)); i++) await sleep(50)
    }
    const file = join(folder, 'frr.conf')
    writeFileSync(file, configuration)
    await host.exec('vtysh', ['--vty_socket', folder, '-f', file])
    return frr
  }

  /** vtysh, as a shell would run it. */
  get vtysh(): string {
    return `ip netns exec ${this.host.name} vtysh --vty_socket ${this.folder}`
  }

  async says(command: string): Promise<string> {
    return (await this.host.exec('vtysh', ['--vty_socket', this.folder, '-c', command])).stdout
  }

  async established(): Promise<string[]> {
    const said = JSON.parse(await this.says('show bgp summary json')) as Record<
      string,
      { peers?: Record<string, { state: string }> }
    >
    return Object.values(said)
      .flatMap(({ peers = {} }) => Object.entries(peers))
      .flatMap(([peer, { state }]) => (state === 'Established' ? [peer] : []))
      .sort()
  }
}
