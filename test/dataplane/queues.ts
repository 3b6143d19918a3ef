// Queues of one instance that come, go and change while packets flow by all of them: the same tests for each driver.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DataPlane, Driver } from '../../src/dataplane/dataplane.js'
import type { QueueSettings } from '../../src/dataplane/settings.js'
import { INTERNET, RELAY, SWITCH } from '../../src/lab/addresses.js'
import { exec, ip } from '../../src/lab/exec.js'
import type { Sandbox } from '../../src/lab/sandbox.js'
import { Flows, RECORDS } from '../flows.js'
import { commit, eventually, instance, open, queue } from './helper.js'
import { sandbox } from './links.js'

export const HARDWARE_QUEUES = 4
const RATE = 10_000

export interface Cable {
  readonly lab: Sandbox
  readonly relay: string
  readonly tester: string
}

/** A cable between a relay and who tests it, with as many queues at each end. */
export async function multiqueueCable(t: Test, count = HARDWARE_QUEUES): Promise<Cable> {
  const lab = await sandbox(t)
  const [relay, tester] = [lab.link('relay'), lab.link('tester')]
  const queues = `numtxqueues ${count} numrxqueues ${count} mtu 2000`
  await ip(`link add ${relay} ${queues} type veth peer name ${tester} ${queues}`)
  for (const end of [relay, tester]) {
    await exec('sysctl', ['-q', '-w', `net.ipv6.conf.${end}.disable_ipv6=1`])
    await ip(`link set ${end} up`)
  }
  return { lab, relay, tester }
}

/** The internet and the B4s behind the switch. */
export function flowsOn({ tester }: Cable): Flows {
  const ends = { mac: '02:00:00:00:00:01', nextHopMac: RELAY.mac, host: INTERNET.ipv4 }
  return new Flows({ device: tester, ...SWITCH, ...ends })
}

/** A queue of the relay's; another `mac` than the others', perhaps. */
function queueOf(id: number, mac: string = RELAY.mac, vlanTag?: number): QueueSettings {
  const { externalInterface, internalInterface } = queue()
  const at = { mac, ...(vlanTag !== undefined && { vlanTag }) }
  return queue({
    id,
    externalInterface: { ...externalInterface, ...at },
    internalInterface: { ...internalInterface, ...at },
  })
}

async function programOf({ relay }: Cable): Promise<string | undefined> {
  return /\bprog\/xdp id (\d+)/.exec((await ip(`-d link show ${relay}`)).stdout)?.[1]
}

const pidOf = (dataplane: DataPlane) => dataplane.state().instances[0]?.worker.pid

const other = '02:22:22:22:22:33'
const all = [queueOf(0), queueOf(1), queueOf(2), queueOf(3)] as const
const [first, second, third, last] = all
const CHANGES: readonly (readonly [sentence: string, queues: readonly QueueSettings[]])[] = [
  ['the last one goes', [first, second, third]],
  ['one in the middle goes', [first, third]],
  ['both come back', all],
  ['all but one go', [second]],
  ['and come back', all],
  ['one has another MAC', [first, second, third, queueOf(3, other)]],
  ['and a VLAN', [first, second, third, queueOf(3, other, 64)]],
  ['that one goes', [first, second, third]],
  ['and comes back with another MAC', [first, second, third, queueOf(3, other)]],
  ['it has that of the others again, but on a VLAN', [first, second, third, queueOf(3, RELAY.mac, 64)]],
  ['and no more on a VLAN', all],
  ['two have another MAC', [queueOf(0, other), queueOf(1, other), third, last]],
  ['and have it no more', all],
  ['settings of all of them change', all.map((queue) => ({ ...queue, flowLabel: 7 }))],
]

/** Lets each change meet packets on their way. */
async function make(changes: typeof CHANGES, change: (queues: readonly QueueSettings[]) => Promise<void>) {
  for (const [sentence, queues] of changes) {
    const start = performance.now()
    await change(queues)
    t.comment(`${sentence}: ${(performance.now() - start).toFixed(0)} ms`)
    await sleep(30)
  }
}

export function queueTests(driver: Driver, skip: string | false): void {
  t.test('queues come, go and change, and no packet of the others is lost', { skip }, async (t) => {
    const cable = await multiqueueCable(t)
    const said: string[] = []
    const dataplane = await open(t, { driver, said })
    const relay = (queues: readonly QueueSettings[]) => commit(dataplane, [instance(cable.relay, ...queues)])
    await commit(dataplane, [instance(cable.relay, ...all)], ...RECORDS)
    const drivers = () => said.filter((line) => line.includes(` ${cable.relay}: `))
    const [pid, program] = [pidOf(dataplane), await programOf(cable)]
    t.equal(program !== undefined, driver !== 'af-packet')
    const flows = flowsOn(cable)
    await dataplane.purgeNeighbors(cable.relay, null) // asked for at once, and now there is who answers
    const carries = () =>
      dataplane.state().instances[0]?.queues.every(({ carries }) => carries.ipv4 && carries.ipv6)
    t.ok(await eventually(() => carries() === true), 'next hops are known')
    flows.send(RATE)
    await flows.arrive()
    await make(CHANGES, relay)
    const { sent, lost, duplicates } = await flows.finish()
    t.equal(lost, 0, `none of ${sent} packets was lost, ${duplicates} came twice`)
    t.equal(pidOf(dataplane), pid, 'the same worker')
    t.equal(await programOf(cable), program, 'the same XDP program, if any')
    t.equal(drivers().length, 1, 'the same driver')
  })
}
