/** An explanation for people, within 80 columns, and for programs. */
import type { Counted, Explained, Side } from './explain.js'
import { describeFrame } from './packet.js'

const WIDTH = 80
const SIDES: Readonly<Record<Side, string>> = { v4: 'external', v6: 'internal' }

/** Why, in the words of the counters' own meanings. */
export function verdictOf({ sent, counters }: Explained): string[] {
  const reasons = counters.filter(
    ({ name, increment }) =>
      increment > 0n && /^drop-/.test(name) && !name.endsWith('-bytes') && !name.startsWith('drop-all-'),
  )
  if (reasons.length > 0) return reasons.map(({ name, meaning }) => `${name}: ${meaning}`)
  if (sent.length > 0) return [`${sent.length} frame${sent.length === 1 ? '' : 's'} left`]
  const counted = (pattern: RegExp) => counters.some(({ name }) => pattern.test(name))
  if (counted(/-frag-needs-reassembly$/) && !counted(/-frag-reassembled$/))
    return ['held: it waits for its other fragments']
  if (counted(/^out-ipv[46]-packets$/)) return ['held: it waits for the next hop to be resolved']
  return ['taken: nothing leaves because of it']
}

export function textOf(explained: Explained, number: number): string {
  const { received, sent, counters, softwires, sharing } = explained
  const lines = [
    `packet ${number}: ${received.data.length} bytes from the ${SIDES[received.side]} interface`,
    ...wrap(describeFrame(received.data), 2),
  ]
  for (const stage of new Set(counters.map(({ stage }) => stage))) {
    lines.push(`  ${stage.replace('_', ' ')}`)
    for (const counter of counters.filter((counter) => counter.stage === stage))
      if (!isBytes(counter, counters)) {
        const bytes = counters.find(({ name }) => name === counter.name.replace(/-packets$/, '-bytes'))
        const size = bytes && bytes !== counter ? `, ${bytes.increment} bytes` : ''
        const sign = counter.increment > 0n ? '+' : ''
        lines.push(`    ${counter.name} ${sign}${counter.increment}${size}`, ...wrap(counter.meaning, 6))
      }
  }
  for (const { ipv4, psid, 'b4-ipv6': b4, 'br-address': br } of softwires)
    lines.push(...wrap(`softwire ${ipv4} psid ${psid}: B4 ${b4}, BR ${br}`, 2))
  if (sharing !== null) lines.push(...wrap(`softwire: none; ${sharing}`, 2))
  for (const { side, data } of sent)
    lines.push(
      `  leaves by the ${SIDES[side]} interface, ${data.length} bytes`,
      ...wrap(describeFrame(data), 4),
    )
  lines.push(...verdictOf(explained).flatMap((verdict) => wrap(`=> ${verdict}`, 2)))
  return `${lines.join('\n')}\n`
}

/** Told beside the packets, where these are counted as well. */
function isBytes({ name }: Counted, all: readonly Counted[]): boolean {
  return name.endsWith('-bytes') && all.some((other) => other.name === name.replace(/-bytes$/, '-packets'))
}

/** Frames in hex, counters as numbers by name. */
export function jsonOf(explained: Explained, number: number): object {
  const { received, sent, counters, softwires } = explained
  const frame = (side: Side, data: Uint8Array) => ({
    side,
    description: describeFrame(data),
    frame: Buffer.from(data).toString('hex'),
  })
  return {
    packet: number,
    received: frame(received.side, received.data),
    counters: counters.map(({ name, stage, increment }) => ({ name, stage, increment: Number(increment) })),
    softwires,
    sent: sent.map(({ side, data }) => frame(side, data)),
    verdict: verdictOf(explained),
  }
}

function wrap(text: string, indent: number): string[] {
  const room = WIDTH - indent
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line) => ' '.repeat(indent) + line)
}
