// A redundant pair, each relay drained, exchanged for another build and taken back, while packets flow both ways through
// many softwires: docs/howto/redundant-pair.md, word for word. No packet may be lost.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { processesOf } from '../../src/lab/sweep.js'
import { ALIKE, buildOf, OTHER_PROTOCOL } from '../build.js'
import { noBird } from './bird.js'
import { long, skip } from './helper.js'
import { openPair } from './pair.js'
import { counters } from './peers.js'
import { until } from './routes.js'
import { LINKS } from './two-links.js'

const PATIENCE = 60_000
const RATE = 4_000
const SESSIONS = ['link0_ipv4', 'link0_ipv6', 'link1_ipv4', 'link1_ipv6']
const tooLong = !long && 'it takes long: npm run test:lab'

type Hops = readonly [string[], string[]]
function hopsOf(...numbers: (0 | 1)[]): Hops {
  const of = (family: 0 | 1) => numbers.map((number): string => LINKS[number].relay[family]).sort()
  return [of(0), of(1)]
}

for (const driver of ['af-xdp', 'af-packet'] as const)
  t.test(
    `a redundant pair is upgraded, and no packet is lost (${driver})`,
    { skip: skip || noBird || tooLong },
    async (t) => {
      const pair = await openPair(t, ['--driver', driver])
      const { halves, flows, bird, hops } = pair
      t.same(await until(() => bird.established(), SESSIONS, PATIENCE), SESSIONS, 'BGP through both relays')
      t.same(await until(hops, hopsOf(0, 1), PATIENCE), hopsOf(0, 1), 'the switch routes over both')
      flows.send(RATE)
      await flows.arrive()

      const forwarded = async (number: 0 | 1) => {
        const all = await counters(halves[number].relay)
        return [all.get('in-ipv4-packets') ?? 0, all.get('in-ipv6-packets') ?? 0] as const
      }
      /** Both directions go by this relay, also. */
      const carries = async (number: 0 | 1) => {
        const before = await forwarded(number)
        await sleep(500)
        const after = await forwarded(number)
        return after[0] > before[0] && after[1] > before[1]
      }
      for (const number of [0, 1] as const) t.ok(await carries(number), `relay ${number} carries some`)

      for (const [step, { number, signal, difference }] of (
        [
          { number: 0, signal: 'SIGTERM', difference: ALIKE },
          { number: 1, signal: 'SIGUSR2', difference: OTHER_PROTOCOL },
        ] as const
      ).entries()) {
        const half = halves[number]
        const other = number === 0 ? 1 : 0
        const directory = join(pair.sandbox.folder, `build${step}`)
        mkdirSync(directory)
        const build = buildOf(directory, difference)
        await t.test(`relay ${number} is exchanged, ended by ${signal}`, async (t) => {
          const drained = await half.lwaftr('drain')
          t.equal(drained.code, 0, drained.said)
          t.same(await hops(), hopsOf(other), 'the switch routes over the other one')
          const worker = () => processesOf(pair.sandbox.id, `worker-${half.device}`)
          const before = worker()
          t.equal(before.length, 1)
          await half.replace(signal, build)
          t.ok(worker().length === 1 && worker()[0] !== before[0], 'another worker')
          t.same(
            await until(() => bird.established(), SESSIONS, PATIENCE),
            SESSIONS,
            'BGP through it is back',
          )
          t.same(await hops(), hopsOf(other), 'it came back drained')
          const undrained = await half.lwaftr('undrain')
          t.equal(undrained.code, 0, undrained.said)
          t.same(await until(hops, hopsOf(0, 1), PATIENCE), hopsOf(0, 1), 'the switch routes over both')
          t.ok(await until(() => carries(number), true, PATIENCE), 'it carries packets again')
        })
      }
      const { sent, lost, duplicates } = await flows.finish()
      t.equal(lost, 0, `none of ${sent} packets was lost, ${duplicates} came twice`)
    },
  )
