import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { examine } from '../../src/cli/doctor/doctor.js'
import { isOlder } from '../../src/cli/doctor/host.js'
import { type System, thisSystem } from '../../src/cli/doctor/system.js'
import { type InstanceSettings, instanceSettings } from '../../src/dataplane/settings.js'
import { loadSchema } from '../../src/schema/schema.js'
import { loadText } from '../../src/schema/text.js'
import { configuration, World } from './relay.js'

/** Files by path; what begins with `-> ` is a symbolic link. */
type Tree = Readonly<Record<string, string>>

function system(tree: Tree): System {
  return {
    read: (path) => (tree[path]?.startsWith('-> ') ? null : (tree[path]?.trim() ?? null)),
    list: (path) => {
      const inside = Object.keys(tree).filter((file) => file.startsWith(`${path}/`))
      return [...new Set(inside.map((file) => file.slice(path.length + 1).split('/')[0] as string))].sort()
    },
    link: (path) => /^-> (?:.*\/)?(.+)$/.exec(tree[path] ?? '')?.[1] ?? null,
  }
}

function settings(text: string): InstanceSettings[] {
  return instanceSettings(loadText(loadSchema(), Buffer.from(text), { file: 'relay.conf' }).tree)
}

/** A server that has nothing to be told: two CPUs of which one is ours, a card with one queue. */
const server: Tree = {
  '/proc/sys/kernel/osrelease': '6.12.9-amd64\n',
  '/proc/sys/net/core/bpf_jit_enable': '1\n',
  '/proc/sys/net/core/bpf_jit_harden': '0\n',
  '/proc/net/protocols': 'protocol  size sockets\nXDP       1088      0\nPACKET    1472      0\n',
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
  '/proc/self/limits': 'Max locked memory         8388608              8388608              bytes\n',
  '/proc/cpuinfo':
    'processor : 0\nflags : cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 abm avx avx2 bmi1 bmi2 f16c fma movbe xsave pni\n',
  '/proc/mounts': 'tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n',
  '/proc/meminfo': 'HugePages_Free:        0\nHugepagesize:       2048 kB\n',
  '/proc/net/fib_trie': '  |-- 127.0.0.1\n    /32 host LOCAL\n  |-- 192.0.2.9\n    /32 host LOCAL\n',
  '/proc/net/if_inet6': '00000000000000000000000000000001 01 80 10 80       lo\n',
  '/proc/irq/40/effective_affinity_list': '0\n',
  '/sys/devices/system/cpu/online': '0-1\n',
  '/sys/devices/system/cpu/isolated': '1\n',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance\n',
  '/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor': 'performance\n',
  '/sys/devices/system/cpu/cpu1/topology/thread_siblings_list': '1\n',
  '/sys/class/misc/tun/dev': '10:200\n',
  '/sys/class/net/link0/ifindex': '4\n',
  '/sys/class/net/link0/flags': '0x1003\n',
  '/sys/class/net/link0/carrier': '1\n',
  '/sys/class/net/link0/speed': '25000\n',
  '/sys/class/net/link0/duplex': 'full\n',
  '/sys/class/net/link0/mtu': '1600\n',
  '/sys/class/net/link0/queues/rx-0/rps_cpus': '0\n',
  '/sys/class/net/link0/device/driver': '-> ../../../../bus/pci/drivers/ice',
  '/sys/class/net/link0/device/msi_irqs/40': 'msix\n',
  '/sys/class/net/link0/device/iommu_group': '-> ../../../kernel/iommu_groups/7',
  '/sys/kernel/iommu_groups/7/type': 'identity\n',
}

/** What is not as it should be: level, subject, words of the message, words of the remedy. */
function complaints(tree: Tree, conf = configuration, cpus: readonly number[] = [1]) {
  return examine(system(tree), settings(conf), cpus)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, subject, message, remedy = '' }) => `${level} ${subject}: ${message} | ${remedy}`)
}

/** The configuration of the other tests has the MTUs that the model begins with, and a tunnel adds 40 bytes. */
const whole = configuration.replace(
  'softwire-config {',
  'softwire-config { internal-interface { mtu 1540; } external-interface { mtu 1500; }',
)

t.test('a server that is set up well is told so', async (t) => {
  t.same(complaints(server, whole), [])
  const said = examine(system(server), settings(whole), [1]).map(
    ({ subject, message }) => `${subject}: ${message}`,
  )
  t.same(said, [
    'kernel: Linux 6.12.9-amd64 has AF_XDP',
    'rights: packet sockets, devices and XDP programs are allowed',
    'CPU: the data plane runs as compiled for x86-64-v3',
    'memory: /dev/shm is there for binding table and counters',
    'CPU: each queue has a CPU of its own',
    'link0: driver ice, up, 25000 Mbit/s',
    'configuration: whole packets of the internet fit into tunnels',
  ])
})

