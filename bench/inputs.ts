// Configurations and captures, made once by generate-configuration and kept in build/bench.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../src/root.js'
import type { Scale } from './trial.js'

export interface Input {
  readonly conf: string
  readonly v4: string
  readonly v6: string
}

/** How many softwires; `million` and `tenMillion` are as many as the scale says. */
export type Softwires = 'dozen' | 'million' | 'tenMillion'

/** Softwires, and 20,000 packets of random flows among them; `size` is the IPv4 frame's, without FCS. */
export async function input(scale: Scale, softwires: Softwires, size = 64): Promise<Input> {
  const [addresses, psidLength] = softwires === 'dozen' ? [4, 2] : [scale.addresses[softwires], 6]
  const directory = join(root, 'build/bench', `${addresses}x${2 ** psidLength - 1}-${size}`)
  const files = (where: string) => ({
    conf: join(where, 'relay.conf'),
    v4: join(where, 'v4.pcap'),
    v6: join(where, 'v6.pcap'),
  })
  if (existsSync(directory)) return files(directory)
  const unfinished = `${directory}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  const { conf, v4, v6 } = files(unfinished)
  const captures = ['--pcap-v4', v4, '--pcap-v6', v6, '--packet-size', `${size}`]
  const what = ['193.0.0.0', `${addresses}`, 'fc00::100', 'fc00:1::1', `${psidLength}`]
  const words = ['generate-configuration', '--output', conf, ...captures, ...what]
  await promisify(execFile)(process.execPath, [join(root, 'bin/lwaftr'), ...words])
  renameSync(unfinished, directory)
  return files(directory)
}
