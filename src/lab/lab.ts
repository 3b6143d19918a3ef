// The lab as a user meets it: builds the hosts, starts the relay, shows that packets cross,
// says what to try, and stays until it is told to end.
import { createServer } from 'node:net'
import type { Driver } from '../dataplane/dataplane.js'
import type { Address } from '../listen.js'
import { SUBSCRIBERS } from './addresses.js'
import { openMemoryLab, showAllInMemory } from './memory/show.js'
import { obstacleToNamespaces } from './obstacle.js'
import { exampleConfiguration, type Relay, startRelay } from './relay.js'
import { Sandbox } from './sandbox.js'
import { type Shown, showAll } from './show.js'
import { addSubscriber } from './subscriber.js'
import { suggestions } from './suggestions.js'
import { buildTopology } from './topology.js'

export interface LabOptions {
  /** Of the RESTCONF server; where that port is taken, another one is. */
  readonly listen: Address
  /** Ends after the show instead of staying. */
  readonly once: boolean
  /** In-memory devices, also where namespaces could be had. */
  readonly memory: boolean
  /** Of the relay in namespaces. */
  readonly driver: Driver
  /** Takes one line for the user. */
  readonly print: (line: string) => void
}

/** Runs the lab; resolves with whether everything shown worked. */
export async function runLab(options: LabOptions): Promise<boolean> {
  const sandbox = await Sandbox.open()
  const told = whenTold()
  try {
    return await Promise.race([told.then(() => true), stage(sandbox, options, told)])
  } finally {
    options.print('lab: cleaning up')
    await sandbox.close()
  }
}

async function stage(sandbox: Sandbox, options: LabOptions, told: Promise<void>): Promise<boolean> {
  const listen = await freeAddress(options.listen)
  const obstacle = options.memory ? 'asked for in-memory devices' : await obstacleToNamespaces()
  const tell = ({ title, ok, detail }: Shown) =>
    options.print(`${ok ? 'ok  ' : 'FAIL'}  ${title.padEnd(44)} ${detail}`)
  let ok: boolean
  let relay: Relay
  if (obstacle !== null) {
    options.print(`lab: ${obstacle}; running on in-memory devices instead of network namespaces`)
    const lab = await openMemoryLab(sandbox, listen)
    relay = lab.relay
    ok = await showAllInMemory(lab.network, tell)
  } else {
    const lab = await buildTopology(sandbox)
    const devices = new Map([
      ['eth1', lab.device],
      ['int0', lab.passthruDevice],
    ])
    const words = ['--driver', options.driver]
    relay = await startRelay(sandbox, exampleConfiguration('lab.conf', devices), { listen, arguments: words })
    const whole = await addSubscriber(lab, SUBSCRIBERS.whole)
    const sharing = await addSubscriber(lab, SUBSCRIBERS.sharing)
    await addSubscriber(lab, SUBSCRIBERS.newcomer)
    ok = await showAll(lab, whole, sharing, tell)
  }
  if (options.once) return ok
  for (const line of suggestions(sandbox, relay, obstacle === null)) options.print(line)
  await Promise.race([told, relay.ended.then((code) => relayEnded(code))])
  return ok
}

function relayEnded(code: number | null): never {
  throw new Error(`the relay ended by itself (exit code ${code})`)
}

/** Resolves at the first signal that asks the process to end. */
function whenTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

/** The address asked for, or the same host with any free port where that one is taken. */
async function freeAddress({ host, port }: Address): Promise<string> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
  return `${host.includes(':') ? `[${host}]` : host}:${free ? port : 0}`
}