/** What differs from that server, and the one thing that is then said. */
const cases: readonly (readonly [Tree, RegExp])[] = [
  [{ '/proc/sys/kernel/osrelease': '5.8.0' }, /^advice kernel: Linux 5\.8\.0 has no AF_XDP/],
  [
    { '/proc/net/protocols': 'TCPv6 2400 0' },
    /^advice kernel: .* built without AF_XDP.* \| .*CONFIG_XDP_SOCKETS/,
  ],
  [
    { '/proc/sys/net/core/bpf_jit_enable': '0' },
    /^advice kernel: .*interpreted \| sysctl -w net\.core\.bpf_jit_enable=1$/,
  ],
  [
    { '/proc/sys/net/core/bpf_jit_harden': '2' },
    /^advice kernel: .* \| sysctl -w net\.core\.bpf_jit_harden=1$/,
  ],
  [
    { '/proc/self/status': 'CapEff:\t0000000000000000' },
    /^problem rights: CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF missing/,
  ],
  [{ '/proc/self/status': 'CapEff:\t0000000000007000' }, /^advice rights: without CAP_BPF/],
  [
    { '/proc/self/status': 'CapEff:\t0000008000003000' },
    /^advice rights: only 8192 KiB .* \| ulimit -l unlimited/,
  ],
  [{ '/proc/cpuinfo': 'flags : sse sse2' }, /^advice CPU: no AVX2/],
  [
    { '/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor': 'powersave' },
    /^advice CPU: 1 CPUs may clock down.* \| cpupower/,
  ],
  [{ '/proc/mounts': '/dev/sda1 / ext4 rw 0 0' }, /^problem memory: \/dev\/shm is no tmpfs/],
  [{ '/proc/meminfo': 'HugePages_Free: 512\nHugepagesize: 2048 kB' }, /^advice memory: 1024 MiB/],
  [
    { '/sys/devices/system/cpu/isolated': '' },
    /^advice CPU: other programs run on CPU 1 as well \| isolcpus=1 nohz_full=1/,
  ],
  [{ '/sys/devices/system/cpu/online': '0' }, /^problem CPU: there is no CPU 1; there are 0/],
  [
    { '/proc/irq/40/effective_affinity_list': '1' },
    /^advice link0: it interrupts CPUs .*IRQ 40.* \| .*echo 0 > \/proc\/irq\/\$i/,
  ],
  [
    { '/sys/class/net/link0/flags': '0x1002', '/sys/class/net/link0/carrier': '' },
    /^problem link0: it is down \| ip link set link0 up$/,
  ],
  [{ '/sys/class/net/link0/carrier': '0' }, /^problem link0: it has no carrier/],
  [{ '/sys/class/net/link0/duplex': 'half' }, /^problem link0: .*half duplex/],
  [{ '/sys/class/net/link0/master': '-> ../br0' }, /^problem link0: it is a port of br0/],
  [
    { '/sys/class/net/link0/mtu': '1500' },
    /^problem link0: its MTU is 1500, the configuration has packets of 1540 \| ip link set link0 mtu 1540$/,
  ],
  [
    { '/sys/class/net/link0/mtu': '9000', '/proc/sys/kernel/osrelease': '6.1.0-18-amd64' },
    /^advice link0: before Linux 6\.6/,
  ],
  [
    { '/sys/class/net/link0/queues/rx-1/rps_cpus': '0' },
    /^advice link0: it receives by 2 hardware queues.* \| ethtool -L link0 combined 1$/,
  ],
  [{ '/sys/kernel/iommu_groups/7/type': 'DMA' }, /^advice link0: .*IOMMU \| iommu=pt/],
  [
    { '/proc/net/fib_trie': '  |-- 172.20.0.100\n     /32 host LOCAL\n' },
    /^problem addresses: the kernel has the relay's 172\.20\.0\.100 too/,
  ],
  [
    { '/proc/net/if_inet6': '20010db8000000000000000000000100 04 40 00 80   link0' },
    /^problem addresses: the kernel has the relay's 2001:db8::100 too.* \| ip address del 2001:db8::100 dev link0$/,
  ],
]

t.test('what is wrong with a server is said, with what mends it', async (t) => {
  for (const [difference, expected] of cases) {
    const said = complaints({ ...server, ...difference }, whole)
    t.equal(said.length, 1, JSON.stringify(difference))
    t.match(said[0], expected)
  }
})

