import { createWriteStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CAPTURE_FILE, contentType } from '../../config-server/media-types.js'
import { error } from '../../errors.js'
import { wholeNumber } from '../argument.js'
import { Blocks } from '../capture/blocks.js'
import { type ConnectionOptions, clientCommand, connect, pieces } from '../client.js'

const NUMBER = wholeNumber(0, 2 ** 32 - 1)
const WHERE = ['in', 'out', 'drop', 'passthru']

interface CaptureOptions extends ConnectionOptions {
  readonly write: string
  readonly filter?: string
  readonly where: readonly string[]
  readonly reason?: string
  readonly snaplen?: number
  readonly count?: number
  readonly duration?: number
}

export function captureCommand(): Command {
  return clientCommand('capture')
    .description(
      'Write packets of a running relay to a pcapng file, each with a comment: where it was sent, or the counter that it was dropped by, and its softwire. Until interrupted.',
    )
    .requiredOption('-w, --write <file>', 'file to write; - is standard output')
    .option('--filter <pflang>', 'only what this filter accepts (pcap-filter), tags aside')
    .addOption(
      new Option('--where <where>', 'in, out, drop or passthru; several with commas; default: all')
        .argParser(parseWhere)
        .default([], 'all'),
    )
    .option('--reason <counter>', 'only what is dropped by this counter')
    .addOption(new Option('--snaplen <bytes>', 'keep no more of a packet').argParser(NUMBER))
    .addOption(new Option('-c, --count <packets>', 'end after so many').argParser(NUMBER))
    .addOption(new Option('--duration <seconds>', 'end after so long').argParser(NUMBER))
    .addHelpText(
      'after',
      '\nExamples:\n  lwaftr capture --reason drop-no-source-softwire-ipv6-packets -c 100 -w refused.pcapng' +
        '\n  lwaftr capture --filter "host 192.0.2.1" --duration 60 -w - | tcpdump -nr -',
    )
    .action(capture)
}

async function capture(options: CaptureOptions): Promise<void> {
  const client = await connect(options)
  const response = await client.request('POST', {
    path: '/restconf/operations/lwaftr:capture',
    headers: { 'content-type': contentType('json'), accept: CAPTURE_FILE },
    body: JSON.stringify({ 'lwaftr:input': input(options) }),
  })
  const blocks = new Blocks()
  let interrupted = false
  const interrupt = () => {
    interrupted = true
    response.destroy()
  }
  // What is whole is in the file also when it is interrupted, or when the relay goes away.
  let problem: unknown
  const early = (cause: unknown) => {
    problem = cause
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    await pipeline(whole(response, blocks, early), output(options.write))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    // A reader that has seen enough: `| tcpdump -c 10`.
    if (code !== 'EPIPE') throw error('file', { file: options.write, problem: message }, { cause })
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  const lost = blocks.lost === 0 ? '' : `, ${blocks.lost} lost: they came faster than they were written`
  process.stderr.write(`lwaftr: ${blocks.packets} packets captured${lost}\n`)
  if (problem !== undefined && !interrupted) throw problem
}

/** Ends where the answer does, and tells why if that was too early. */
async function* whole(
  response: Readable,
  blocks: Blocks,
  early: (problem: unknown) => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of pieces(response)) yield blocks.take(bytes)
  } catch (problem) {
    early(problem)
  }
}

function output(file: string): Writable {
  return file === '-' ? process.stdout : createWriteStream(file, { mode: 0o600 })
}

function input({ filter, where, reason, snaplen, count, duration }: CaptureOptions) {
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(where.length === 0 ? {} : { where }),
    ...(reason === undefined ? {} : { reason }),
    ...(snaplen === undefined ? {} : { 'snap-length': snaplen }),
    ...(count === undefined ? {} : { count }),
    ...(duration === undefined ? {} : { duration }),
  }
}

function parseWhere(value: string): string[] {
  const parts = value.split(',')
  const unknown = parts.find((part) => !WHERE.includes(part))
  if (unknown !== undefined) throw new InvalidArgumentError(`It is none of ${WHERE.join(', ')}.`)
  return [...new Set(parts)]
}
