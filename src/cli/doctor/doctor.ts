// All checks of a machine, and of what a configuration asks of it.
import type { InstanceSettings } from '../../dataplane/settings.js'
import { configurationFindings } from './configuration.js'
import { cpuFindings } from './cpus.js'
import { deviceFindings, interfaceOf, type Wanted } from './device.js'
import type { Finding } from './finding.js'
import { hostFindings } from './host.js'
import type { System } from './system.js'

/** `cpus`: those of --cpu, dealt to the queues in their order as `lwaftr run` does. */
export function examine(
  system: System,
  instances: readonly InstanceSettings[] | null,
  cpus: readonly number[],
): Finding[] {
  if (instances === null) return hostFindings(system)
  const links = linksOf(instances, cpus)
  const devices = links.flatMap(({ device }) => interfaceOf(system, device) ?? [])
  const threads = instances.reduce((sum, { queues }) => sum + queues.length, 0)
  return [
    ...hostFindings(system),
    ...cpuFindings(system, { cpus, threads, devices }),
    ...links.flatMap((link) => deviceFindings(system, link)),
    ...configurationFindings(system, instances),
  ]
}

/** On a stick one link carries both families; else external-device has IPv4, device IPv6. */
function linksOf(instances: readonly InstanceSettings[], cpus: readonly number[]): Wanted[] {
  let dealt = 0
  return instances.flatMap((instance) => {
    const { device, externalDevice, queues } = instance
    const [first] = queues
    if (first === undefined) return []
    const pinned = cpus.length === 0 ? [] : queues.map(() => cpus[dealt++ % cpus.length] as number)
    const { internal, external } = first
    if (externalDevice === undefined)
      return [{ device, instance, mtu: Math.max(internal.mtu, external.mtu), cpus: pinned }]
    return [
      { device, instance, mtu: internal.mtu, cpus: pinned },
      { device: externalDevice, instance, mtu: external.mtu, cpus: pinned },
    ]
  })
}

/** One line for each, and one for what mends it. */
export function textOf(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, subject, message, remedy }) => [
    `${level.padEnd(7)} ${subject}: ${message}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(10)}${remedy}`]),
  ])
  return `${lines.join('\n')}\n`
}
