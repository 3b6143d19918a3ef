import { Command, InvalidArgumentError } from 'commander'
import { bench, type Throughput } from '../../dataplane/replay.js'
import { openOffline } from '../offline.js'

interface Options {
  readonly duration: number
  readonly json?: true
  readonly cpu?: number
}

export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Loop two pcap files through one data-plane thread in memory, as many packets of each, and print\n' +
        'how many per second leave in each direction.',
    )
    .argument('<conf>', "configuration; its first instance's first queue is used")
    .argument('<v4-in>', 'pcap of what arrives at the external (IPv4) interface')
    .argument('<v6-in>', 'pcap of what arrives at the internal (IPv6) interface')
    .option('-D, --duration <seconds>', 'how long', seconds, 5)
    .option('--json', 'print one JSON object')
    .option('--cpu <list>', 'pin the thread to the first of these CPUs', firstCpu)
    .addHelpText(
      'after',
      `
Mpps and Gbps are of the Ethernet frames sent, without FCS: encap towards the B4s, decap towards the
internet. Packets that are dropped do not count.

Example:
  lwaftr bench -D 10 --cpu 1 relay.conf v4.pcap v6.pcap`,
    )
    .action(run)
}

async function run(conf: string, v4In: string, v6In: string, options: Options): Promise<void> {
  const { queue, table } = await openOffline(conf)
  const softwires = table.size
  const cpu = options.cpu ?? null
  const result = bench(queue, table, { v4In, v6In }, { seconds: options.duration, cpu })
  table.close()
  const duration = round(result.duration)
  const encap = rates(result.encap, result.duration)
  const decap = rates(result.decap, result.duration)
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ duration, encap, decap, softwires })}\n`)
    return
  }
  process.stdout.write(
    `${softwires} softwires, ${duration} s\n` +
      `encap: ${encap.mpps} Mpps, ${encap.gbps} Gbps\n` +
      `decap: ${decap.mpps} Mpps, ${decap.gbps} Gbps\n`,
  )
}

function rates({ packets, bytes }: Throughput, duration: number): { mpps: number; gbps: number } {
  return { mpps: round(packets / duration / 1e6), gbps: round((bytes * 8) / duration / 1e9) }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86400)) throw new InvalidArgumentError('It must be a number of seconds.')
  return value
}

function firstCpu(text: string): number {
  if (!/^\d{1,4}([,-]\d{1,4})*$/.test(text))
    throw new InvalidArgumentError('It must be a list of CPUs such as 1 or 2-3.')
  return Number.parseInt(text, 10)
}
