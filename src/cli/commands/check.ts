import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import { Command } from 'commander'
import { native } from '../../dataplane/native.js'
import { replay } from '../../dataplane/replay.js'
import { error } from '../../errors.js'
import { openOffline } from '../offline.js'

interface Options {
  readonly regenerate?: true
  readonly onAStick?: true
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Replay two pcap files through the data plane, without network, and write what leaves each side.\n' +
        'Compares counters with a file if one is given; any difference is printed and fails.',
    )
    .argument('<conf>', "configuration; its first instance's first queue is used")
    .argument('<v4-in>', 'pcap of what arrives at the external (IPv4) interface')
    .argument('<v6-in>', 'pcap of what arrives at the internal (IPv6) interface')
    .argument('<v4-out>', 'written: what leaves the external interface')
    .argument('<v6-out>', 'written: what leaves the internal interface')
    .argument('[counters.json]', 'expected: {"counter-name": increment, …}')
    .option('-r, --regenerate', 'write counters.json instead of comparing with it')
    .option('--on-a-stick', 'both inputs meet on one device; outputs are split again by family')
    .addHelpText(
      'after',
      `
Every softwire-state counter that is not zero must be in counters.json, but for memuse-*. Counters
of module lwaftr and of passthru are compared when counters.json names them.

Example:
  lwaftr check relay.conf in-v4.pcap in-v6.pcap out-v4.pcap out-v6.pcap counters.json`,
    )
    .action(check)
}

async function check(
  conf: string,
  v4In: string,
  v6In: string,
  v4Out: string,
  v6Out: string,
  countersFile: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  if (options.regenerate && countersFile === undefined) command.error('error: -r needs counters.json')
  const expected = countersFile !== undefined && !options.regenerate ? readCounters(countersFile) : undefined
  keepApart([conf, v4In, v6In], [v4Out, v6Out, ...(options.regenerate && countersFile ? [countersFile] : [])])
  const { queue, table } = await openOffline(conf)
  const files = { v4In, v6In, v4Out, v6Out }
  const counters = replay(queue, table, files, options.onAStick ?? false)
  table.close()
  if (expected !== undefined) compare(counters, expected)
  else if (countersFile !== undefined) writeCounters(countersFile, counters)
}

/** What is written must not be what is read, nor two things at once; /dev/null may be both outputs. */
function keepApart(inputs: readonly string[], outputs: readonly string[]): void {
  const taken = new Set(inputs.map(identity))
  for (const file of outputs) {
    const id = identity(file)
    if (id === null) continue
    if (taken.has(id)) throw error('file', { file, problem: 'it is named twice, and would be overwritten' })
    taken.add(id)
  }
}

/** Equal for two names of one file; null for what is no file, such as a device. */
function identity(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return resolve(file)
  return found.isFile() ? `${found.dev}:${found.ino}` : null
}

function compare(counters: ReadonlyMap<string, bigint>, expected: ReadonlyMap<string, bigint>): void {
  const names = new Set(
    [...modelCounters(), ...expected.keys()].filter((name) => !name.startsWith('memuse-')),
  )
  const differences = [...names]
    .sort()
    .map((name) => ({ name, is: counters.get(name), should: expected.get(name) ?? 0n }))
    .filter(({ is, should }) => is !== should)
  for (const { name, is, should } of differences)
    process.stdout.write(`${name}: ${is === undefined ? 'no such counter' : is}, expected ${should}\n`)
  if (differences.length > 0) throw error('check', { count: differences.length })
}

function writeCounters(file: string, counters: ReadonlyMap<string, bigint>): void {
  const nonZero = modelCounters()
    .filter((name) => counters.get(name) !== 0n && !name.startsWith('memuse-'))
    .sort()
    .map((name) => [name, Number(counters.get(name))])
  fileErrors(file, () => writeFileSync(file, `${JSON.stringify(Object.fromEntries(nonZero), null, 1)}\n`))
}

/** Those that the published model has: what the reference's own files of expected counters list. */
function modelCounters(): string[] {
  return native
    .counters()
    .filter(({ group }) => group === 'softwire-state')
    .map(({ name }) => name)
}

function readCounters(file: string): Map<string, bigint> {
  const text = fileErrors(file, () => readFileSync(file, 'utf8'))
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw error('file', { file, problem: `it is not JSON: ${(cause as Error).message}` }, { cause })
  }
  if (!isCounters(parsed)) {
    const name = isCounters.errors?.[0]?.instancePath.slice(1)
    const problem = name
      ? `${name} must be a whole number from 0 on`
      : 'it must hold an object {"counter-name": increment, …}'
    throw error('file', { file, problem })
  }
  return new Map(Object.entries(parsed).map(([name, value]) => [name, BigInt(value)]))
}

const increment = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const
const isCounters = new Ajv({ validateSchema: false }).compile<Record<string, number>>({
  type: 'object',
  additionalProperties: increment,
})

function fileErrors<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw error('file', { file, problem: (cause as Error).message }, { cause })
  }
}
