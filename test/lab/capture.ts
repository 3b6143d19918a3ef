// tcpdump as a witness: what crosses an interface, in its words.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Namespace } from '../../src/lab/sandbox.js'

/** How long what was sent may take to be printed, in milliseconds. */
const PATIENCE = 20_000

export const noTcpdump = spawnSync('tcpdump', ['--version']).status !== 0

export interface Capture {
  /** All said so far, one packet a line, once every pattern has appeared or patience ended. */
  until(...patterns: readonly RegExp[]): Promise<string>
}

/** Listens until the run ends. `filter` is pflang, one word after another. */
export async function capture(host: Namespace, device: string, filter: string): Promise<Capture> {
  const options = ['-i', device, '-nn', '-vv', '-l', '--immediate-mode']
  const tcpdump = host.spawn('tcpdump', [...options, ...filter.split(' ')])
  let said = ''
  tcpdump.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // "listening on" comes once packets are taken.
  await once(tcpdump.stderr ?? tcpdump, 'data')
  return {
    async until(...patterns) {
      const deadline = Date.now() + PATIENCE
      // A packet takes several lines; those after the first are indented.
      const lines = () => said.replace(/\n\s+/g, ' ')
      while (Date.now() < deadline && !patterns.every((pattern) => pattern.test(lines()))) await sleep(20)
      return lines()
    },
  }
}
