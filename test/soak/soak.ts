// A relay under steady traffic, edits, clients and accidents for as long as one likes: what it loses (nothing), and what
// grows.
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded, smallEdit } from '../crash/storm.js'
import { unaccounted } from '../faults/invariants.js'
import { visitUntil } from './clients.js'
import { type Event, eventOf } from './events.js'
import { Follower } from './follower.js'
import { type Pinged, pingUntil } from './hosts.js'
import { type Edited, editMany, editUntil, type Loaded, loadFor } from './load.js'
import { Meter, type Resources } from './resources.js'
import { World } from './world.js'

export interface SoakOptions {
  readonly segments: number
  /** Seconds of each. */
  readonly segment: number
  readonly seed: number
  /** Packets a second, both directions together. */
  readonly rate: number
  /** Edits, clients and hostile frames a second that are offered. */
  readonly edits: number
  readonly clients: number
  readonly hostile: number
  /** Edits before all that, as fast as they go: until feeds and history are full their growth is no leak. */
  readonly warmUp: number
  /** Whether there are accidents. */
  readonly events: boolean
  /** Takes a segment's figures as they come. */
  readonly print: (sample: Sample) => void
}

/** What was seen in a segment. */
export interface Sample extends Loaded, Edited, Pinged, Resources {
  readonly clients: number
  readonly complaints: readonly string[]
  readonly event: Event | null
  /** Which leader it was at the end. */
  readonly leader: number
}

export interface SoakResult {
  readonly samples: readonly Sample[]
  /** Frames that the counters do not account for: at the tester's link, and at the lab's. */
  readonly unaccounted: readonly [tester: bigint, lab: bigint]
  /** What a follower was told, and what not. */
  readonly updates: number
  readonly gaps: number
}

/** Milliseconds between two looks at what goes up and down. */
const GLANCE = 2000
/** After which no fragment is waited for any more: native/core/reassembler.h has 60 s. */
const REASSEMBLY = 65_000

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const world = await World.open()
  try {
    const hostile = options.hostile > 0 ? world.hostileFrames(options.seed, options.hostile) : null
    const follower = new Follower(world)
    const samples = await segments(world, options)
    follower.stop()
    if (hostile !== null) {
      hostile.kill()
      await sleep(REASSEMBLY)
    }
    const [tester, lab] = world.devices.map((device) => unaccounted(world.counters(device))) as [
      bigint,
      bigint,
    ]
    const { updates, gaps } = follower
    return { samples, unaccounted: [tester, lab], updates, gaps }
  } finally {
    await world.sandbox.close()
  }
}

async function segments(world: World, options: SoakOptions): Promise<Sample[]> {
  const random = seeded(options.seed)
  const meter = new Meter(world)
  const samples: Sample[] = []
  let id = 1
  const next = () => smallEdit(random, ++id, false)
  await editMany(world, options.warmUp, next)
  for (let i = 0; i < options.segments; i++) {
    const event = options.events ? eventOf(i, options.segments) : null
    const end = new AbortController()
    const over = new Promise((resolve) => end.signal.addEventListener('abort', resolve))
    const looking = setInterval(() => void glance(world, meter), GLANCE)
    const meanwhile = Promise.all([
      editUntil(end.signal, world, options.edits, next),
      visitUntil(end.signal, world, random, options.clients),
      pingUntil(over, world),
      event && sleep((options.segment * 1000) / 2).then(() => event.happen(world)),
    ])
    const loaded = await loadFor(options.segment, world, options.rate)
    clearInterval(looking)
    end.abort()
    const [edited, { clients, complaints }, pinged] = await meanwhile
    const resources = await meter.read()
    const seen = { ...loaded, ...edited, ...pinged, ...resources, clients, complaints }
    const sample = { ...seen, event, leader: world.leader }
    samples.push(sample)
    options.print(sample)
  }
  return samples
}

async function glance(world: World, meter: Meter): Promise<void> {
  if (!world.betweenLeaders) await meter.glance().catch(() => {})
}

/** By how much a figure grows in an hour, by least squares over the later two thirds: the first is warming up. */
export function drift<S extends { readonly seconds: number }>(
  samples: readonly S[],
  figure: (sample: S) => number,
): number {
  let time = 0
  const points = samples.map((sample) => {
    time += sample.seconds
    return [time, figure(sample)] as const
  })
  const late = points.slice(Math.floor(points.length / 3))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(late.map(([x]) => x)), mean(late.map(([, y]) => y))]
  const slope =
    late.reduce((sum, [xi, yi]) => sum + (xi - x) * (yi - y), 0) /
    late.reduce((sum, [xi]) => sum + (xi - x) ** 2, 0)
  return slope * 3600
}
