// One network interface, beside what the configuration asks of it.
import { memoryPlace } from '../../dataplane/memory-nodes.js'
import type { InstanceSettings } from '../../dataplane/settings.js'
import { about, type Finding } from './finding.js'
import { isOlder } from './host.js'
import type { System } from './system.js'

/** Largest IP packet that fits into one AF_XDP buffer; more needs Linux 6.6 (docs/decisions/af-xdp.md). */
const ONE_BUFFER = 3498

export interface Wanted {
  /** Linux name or PCI address. */
  readonly device: string
  readonly instance: InstanceSettings
  /** IP packets that go over it, bytes. */
  readonly mtu: number
  /** CPU of each of its queues; empty: any. */
  readonly cpus: readonly number[]
}

export function deviceFindings(system: System, wanted: Wanted): Finding[] {
  const name = interfaceOf(system, wanted.device)
  if (name === null) return [absent(system, wanted.device)]
  const at = `/sys/class/net/${name}`
  return [
    ...link(system, at, name),
    ...size(system, at, name, wanted),
    ...queues(system, at, name, wanted),
    ...place(system, at, name, wanted),
  ]
}

/** The Linux name, of a PCI address that of the card there; null when there is none. */
export function interfaceOf(system: System, device: string): string | null {
  const [, address] = /^((?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(device) ?? []
  if (address !== undefined) return system.list(`${pciDirectory(address)}/net`)[0] ?? null
  return system.read(`/sys/class/net/${device}/ifindex`) === null ? null : device
}

function pciDirectory(address: string): string {
  return `/sys/bus/pci/devices/${address.length === 7 ? `0000:${address}` : address}`.toLowerCase()
}

function absent(system: System, device: string): Finding {
  const { problem } = about(device)
  const directory = pciDirectory(device)
  const driver = device.includes(':') ? system.link(`${directory}/driver`) : null
  if (driver === null) return problem('there is no such network interface', 'ip link')
  const address = directory.split('/').at(-1)
  return problem(
    `the card belongs to ${driver}, which hides it from the kernel`,
    `echo ${address} > ${directory}/driver/unbind; echo ${address} > /sys/bus/pci/drivers_probe`,
  )
}

function link(system: System, at: string, name: string): Finding[] {
  const { ok, advice, problem } = about(name)
  const driver = system.link(`${at}/device/driver`) ?? 'virtual'
  const up = (Number(system.read(`${at}/flags`) ?? 0) & 1) === 1
  const findings: Finding[] = []
  if (!up) findings.push(problem('it is down', `ip link set ${name} up`))
  else if (system.read(`${at}/carrier`) === '0')
    findings.push(problem('it has no carrier: nothing is connected, or the other end is down'))
  else {
    const speed = Number(system.read(`${at}/speed`) ?? -1)
    findings.push(ok(`driver ${driver}, up${speed > 0 ? `, ${speed} Mbit/s` : ''}`))
  }
  if (system.read(`${at}/duplex`) === 'half') findings.push(problem('it runs at half duplex'))
  const master = system.link(`${at}/master`)
  if (master !== null)
    findings.push(
      problem(
        `it is a port of ${master}, which takes what arrives for itself`,
        `ip link set ${name} nomaster, or ${master} as the device`,
      ),
    )
  if (system.list('/proc/irq').length > 0 && system.read(`${at}/threaded`) === '1')
    findings.push(advice('its packets wait for kernel threads', `echo 0 > ${at}/threaded`))
  return findings
}

function size(system: System, at: string, name: string, { mtu }: Wanted): Finding[] {
  const { advice, problem } = about(name)
  const theirs = Number(system.read(`${at}/mtu`) ?? 0)
  const release = system.read('/proc/sys/kernel/osrelease') ?? '0.0'
  if (theirs < mtu)
    return [
      problem(
        `its MTU is ${theirs}, the configuration has packets of ${mtu}`,
        `ip link set ${name} mtu ${mtu}`,
      ),
    ]
  if (theirs > ONE_BUFFER && isOlder(release, [6, 6]))
    return [
      advice(
        `before Linux 6.6, AF_XDP does not carry its MTU of ${theirs}; the driver is AF_PACKET`,
        `ip link set ${name} mtu ${Math.max(mtu, 1500)}`,
      ),
    ]
  return []
}

/** With AF_XDP each hardware receive queue needs a thread. */
function queues(system: System, at: string, name: string, { instance }: Wanted): Finding[] {
  const { advice } = about(name)
  const theirs = system.list(`${at}/queues`).filter((queue) => queue.startsWith('rx-')).length
  const ours = instance.queues.length
  const last = Math.max(...instance.queues.map(({ id }) => id))
  if (last >= theirs)
    return [
      advice(
        `queue ${last} is not one of its ${theirs} hardware queues; the driver is AF_PACKET`,
        `ethtool -L ${name} combined ${last + 1}, or queues with ids from 0 to ${theirs - 1}`,
      ),
    ]
  if (theirs !== ours)
    return [
      advice(
        `it receives by ${theirs} hardware queues, the configuration has ${ours}`,
        `ethtool -L ${name} combined ${ours}`,
      ),
    ]
  return []
}

/** Where the card is: memory, IOMMU. */
function place(system: System, at: string, name: string, { cpus }: Wanted): Finding[] {
  const { advice } = about(name)
  const findings: Finding[] = []
  const sys = (path: string) => system.read(`/sys/${path}`)
  const hints = (cpus.length > 0 ? cpus : [null]).map((cpu) => memoryPlace(sys, name, cpu).hint)
  for (const hint of new Set(hints)) if (hint !== null) findings.push(advice(hint))
  const group = system.link(`${at}/device/iommu_group`)
  const type = group === null ? null : system.read(`/sys/kernel/iommu_groups/${group}/type`)
  if (type !== null && type !== 'identity')
    findings.push(
      advice(
        'each of its buffers goes through the IOMMU',
        'iommu=pt on the kernel command line, and a reboot',
      ),
    )
  return findings
}
