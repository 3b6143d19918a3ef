// The CPUs that queues are pinned to: they should have nothing else to do.
import { parseCpuList } from '../../dataplane/cpu-list.js'
import { about, type Finding } from './finding.js'
import type { System } from './system.js'

/** `threads`: queues of all instances. `devices`: Linux names of their links. */
export function cpuFindings(
  system: System,
  { cpus, threads, devices }: { cpus: readonly number[]; threads: number; devices: readonly string[] },
): Finding[] {
  const { ok, advice, problem } = about('CPU')
  const online = listOf(system, '/sys/devices/system/cpu/online')
  const gone = cpus.filter((cpu) => !online.includes(cpu))
  if (gone.length > 0) return [problem(`there is no CPU ${gone.join(', ')}; there are ${online.join(', ')}`)]
  const findings: Finding[] = []
  const given = cpus.length > 0 ? new Set(cpus).size : online.length
  if (threads > given)
    findings.push(advice(`${threads} queues, and CPUs for ${given}: busy ones take each other's time`))
  if (cpus.length === 0)
    return [...findings, advice('queues are not pinned to CPUs', '--cpu LIST, one for each queue')]

  const isolated = listOf(system, '/sys/devices/system/cpu/isolated')
  const shared = cpus.filter((cpu) => !isolated.includes(cpu))
  if (shared.length > 0)
    findings.push(
      advice(
        `other programs run on CPU ${shared.join(', ')} as well`,
        `isolcpus=${cpus.join(',')} nohz_full=${cpus.join(',')} on the kernel command line, and a reboot`,
      ),
    )
  for (const cpu of new Set(cpus)) {
    const siblings = listOf(system, `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)
    const other = siblings.find((sibling) => sibling > cpu && cpus.includes(sibling))
    if (other !== undefined)
      findings.push(advice(`CPU ${cpu} and ${other} are one core: each slows the other's queue`))
  }
  for (const device of devices) findings.push(...interrupts(system, device, cpus))
  return findings.length > 0 ? findings : [ok('each queue has a CPU of its own')]
}

/** The kernel's part of receiving runs where the card interrupts. */
function interrupts(system: System, device: string, cpus: readonly number[]): Finding[] {
  const numbers = system.list(`/sys/class/net/${device}/device/msi_irqs`)
  const here = numbers.filter((number) => {
    const where = listOf(system, `/proc/irq/${number}/effective_affinity_list`)
    return where.some((cpu) => cpus.includes(cpu))
  })
  if (here.length === 0) return []
  const others = listOf(system, '/sys/devices/system/cpu/online').filter((cpu) => !cpus.includes(cpu))
  const remedy = `for i in ${here.join(' ')}; do echo ${others.join(',')} > /proc/irq/$i/smp_affinity_list; done`
  const { advice } = about(device)
  return [
    advice(
      `it interrupts CPUs that queues are pinned to (IRQ ${here.join(', ')}; irqbalance may move them there)`,
      others.length > 0 ? remedy : undefined,
    ),
  ]
}

function listOf(system: System, path: string): number[] {
  return parseCpuList(system.read(path) ?? '') ?? []
}
