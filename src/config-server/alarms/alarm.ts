// An alarm (RFC 8632) is a state that a resource should not be in: raised, perhaps made worse or better, cleared. It
// stays in the list once it is cleared. What kinds there are is the table below; their identities are in the model
// (lwaftr-alarms).
import type { JsonObject } from '../../schema/json-types.js'

/** The worst first. */
export const SEVERITIES = ['critical', 'major', 'minor', 'warning'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Problem {
  readonly severity: Severity
  /** What is wrong and what to look at, for who is woken by it. */
  readonly text: string
}

interface AlarmType {
  readonly severities: readonly Severity[]
  readonly description: string
  /** Milliseconds that it has to last before it is raised: what a start or a failover passes through is no alarm. */
  readonly patience: number
}

export const ALARM_TYPES = {
  'worker-failed': {
    severities: ['warning', 'critical'],
    description:
      'The process that forwards for an instance died. It is started again by itself; its last words are in the state directory. Many restarts: report a bug, and drain the instance.',
    patience: 0,
  },
  'link-down': {
    severities: ['critical'],
    description:
      'A network device has no carrier, is switched off or has gone. Look at cable, transceiver and switch port, and at ip link.',
    patience: 1000,
  },
  'next-hop-unresolved': {
    severities: ['critical'],
    description:
      'A next hop does not answer ARP or neighbour discovery: the queue cannot send, and its routes are withdrawn. Look at the router, the VLAN and the configured address.',
    patience: 3000,
  },
  'passthru-down': {
    severities: ['major'],
    description:
      'A passthru device does not exist or is down: BGP, BFD and the like behind it are cut off. Start what is attached to it, or create it.',
    patience: 1000,
  },
  'ingress-drops': {
    severities: ['major'],
    description:
      'The network card drops what it receives, more than thresholds/ingress-drops. The queues do not keep up: give them CPUs of their own, add queues, and look at lwaftr top.',
    patience: 0,
  },
  'bad-softwires': {
    severities: ['minor'],
    description:
      'More packets than thresholds/bad-softwires belong to no softwire: provisioning and B4s disagree, or somebody scans. lwaftr capture --reason shows them.',
    patience: 0,
  },
  fragmentation: {
    severities: ['warning'],
    description:
      "More fragments than thresholds/fragmentation come or go. The path between relay and B4s should carry 40 bytes more than the subscribers' packets have.",
    patience: 0,
  },
  'filter-drops': {
    severities: ['warning'],
    description:
      'Filters refuse more packets than thresholds/filter-drops. Look whether they are meant, with lwaftr capture --reason.',
    patience: 0,
  },
  'table-memory-low': {
    severities: ['warning', 'critical'],
    description:
      "Shared memory has no room for a second binding table, which replacing the whole of it needs (warning), or for new softwires (critical). Make /dev/shm larger, or clear it of what is not the relay's.",
    patience: 0,
  },
  'certificate-expiring': {
    severities: ['warning', 'critical'],
    description:
      'The certificate of the config server has two weeks left or less (warning), two days or none (critical). Replace its files; they are read again by themselves.',
    patience: 0,
  },
  'clock-jump': {
    severities: ['warning'],
    description:
      'The clock of the machine was set by five seconds or more within the last ten minutes. Look at its time synchronisation.',
    patience: 0,
  },
  'storage-failing': {
    severities: ['warning', 'critical'],
    description:
      'Commits cannot be stored (critical), or soon cannot, for want of room (warning). Forwarding goes on; look at the disk of the state directory.',
    patience: 0,
  },
} as const satisfies Readonly<Record<string, AlarmType>>

export type AlarmTypeName = keyof typeof ALARM_TYPES

export interface StatusChange {
  readonly time: Date
  readonly severity: Severity | 'cleared'
  readonly text: string
}

export interface Alarm {
  readonly type: AlarmTypeName
  /** Instance-identifier, as RFC 7951 writes it. */
  readonly resource: string
  readonly created: Date
  readonly raised: Date
  readonly cleared: boolean
  /** The last it had, if it is cleared. */
  readonly severity: Severity
  /** Newest first, never empty; no two of one time. */
  readonly changes: readonly [StatusChange, ...StatusChange[]]
}

/** What an alarm is known by. */
export function alarmKey({ resource, type }: Pick<Alarm, 'resource' | 'type'>): string {
  return `${type} ${resource}`
}

/** Keys of the model's lists of alarms: the qualifier is not used. */
export function listKeys({ resource, type }: Alarm): [string, string, string] {
  return [resource, `lwaftr:${type}`, '']
}

/** An entry of `ietf-alarms:alarms/alarm-list/alarm`. */
export function alarmEntry(alarm: Alarm): JsonObject {
  const { created, raised, cleared, severity, changes } = alarm
  const [resource, id, qualifier] = listKeys(alarm)
  return {
    resource,
    'alarm-type-id': id,
    'alarm-type-qualifier': qualifier,
    'time-created': created.toISOString(),
    'is-cleared': cleared,
    'last-raised': raised.toISOString(),
    'last-changed': changes[0].time.toISOString(),
    'perceived-severity': severity,
    'alarm-text': changes[0].text,
    'status-change': changes.map(statusChange),
  }
}

function statusChange({ time, severity, text }: StatusChange): JsonObject {
  return { time: time.toISOString(), 'perceived-severity': severity, 'alarm-text': text }
}
