// The shape of what comes over a control socket, compiled by ajv (JSON Type Definition, RFC 8927). The compiler holds
// each schema to its type: neither changes without the other.
import { Ajv, type JTDSchemaType } from 'ajv/dist/jtd.js'
import type { InstanceCapture, Order, Reply, Request } from './control.js'
import { DRIVERS } from './dataplane.js'
import type {
  InstanceSettings,
  LinkInterface,
  PassthruInterface,
  QueueSettings,
  SidePolicy,
} from './settings.js'

const number = { type: 'float64' } as const
const string = { type: 'string' } as const
const boolean = { type: 'boolean' } as const

const link: JTDSchemaType<LinkInterface> = {
  properties: { ip: string, mac: string },
  optionalProperties: { vlanTag: number, nextHopIp: string, nextHopMac: string },
}

const passthru: JTDSchemaType<PassthruInterface> = {
  properties: {
    device: string,
    mac: string,
    mtu: number,
    promiscuous: boolean,
    sampleRate: number,
    nextHopRefresh: number,
    onExternalLink: boolean,
  },
  optionalProperties: { vlanTag: number },
}

const side: JTDSchemaType<SidePolicy> = {
  properties: {
    mtu: number,
    allowIncomingIcmp: boolean,
    generateIcmpErrors: boolean,
    errorRateLimiting: { properties: { packets: number, period: number } },
    reassembly: { properties: { maxFragmentsPerPacket: number, maxPackets: number } },
    ingressFilter: string,
    egressFilter: string,
    tcpMss: number,
  },
}

const queue: JTDSchemaType<QueueSettings> = {
  properties: {
    id: number,
    externalInterface: link,
    internalInterface: link,
    external: side,
    internal: side,
    flowLabel: number,
    hairpinning: boolean,
    onAStick: boolean,
  },
  optionalProperties: { passthruInterface: passthru },
}

const settings: JTDSchemaType<InstanceSettings> = {
  properties: { device: string, queues: { elements: queue } },
  optionalProperties: { externalDevice: string },
}

const order: JTDSchemaType<Order> = {
  properties: {
    revision: number,
    settings,
    driver: { enum: [...DRIVERS] },
    socketDirectory: string,
    memoryDirectory: string,
    table: { properties: { path: string, generation: number } },
    cpus: { elements: { type: 'float64', nullable: true } },
    absentLinks: boolean,
  },
}

const capture: JTDSchemaType<InstanceCapture | null> = {
  nullable: true,
  properties: {
    filter: string,
    where: number,
    reason: { type: 'float64', nullable: true },
    snapLength: number,
    rings: { elements: { properties: { queue: number, path: string } } },
  },
}

const id = { properties: { id: number } } as const

const request: JTDSchemaType<Request> = {
  discriminator: 'method',
  mapping: {
    hello: { ...id, additionalProperties: true },
    prepare: { properties: { id: number, order } },
    apply: id,
    abort: id,
    'purge-neighbors': { properties: { id: number, queue: { type: 'float64', nullable: true } } },
    capture: { properties: { id: number, capture } },
    stop: id,
  },
}

const reply: JTDSchemaType<Reply> = {
  discriminator: 'kind',
  mapping: {
    hello: {
      properties: { id: number, version: number, pid: number, revision: { type: 'float64', nullable: true } },
      optionalProperties: { memory: string },
      additionalProperties: true,
    },
    done: id,
    failure: {
      properties: { id: number, message: string },
      optionalProperties: { code: string, device: string },
    },
    log: { properties: { level: { enum: ['info', 'warn', 'error'] }, message: string } },
  },
}

// Checking the schemas themselves, which the compiler has done, would be most of a worker's start.
const ajv = new Ajv({ validateSchema: false })
export const isRequest = ajv.compile(request)
export const isReply = ajv.compile(reply)
