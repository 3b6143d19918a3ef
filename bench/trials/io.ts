// What a packet costs by each driver: its own table, printed as it is.
import { benchIo } from '../io.js'
import type { Trial } from '../trial.js'

export const io: Trial = {
  name: 'io',
  title: 'CPU time a packet on veth, by driver',
  async run() {
    await benchIo((line) => process.stderr.write(`${line}\n`))
    return []
  },
}
