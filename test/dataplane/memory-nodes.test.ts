// Trees of /sys as machines with one, two and three memory nodes have them.
import t from 'tap'
import { parseCpuList } from '../../src/dataplane/cpu-list.js'
import { memoryPlace } from '../../src/dataplane/memory-nodes.js'

const NODES = 'devices/system/node'
const one = { [`${NODES}/online`]: '0\n', [`${NODES}/node0/cpulist`]: '0-15\n' }
/** Two sockets whose CPUs alternate in part, and memory without CPUs as node 4. */
const several = {
  [`${NODES}/online`]: '0-1,4\n',
  [`${NODES}/node0/cpulist`]: '0-7,16-23\n',
  [`${NODES}/node1/cpulist`]: '8-15,24-31\n',
  [`${NODES}/node4/cpulist`]: '\n',
  'class/net/eth0/device/numa_node': '0\n',
  'class/net/eth1/device/numa_node': '1\n',
  'class/net/eth4/device/numa_node': '4\n',
  'class/net/eth7/device/numa_node': '7\n',
  'class/net/virtio0/device/numa_node': '-1\n',
}

const hintUnpinned = 'device eth1 is on memory node 1: --cpu with CPUs of 8-15,24-31 keeps its queues near it'
const hintApart = 'device eth1 is on memory node 1, CPU 16 on 0: CPUs 8-15,24-31 are nearer'

t.test("a queue's memory is on its CPU's node, else on its card's", async (t) => {
  const cases: [
    string,
    Record<string, string>,
    string | null,
    number | null,
    number | null,
    string | null,
  ][] = [
    ['one node', { ...one, 'class/net/eth0/device/numa_node': '0\n' }, 'eth0', 3, null, null],
    ['a kernel without nodes', {}, 'eth0', 3, null, null],
    ['CPU and card together', several, 'eth1', 25, 1, null],
    ['CPU and card apart', several, 'eth1', 16, 0, hintApart],
    ['no CPU given', several, 'eth1', null, 1, hintUnpinned],
    ['no card', several, 'veth0', 8, 1, null],
    ['no device', several, null, 8, 1, null],
    ['neither', several, 'veth0', null, null, null],
    ['a card whose node nobody knows', several, 'virtio0', null, null, null],
    ['the same with a CPU', several, 'virtio0', 31, 1, null],
    ['a card on a node that is not there', several, 'eth7', null, null, null],
    ['a card whose node has no CPUs', several, 'eth4', null, 4, null],
    ['the same with a CPU', several, 'eth4', 0, 0, null],
    ['a CPU of no node', several, 'eth0', 99, null, null],
  ]
  for (const [what, tree, device, cpu, node, hint] of cases)
    t.same(
      memoryPlace((path) => tree[path] ?? null, device, cpu),
      { node, hint },
      what,
    )
})

t.test('lists of CPUs are those of Linux', async (t) => {
  for (const [text, cpus] of [
    ['0', [0]],
    ['0,2,4-7\n', [0, 2, 4, 5, 6, 7]],
    ['', []],
    ['\n', []],
    ['7-4', null],
    ['1,', null],
    ['a', null],
    ['1-2-3', null],
    ['-1', null],
  ] as const)
    t.same(parseCpuList(text), cpus, JSON.stringify(text))
})
