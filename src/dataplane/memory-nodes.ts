// Where a queue's memory belongs on a machine with several memory nodes (NUMA): a node is memory and the CPUs and cards
// that are near it. Reaching another's costs every packet.
//
//   --cpu given ──► the CPU's node: thread and memory together
//   not given ────► the card's node: at least what it writes is near, and the operator hears which CPUs are
import { readFileSync } from 'node:fs'
import { parseCpuList } from './cpu-list.js'

/** A file below /sys, null when there is none. */
export type ReadSys = (path: string) => string | null

export interface MemoryPlace {
  /** Null: there is one node only, or nothing speaks for one. */
  readonly node: number | null
  /** What would be better, for the operator. */
  readonly hint: string | null
}

/** `device` is the Linux name of a queue's link, null when it has none. */
export function memoryPlace(read: ReadSys, device: string | null, cpu: number | null): MemoryPlace {
  const nodes = parseCpuList(read('devices/system/node/online') ?? '') ?? []
  if (nodes.length < 2) return { node: null, hint: null }
  const cpusOf = (node: number) => (read(`devices/system/node/node${node}/cpulist`) ?? '').trim()
  const card = cardNode(read, device, nodes)
  if (cpu === null) {
    const near = card === null ? '' : cpusOf(card)
    const hint = `device ${device} is on memory node ${card}: --cpu with CPUs of ${near} keeps its queues near it`
    return { node: card, hint: near === '' ? null : hint }
  }
  const node = nodes.find((node) => parseCpuList(cpusOf(node))?.includes(cpu)) ?? null
  const apart = card !== null && node !== null && card !== node
  const hint = `device ${device} is on memory node ${card}, CPU ${cpu} on ${node}: CPUs ${cpusOf(card ?? 0)} are nearer`
  return { node, hint: apart && cpusOf(card) !== '' ? hint : null }
}

/** Null for a device that is no card, and where the firmware does not say (-1). */
function cardNode(read: ReadSys, device: string | null, nodes: readonly number[]): number | null {
  const text = device === null ? null : read(`class/net/${device}/device/numa_node`)
  const node = Number(text ?? -1)
  return nodes.includes(node) ? node : null
}

export function readSys(path: string): string | null {
  try {
    return readFileSync(`/sys/${path}`, 'utf8')
  } catch {
    return null
  }
}
