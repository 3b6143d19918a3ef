import { existsSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { readBytes } from '../../config-server/configuration-file.js'
import { contentType } from '../../config-server/media-types.js'
import type { LinkInterface, QueueSettings } from '../../dataplane/settings.js'
import { error } from '../../errors.js'
import { wholeNumber } from '../argument.js'
import { type ConnectionOptions, clientCommand, connect, text } from '../client.js'
import { isCapture, readCapture } from '../explain/capture-file.js'
import { explain, type Received, type Side } from '../explain/explain.js'
import { readHex } from '../explain/hex.js'
import { etherType } from '../explain/packet.js'
import { jsonOf, textOf } from '../explain/report.js'
import { type OfflineQueue, openOffline, openText } from '../offline.js'

interface ExplainOptions extends ConnectionOptions {
  readonly conf?: string
  readonly side?: Side
  readonly count: number
  readonly askNextHops: boolean
  readonly format: 'text' | 'json'
}

/** Any will do: it only stands in the frames that leave. */
const SOMEBODY = '02:00:00:00:00:01'

export function explainCommand(): Command {
  return clientCommand('explain')
    .description(
      'Say stage by stage what the relay does with packets, and why: which counters, which softwire, what leaves.\n' +
        'Takes the configuration of a running relay, or a file; either way nothing is sent.',
    )
    .argument(
      '[packets]',
      'pcap file, or hex of a frame or an IP packet; - or none: from standard input',
      '-',
    )
    .option('--conf <file>', 'configuration to go by instead of a running relay’s')
    .addOption(
      new Option('--side <side>', 'where they arrive; default: IPv6 from the B4s, all else outside').choices([
        'v4',
        'v6',
      ]),
    )
    .addOption(
      new Option('--count <n>', 'the first so many packets').argParser(wholeNumber(1, 9999)).default(100),
    )
    .option('--ask-next-hops', 'begin with next hops unresolved, as after a start', false)
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
The packets are replayed as by lwaftr check, through the first queue of the first instance: each
meets what those before it left behind, such as other fragments and spent rate limits. Passthru and
destination MAC addresses are not looked at.

Examples:
  lwaftr explain --conf relay.conf lost.pcap
  tcpdump -r lost.pcap -xx | lwaftr explain
  lwaftr explain --format json 4500001c000100004011… | jq '.verdict'`,
    )
    .action(explainPackets)
}

async function explainPackets(packets: string, options: ExplainOptions): Promise<void> {
  const received = (await readPackets(packets, options.side)).slice(0, options.count)
  const { queue, table } = await configured(options)
  const settings = options.askNextHops ? queue : withNextHops(queue)
  let number = 0
  for (const explained of explain(settings, table, received, queue.onAStick)) {
    number++
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(jsonOf(explained, number))}\n`)
    else process.stdout.write(`${number > 1 ? '\n' : ''}${textOf(explained, number)}`)
  }
  table.close()
}

async function configured(options: ExplainOptions): Promise<OfflineQueue> {
  if (options.conf !== undefined) return openOffline(options.conf)
  const client = await connect(options)
  const response = await client.request('GET', {
    path: '/restconf/data?content=config',
    headers: { accept: contentType('text') },
  })
  return openText(Buffer.from(await text(response)), 'the relay’s configuration')
}

async function readPackets(packets: string, side: Side | undefined): Promise<Received[]> {
  const named = packets !== '-' && (existsSync(packets) || !/^[\s0-9a-f:]+$/i.test(packets))
  const source = packets === '-' ? 'standard input' : named ? packets : 'the packet'
  const bytes =
    packets === '-' ? await standardInput() : named ? await readBytes(packets) : Buffer.from(packets)
  const frames = isCapture(bytes)
    ? readCapture(bytes, source)
    : readHex(bytes.toString('latin1'), source).map((data) => ({ time: 0n, data }))
  if (frames.length === 0) throw error('file', { file: source, problem: 'it holds no packet' })
  return frames.map((frame) => ({ ...frame, side: side ?? (etherType(frame.data) === 0x86dd ? 'v6' : 'v4') }))
}

async function standardInput(): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** Next hops by address are taken as resolved: a packet would only be told to wait for them. */
function withNextHops(queue: QueueSettings): QueueSettings {
  const resolved = ({ nextHopIp: _, nextHopMac, ...link }: LinkInterface): LinkInterface => ({
    ...link,
    nextHopMac: nextHopMac ?? SOMEBODY,
  })
  return {
    ...queue,
    externalInterface: resolved(queue.externalInterface),
    internalInterface: resolved(queue.internalInterface),
  }
}
