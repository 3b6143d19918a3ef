// What the lab's tests share: a lab that closes itself, and TCP between its hosts.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Driver } from '../../src/dataplane/dataplane.js'
import { SUBSCRIBERS, type Subscriber } from '../../src/lab/addresses.js'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { exampleConfiguration, type Relay, startRelay } from '../../src/lab/relay.js'
import { type Namespace, Sandbox } from '../../src/lab/sandbox.js'
import { addSubscriber, type SubscriberHost } from '../../src/lab/subscriber.js'
import { buildTopology, type Topology } from '../../src/lab/topology.js'

/** For `skip`: the reason why there is no lab here, or false. */
export const skip: string | false = (await obstacleToNamespaces()) ?? false

/** `npm run test:lab` takes its time. */
export const long = process.env.LWAFTR_LONG_TESTS === '1'

export interface Lab {
  readonly topology: Topology
  readonly relay: Relay
  readonly subscribers: ReadonlyMap<Subscriber, SubscriberHost>
  subscriber(which: keyof typeof SUBSCRIBERS): SubscriberHost
}

/** A sandbox that is gone after the test. */
export async function openSandbox(t: Test): Promise<Sandbox> {
  const sandbox = await Sandbox.open()
  t.teardown(() => sandbox.close())
  return sandbox
}

/** The whole lab, with the relay of examples/lab.conf and all subscribers. */
export async function openLab(t: Test, driver: Driver = 'auto'): Promise<Lab> {
  const sandbox = await openSandbox(t)
  const topology = await buildTopology(sandbox)
  const devices = new Map([
    ['eth1', topology.device],
    ['int0', topology.passthruDevice],
  ])
  const words = ['--driver', driver]
  const relay = await startRelay(sandbox, exampleConfiguration('lab.conf', devices), { arguments: words })
  const subscribers = new Map<Subscriber, SubscriberHost>()
  for (const subscriber of Object.values(SUBSCRIBERS))
    subscribers.set(subscriber, await addSubscriber(topology, subscriber))
  return {
    topology,
    relay,
    subscribers,
    subscriber(which) {
      const found = subscribers.get(SUBSCRIBERS[which])
      if (found === undefined) throw new Error(`no subscriber ${which}`)
      return found
    },
  }
}

const TCP_PEER = fileURLToPath(new URL('tcp-peer.js', import.meta.url))

export interface Transfer {
  readonly from: { readonly host: Namespace; readonly address: string; readonly port: number }
  readonly to: { readonly host: Namespace; readonly address: string; readonly port: number }
  readonly bytes: number
}

/** What the receiver of a transfer saw. */
export interface Received {
  /** Bytes that arrived in order and unchanged. */
  readonly good: number
  readonly peer: string
  readonly port: number
}

/** Sends bytes by TCP and resolves with what the receiver says back. */
export async function transfer({ from, to, bytes }: Transfer): Promise<Received> {
  const server = to.host.spawn(process.execPath, [TCP_PEER, 'receive', to.address, String(to.port)])
  await once(server.stdout ?? server, 'data')
  const args = ['send', to.address, String(to.port), from.address, String(from.port), String(bytes)]
  const { stdout } = await from.host.exec(process.execPath, [TCP_PEER, ...args], 30_000)
  server.kill()
  return JSON.parse(stdout) as Received
}
