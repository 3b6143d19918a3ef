/** From the shapes that configurations had to that of snabb-softwire-v3: what differs tells which one it is. */
import type { Report } from './report.js'
import { block, leaf, type Statement } from './statements.js'

export interface Devices {
  readonly device?: string
  readonly externalDevice?: string
}

/** Where an older configuration had no place for the device's name. */
const placeholder = { device: 'INTERNAL-DEVICE', externalDevice: 'EXTERNAL-DEVICE' }

const ours = ['name', 'instance', 'external-interface', 'internal-interface', 'binding-table']

export function convert(statements: readonly Statement[], devices: Devices, report: Report): Statement[] {
  const instances = statements.filter(({ name }) => name === 'br-instances')
  const [inside, besides] = gather(statements.filter(({ name }) => name !== 'br-instances'))
  const config = [...inside, ...instances.flatMap((one) => fromIetf(one, report))]
  const moved = withInstance(config, devices, report).map((one) =>
    one.name === 'instance' ? externalDeviceUp(one, report) : one,
  )
  return [block('softwire-config', moved), ...besides]
}

/** Until 3.0.1 the binding table, or all of it, was not in softwire-config. */
function gather(statements: readonly Statement[]): [inside: Statement[], besides: Statement[]] {
  const inside: Statement[] = []
  const besides: Statement[] = []
  for (const one of statements)
    if (one.name === 'softwire-config' && one.body !== null) inside.push(...one.body)
    else (ours.includes(one.name) ? inside : besides).push(one)
  return [inside, besides]
}

const ofTheQueue = ['ip', 'mac', 'vlan-tag', 'next-hop']

/** Until 2017.07.01 there was one queue, whose addresses were in the interfaces. */
function withInstance(config: readonly Statement[], devices: Devices, report: Report): Statement[] {
  const sides = config.filter(({ name }) => name === 'external-interface' || name === 'internal-interface')
  const isOld = sides.some(({ body }) => body?.some(({ name }) => name === 'ip' || name === 'mac'))
  if (!isOld || config.some(({ name }) => name === 'instance')) {
    if (devices.device !== undefined) report.remark('--device is of no use here: the file names its devices')
    return [...config]
  }
  const queue = sides.map(({ name, body, line }) =>
    block(
      name,
      (body ?? [])
        .filter((one) => ofTheQueue.includes(one.name))
        .map((one) => (one.name === 'next-hop' ? oneNextHop(one, name, report) : one)),
      line,
    ),
  )
  const rest = config.map((one) =>
    sides.includes(one)
      ? { ...one, body: (one.body ?? []).filter(({ name }) => !ofTheQueue.includes(name)) }
      : one,
  )
  const { device, externalDevice } = devices.device === undefined ? placeholder : devices
  if (devices.device === undefined)
    report.remark(
      `the file names no devices: put their names in place of ${placeholder.device} and ${placeholder.externalDevice}; ` +
        'on a stick, take external-device out',
    )
  const instance = block('instance', [
    leaf('device', device ?? ''),
    ...(externalDevice === undefined ? [] : [leaf('external-device', externalDevice)]),
    block('queue', [leaf('id', 0), ...queue]),
  ])
  return [instance, ...rest]
}

/** Snabb goes by the MAC address where both were given. */
function oneNextHop(nextHop: Statement, side: string, report: Report): Statement {
  const { body } = nextHop
  const ip = body?.find(({ name }) => name === 'ip')
  if (body === null || ip === undefined || !body.some(({ name }) => name === 'mac')) return nextHop
  report.leftOut(
    `${side} next-hop ip ${ip.argument}`,
    'its MAC address is given as well, and only one of them can be',
    ip.line,
  )
  return { ...nextHop, body: body.filter((one) => one !== ip) }
}

/** In snabb-softwire-v2 each queue had the external device. */
function externalDeviceUp(instance: Statement, report: Report): Statement {
  let external: Statement | undefined
  const body = (instance.body ?? []).map((queue) => {
    if (queue.name !== 'queue' || queue.body === null) return queue
    const inQueue = queue.body.map((side) => {
      const device =
        side.name === 'external-interface' ? side.body?.find((one) => one.name === 'device') : undefined
      if (device === undefined) return side
      external ??= device
      if (device.argument !== external.argument)
        report.leftOut(
          `external-interface device ${device.argument}`,
          `another queue of the instance has ${external.argument}; there is one external-device for all`,
          device.line,
        )
      return { ...side, body: side.body?.filter((one) => one !== device) ?? null }
    })
    return { ...queue, body: inQueue }
  })
  if (external === undefined) return instance
  const at = body.findIndex(({ name }) => name === 'device') + 1
  body.splice(at, 0, leaf('external-device', external.argument ?? '', external.line))
  return { ...instance, body }
}

/** ietf-softwire-br (RFC 8676): where its leaves go, by the names of the sides and leaves here. */
const ietf: Readonly<
  Record<string, (value: string) => [side: 'external' | 'internal', ...leaves: Statement[]]>
> = {
  'enable-hairpinning': (value) => ['internal', leaf('hairpinning', value)],
  'allow-incoming-icmpv4': (value) => ['external', leaf('allow-incoming-icmp', value)],
  'generate-icmpv4-errors': (value) => ['external', leaf('generate-icmp-errors', value)],
  'generate-icmpv6-errors': (value) => ['internal', leaf('generate-icmp-errors', value)],
  'icmpv4-rate': (value) => ['external', rate(value)],
  'icmpv6-rate': (value) => ['internal', rate(value)],
}

function rate(packets: string): Statement {
  return block('error-rate-limiting', [leaf('packets', packets), leaf('period', 1)])
}

/** The binding table is carried over when it is read. Addresses and devices of the relay itself have no place in it. */
function fromIetf(instances: Statement, report: Report): Statement[] {
  const sides = { external: new Map<string, Statement>(), internal: new Map<string, Statement>() }
  const visit = ({ name, argument, body, line }: Statement) => {
    if (body !== null) {
      for (const below of body) visit(below)
      return
    }
    const [side, ...leaves] = ietf[name]?.(argument ?? '') ?? []
    if (side === undefined)
      report.leftOut(`${name} ${argument}`, 'of ietf-softwire-br, it has no counterpart here', line)
    else for (const one of leaves) sides[side].set(one.name, one)
  }
  visit(instances)
  report.remark('ietf-softwire-br has no instance: add one, with device, queue and addresses')
  return [
    block('external-interface', [...sides.external.values()]),
    block('internal-interface', [...sides.internal.values()]),
  ].filter(({ body }) => body?.length !== 0)
}
