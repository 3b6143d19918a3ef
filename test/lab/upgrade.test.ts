// Another build of the leader while packets flow through its worker's link: by docs/howto/maintenance.md, none is lost
// when it speaks alike; else its worker is exchanged, and packets wait for nobody.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { RELAY } from '../../src/lab/addresses.js'
import { startRelay } from '../../src/lab/relay.js'
import { processesOf } from '../../src/lab/sweep.js'
import { ALIKE, buildOf, OTHER_PROTOCOL } from '../build.js'
import { flowsOn, multiqueueCable } from '../dataplane/queues.js'
import { TABLE } from '../flows.js'
import { long, skip } from './helper.js'

const RATE = 10_000
const tooLong = !long && 'it takes long: npm run test:lab'
const BUILDS = [
  { title: 'a build that speaks alike', difference: ALIKE, adopts: true },
  { title: 'a build of another protocol', difference: OTHER_PROTOCOL, adopts: false },
]

function configuration(device: string, nextHopMac: string): string {
  const side = (ip: string) => `ip ${ip}; mac ${RELAY.mac}; next-hop { mac ${nextHopMac}; }`
  return `softwire-config {
    instance {
      device ${device};
      queue {
        id 0;
        external-interface { ${side(RELAY.ipv4)} }
        internal-interface { ${side(RELAY.ipv6)} }
      }
    }
    ${TABLE}
  }`
}

for (const driver of ['af-xdp', 'af-packet'] as const)
  for (const { title, difference, adopts } of BUILDS)
    t.test(`${title} comes in while packets flow (${driver})`, { skip: skip || tooLong }, async (t) => {
      const cable = await multiqueueCable(t, 1)
      const { lab, relay: device } = cable
      const flows = flowsOn(cable)
      t.teardown(() => flows.stop())
      const text = configuration(device, flows.mac)
      const words = ['--driver', driver, '--state-dir', join(lab.folder, 'state')]
      const directory = join(lab.folder, 'other')
      mkdirSync(directory)
      const build = buildOf(directory, difference)
      const workers = () => processesOf(lab.id, `worker-${device}`)

      const first = await startRelay(lab, text, { arguments: words })
      const before = workers()
      t.equal(before.length, 1)
      flows.send(RATE)
      await flows.arrive()
      first.process.kill('SIGUSR2')
      t.equal(await first.ended, 0)
      await sleep(500)
      await startRelay(lab, text, { arguments: words, build })
      await flows.arrive()
      await sleep(500)
      const after = workers()
      const { sent, lost, duplicates } = await flows.finish()
      if (adopts) {
        t.same(after, before, 'the same worker')
        t.equal(lost, 0, `none of ${sent} packets was lost, ${duplicates} came twice`)
      } else {
        t.ok(after.length === 1 && after[0] !== before[0], 'another worker, and only that')
        t.comment(`${lost} of ${sent} packets were lost: ${Math.round((1000 * lost) / RATE)} ms`)
      }
    })
