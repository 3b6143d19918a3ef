// What befalls the relay in the course of a soak. None of it may cost the tester's link a packet.
import { setTimeout as sleep } from 'node:timers/promises'
import { ip } from '../../src/lab/exec.js'
import { eventually } from '../dataplane/helper.js'
import type { World } from './world.js'

export interface Event {
  readonly name: string
  /** Packets of the lab's hosts are lost by it. */
  readonly lossy: boolean
  /** Frames in the hands of the lab's worker are lost without a name. */
  readonly kills?: true
  happen(world: World): Promise<void>
}

/** Milliseconds until a worker is replaced. */
const REPLACED = 30_000

const HANDED_OVER: Event = {
  name: 'leader handed over',
  lossy: false,
  happen: (world) => world.succeed('SIGUSR2'),
}

const LEADER_KILLED: Event = {
  name: 'leader killed',
  lossy: false,
  happen: (world) => world.succeed('SIGKILL'),
}

const WORKER_KILLED: Event = {
  name: "lab's worker killed",
  lossy: true,
  kills: true,
  async happen(world) {
    const device = world.devices[1]
    const old = world.workerOf(device)
    if (old !== undefined) process.kill(old, 'SIGKILL')
    const isReplaced = () => ![undefined, old].includes(world.workerOf(device))
    if (!(await eventually(isReplaced, REPLACED))) throw new Error('no worker came in place of the old one')
  },
}

const LINK_DOWN: Event = {
  name: "lab's link down",
  lossy: true,
  async happen(world) {
    await world.topology.switch.ip('link set relay down')
    await sleep(1500)
    await world.topology.switch.ip('link set relay up')
  },
}

/** The worker opens the device anew. */
const DEVICE_REOPENED: Event = {
  name: "lab's link renamed for a while",
  lossy: true,
  async happen({ devices: [, device] }) {
    await ip(`link set ${device} down`)
    await ip(`link set ${device} name ${device}x`)
    await sleep(1500)
    await ip(`link set ${device}x name ${device}`)
    await ip(`link set ${device} up`)
  },
}

const OF_THE_LINK: readonly Event[] = [WORKER_KILLED, LINK_DOWN, DEVICE_REOPENED]
const OF_THE_LEADER: readonly Event[] = [HANDED_OVER, LEADER_KILLED]

/**
 * Something befalls the lab's link every sixth segment. The leader stays the same for the first two thirds, so that its
 * memory is seen to grow or not; then every third segment has another one.
 */
export function eventOf(segment: number, segments: number): Event | null {
  if (segment % 6 === 5) return OF_THE_LINK[Math.floor(segment / 6) % OF_THE_LINK.length] ?? null
  if (segment >= (segments * 2) / 3 && segment % 3 === 1) return OF_THE_LEADER[segment % 2] ?? null
  return null
}
