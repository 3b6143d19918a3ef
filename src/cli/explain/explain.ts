/**
 * What the data plane does with each of some packets. There is no second opinion here: the first n packets are replayed
 * for each n, and what the n-th adds to the counters and to the frames that leave is what became of it. So its
 * explanation knows of those before it (fragments, rate limits, next hops), and all together are what was counted.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CounterInfo, type NativeBindingTable, native } from '../../dataplane/native.js'
import { replay } from '../../dataplane/replay.js'
import type { QueueSettings } from '../../dataplane/settings.js'
import { type Frame, readCapture, writeCapture } from './capture-file.js'
import { type Softwire, sharingOf, softwiresOf } from './softwires.js'

export type Side = 'v4' | 'v6'

export interface Received extends Frame {
  readonly side: Side
}

export interface Sent {
  readonly side: Side
  readonly data: Uint8Array
}

export interface Counted extends CounterInfo {
  readonly increment: bigint
}

export interface Explained {
  readonly received: Received
  readonly sent: readonly Sent[]
  /** In the order of the path. */
  readonly counters: readonly Counted[]
  readonly softwires: readonly Softwire[]
  /** How its address is shared, where it has to do with no softwire. */
  readonly sharing: string | null
}

/** Once through the path, as docs/flow.md tells it. */
const STAGES = ['bridge', 'reassembly', 'filter', 'arp', 'ndp', 'echo', 'core', 'next_hop', 'fragmenter']
const COUNTERS = native.counters().sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage))

interface Outcome {
  readonly counters: ReadonlyMap<string, bigint>
  readonly sent: readonly Sent[]
}

/** `received` in order of time. Costs a replay for each of them, of all before it. */
export function* explain(
  queue: QueueSettings,
  table: NativeBindingTable,
  received: readonly Received[],
  onAStick: boolean,
): Generator<Explained> {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-explain-'))
  try {
    const outcome = (n: number) => replayed(queue, table, received.slice(0, n), onAStick, directory)
    let before = outcome(0)
    for (const [i, packet] of received.entries()) {
      const after = outcome(i + 1)
      const sent = added(before.sent, after.sent)
      const softwires = softwiresOf(
        table,
        [packet.data],
        sent.map(({ data }) => data),
      )
      yield {
        received: packet,
        sent,
        counters: COUNTERS.map((counter) => ({
          ...counter,
          increment: (after.counters.get(counter.name) ?? 0n) - (before.counters.get(counter.name) ?? 0n),
        })).filter(({ name, increment }) => increment !== 0n && !name.startsWith('memuse-')),
        softwires,
        sharing: softwires.length > 0 ? null : sharingOf(table, packet.data),
      }
      before = after
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function replayed(
  queue: QueueSettings,
  table: NativeBindingTable,
  received: readonly Received[],
  onAStick: boolean,
  directory: string,
): Outcome {
  const at = (name: string) => join(directory, name)
  const files = { v4In: at('4.in'), v6In: at('6.in'), v4Out: at('4.out'), v6Out: at('6.out') }
  const of = (side: Side) => received.filter((packet) => packet.side === side)
  writeFileSync(files.v4In, writeCapture(of('v4')))
  writeFileSync(files.v6In, writeCapture(of('v6')))
  const counters = replay(queue, table, files, onAStick)
  const left = (side: Side, file: string) =>
    readCapture(readFileSync(file), file).map(({ data }) => ({ side, data }))
  return { counters, sent: [...left('v4', files.v4Out), ...left('v6', files.v6Out)] }
}

/** Those of `after` that are not in `before`; equal frames count as often as they are there. */
function added(before: readonly Sent[], after: readonly Sent[]): Sent[] {
  const key = ({ side, data }: Sent) => `${side} ${Buffer.from(data).toString('latin1')}`
  const left = new Map<string, number>()
  for (const frame of before) left.set(key(frame), (left.get(key(frame)) ?? 0) + 1)
  return after.filter((frame) => {
    const count = left.get(key(frame)) ?? 0
    if (count > 0) left.set(key(frame), count - 1)
    return count === 0
  })
}