t.test(
  'a card that is on another memory node than its queue is said with the CPUs that are near',
  async (t) => {
    const nodes = {
      '/sys/devices/system/node/online': '0-1',
      '/sys/devices/system/node/node0/cpulist': '0',
      '/sys/devices/system/node/node1/cpulist': '1',
      '/sys/class/net/link0/device/numa_node': '0',
    }
    t.match(complaints({ ...server, ...nodes }, whole), [
      /^advice link0: device link0 is on memory node 0, CPU 1 on 1/,
    ])
  },
)

t.test('queues that are not pinned, or share a core, are advised', async (t) => {
  t.match(complaints(server, whole, []), [/^advice CPU: queues are not pinned to CPUs \| --cpu LIST/])
  const threads = { '/sys/devices/system/cpu/cpu0/topology/thread_siblings_list': '0-1' }
  t.match(
    complaints({ ...server, ...threads }, whole, [0, 1]).join('\n'),
    /advice CPU: CPU 0 and 1 are one core/,
  )
})

t.test('a device that is not there, or is not the kernel’s', async (t) => {
  t.match(complaints({ ...server, '/sys/class/net/link0/ifindex': '-> nothing' }, whole), [
    /^problem link0: there is no such network interface/,
  ])
  const pci = whole.replace('device link0;', 'device 03:00.0;')
  const card = '/sys/bus/pci/devices/0000:03:00.0'
  t.match(complaints({ ...server, [`${card}/net/link0/ifindex`]: '4' }, pci), [], 'by its PCI address')
  t.match(complaints({ ...server, [`${card}/driver`]: '-> ../../drivers/vfio-pci' }, pci), [
    /^problem 03:00\.0: the card belongs to vfio-pci, .* \| echo 0000:03:00\.0 > .*unbind; echo 0000:03:00\.0 > .*drivers_probe$/,
  ])
})

t.test('a passthru device that cannot be made, or is too small', async (t) => {
  const conf = whole.replace(
    'id 0;',
    'id 0; passthru-interface { device int0; mac 02:00:00:00:00:09; mtu 9000; }',
  )
  t.same(complaints(server, conf), [])
  t.match(complaints({ ...server, '/sys/class/misc/tun/dev': '-> nothing' }, conf), [
    /^problem int0: .* \| modprobe tun$/,
  ])
  t.match(complaints({ ...server, '/sys/class/net/int0/mtu': '1500' }, conf), [
    /^problem int0: .*MTU is 1500, the configuration has 9000 \| ip link set int0 mtu 9000$/,
  ])
})

t.test('a network that is too narrow for tunnels is advised, unless TCP is told', async (t) => {
  const narrow = whole.replace('mtu 1540;', 'mtu 1500;')
  t.match(complaints(server, narrow), [/^advice configuration: packets over 1460 bytes .* \| .*mtu 1540/])
  t.same(complaints(server, narrow.replace('mtu 1500;', 'mtu 1500; lwaftr:tcp-mss-clamp 1420;')), [])
})

t.test('a machine without a configuration is looked at as such', async (t) => {
  t.same(
    examine(system(server), null, []).map(({ level }) => level),
    ['ok', 'ok', 'ok', 'ok'],
  )
  t.match(examine(system({}), null, []), [
    { subject: 'kernel' },
    { subject: 'rights' },
    { subject: 'memory' },
  ])
})

t.test('versions of Linux are compared as numbers', async (t) => {
  for (const [release, older] of [
    ['5.8.0', true],
    ['5.10.0-amd64', false],
    ['6.1-rc1', false],
    ['4.19', true],
  ] as const)
    t.equal(isOlder(release, [5, 9]), older, release)
})

t.test('the command looks at this machine', async (t) => {
  const world = new World(t)
  const conf = join(world.directory, 'none.conf')
  writeFileSync(conf, configuration.replace('link0', 'no-such-link'))
  const found = await world.lwaftr(['doctor', '--json', '--conf', conf])
  t.match(found, { code: 1, stderr: 'lwaftr: there is a problem\n' })
  const findings = JSON.parse(found.stdout)
  t.match(findings[0], { subject: 'kernel', message: thisSystem.read('/proc/sys/kernel/osrelease') })
  t.match(
    findings.filter(({ level }: { level: string }) => level === 'problem'),
    [{ subject: 'no-such-link', message: 'there is no such network interface', remedy: 'ip link' }],
  )

  const relay = await world.run()
  const running = await world.lwaftr(['doctor'])
  t.match(
    running.stdout,
    /^problem link0: there is no such network interface\n {10}ip link\n/m,
    'its link is in memory',
  )
  await relay.stop()
  t.match(await world.lwaftr(['doctor']), { stderr: /^lwaftr: no relay runs here; --conf FILE/ })
})
