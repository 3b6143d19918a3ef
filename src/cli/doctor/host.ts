// The machine as a whole: kernel, rights, memory.
import { copiesFor } from '../../dataplane/processor.js'
import { about, type Finding } from './finding.js'
import type { System } from './system.js'

export function hostFindings(system: System): Finding[] {
  return [...kernel(system), ...rights(system), ...processor(system), ...memory(system)]
}

/** Of the newest feature that AF_XDP needs here: BPF_LINK_CREATE for XDP programs. */
const LINKS = [5, 9] as const

function kernel(system: System): Finding[] {
  const { ok, advice } = about('kernel')
  const release = system.read('/proc/sys/kernel/osrelease') ?? '0.0'
  const findings: Finding[] = []
  if (isOlder(release, LINKS))
    findings.push(advice(`Linux ${release} has no AF_XDP as we use it; the driver is AF_PACKET. 5.9 has it`))
  else if (!(system.read('/proc/net/protocols') ?? '').split('\n').some((line) => line.startsWith('XDP ')))
    findings.push(
      advice(
        `Linux ${release} was built without AF_XDP; the driver is AF_PACKET`,
        'a kernel with CONFIG_XDP_SOCKETS=y',
      ),
    )
  else findings.push(ok(`Linux ${release} has AF_XDP`))
  if (system.read('/proc/sys/net/core/bpf_jit_enable') === '0')
    findings.push(
      advice('XDP programs and packet filters are interpreted', 'sysctl -w net.core.bpf_jit_enable=1'),
    )
  if (system.read('/proc/sys/net/core/bpf_jit_harden') === '2')
    findings.push(
      advice(
        'XDP programs of the system are hardened too, which slows them',
        'sysctl -w net.core.bpf_jit_harden=1',
      ),
    )
  return findings
}

/** Numbers of capabilities(7). */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_BPF: 39 } as const
const CAP_IPC_LOCK = 14
/** Bytes: the frames of a few AF_XDP sockets. */
const LOCKED = 64 * 2 ** 20

/** Of whoever asks: `lwaftr run` would have the same. */
function rights(system: System): Finding[] {
  const { ok, advice, problem } = about('rights')
  const status = system.read('/proc/self/status') ?? ''
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  const has = (capability: number) => ((effective >> BigInt(capability)) & 1n) === 1n
  const missing = Object.entries(CAPABILITIES).filter(([, number]) => !has(number))
  const names = missing.map(([name]) => name).join(', ')
  if (names === 'CAP_BPF')
    return [advice('without CAP_BPF there are no XDP programs; the driver is AF_PACKET')]
  if (missing.length > 0)
    return [
      problem(
        `${names} missing: devices cannot be opened`,
        'run as root, or as the service lwaftr@NAME does',
      ),
    ]
  const locked = /^Max locked memory\s+(\d+)/m.exec(system.read('/proc/self/limits') ?? '')?.[1]
  if (locked === undefined || Number(locked) >= LOCKED || has(CAP_IPC_LOCK))
    return [ok('packet sockets, devices and XDP programs are allowed')]
  return [
    advice(
      `only ${Math.floor(Number(locked) / 1024)} KiB may be locked into memory, which AF_XDP needs for frames`,
      'ulimit -l unlimited (systemd: LimitMEMLOCK=infinity)',
    ),
  ]
}

function processor(system: System): Finding[] {
  const { ok, advice } = about('CPU')
  const findings = []
  const info = system.read('/proc/cpuinfo') ?? ''
  // Other architectures have one copy only.
  if (/^flags\s*:/m.test(info)) {
    const best = copiesFor(info)[0] === 'dataplane-v3'
    findings.push(
      best
        ? ok('the data plane runs as compiled for x86-64-v3')
        : advice('no AVX2 (x86-64-v3): the data plane runs as compiled for any x86-64'),
    )
  }
  const slow = system
    .list('/sys/devices/system/cpu')
    .filter((name) => /^cpu\d+$/.test(name))
    .filter((cpu) => {
      const governor = system.read(`/sys/devices/system/cpu/${cpu}/cpufreq/scaling_governor`)
      return governor !== null && governor !== 'performance'
    })
  if (slow.length > 0)
    findings.push(
      advice(
        `${slow.length} CPUs may clock down when there is little traffic, and are slow when it comes back`,
        'cpupower frequency-set -g performance',
      ),
    )
  return findings
}

function memory(system: System): Finding[] {
  const { ok, advice, problem } = about('memory')
  const mounts = system.read('/proc/mounts') ?? ''
  const shared = mounts.split('\n').find((line) => line.split(' ')[1] === '/dev/shm')
  const findings =
    shared === undefined
      ? [
          problem(
            '/dev/shm is no tmpfs; binding table and counters live there',
            'mount -t tmpfs tmpfs /dev/shm',
          ),
        ]
      : [ok('/dev/shm is there for binding table and counters')]
  const information = system.read('/proc/meminfo') ?? ''
  const number = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(information)?.[1] ?? 0)
  const reserved = (number('HugePages_Free') * number('Hugepagesize')) / 1024
  if (reserved > 0)
    findings.push(
      advice(
        `${reserved} MiB are set aside as huge pages; the relay uses ordinary ones`,
        'sysctl -w vm.nr_hugepages=0, unless something else uses them',
      ),
    )
  return findings
}

/** Whether `release` ("6.1.0-18-amd64") comes before that version. */
export function isOlder(release: string, [major, minor]: readonly [number, number]): boolean {
  const [theirMajor = 0, theirMinor = 0] = release.split(/[.-]/).map(Number)
  return theirMajor < major || (theirMajor === major && theirMinor < minor)
}
