import { Command, InvalidArgumentError } from 'commander'
import { parseIpv4 } from '../../schema/addresses.js'
import { ipv6Bytes, wholeNumber } from '../argument.js'
import { configurationText, overflows, type Plan, softwireCount } from '../generate/softwires.js'
import { externalPcap, internalPcap, largestPacket, smallestPacket } from '../generate/traffic.js'
import { writeChunks } from '../write-chunks.js'

interface Options {
  readonly output?: string
  readonly pcapV4?: string
  readonly pcapV6?: string
  readonly packetSize: number
  readonly npackets: number
}

export function generateConfigurationCommand(): Command {
  return new Command('generate-configuration')
    .description(
      'Write a configuration with NUM-IPV4S × (2^PSID-LENGTH − 1) softwires: every PSID but 0 of each\n' +
        'address from IPV4 on, each with a B4 address one higher than the last.',
    )
    .argument('<ipv4>', 'first IPv4 address', ipv4Argument)
    .argument('<num-ipv4s>', 'how many addresses', wholeNumber(1, 2 ** 32))
    .argument('<br-address>', "the relay's end of all softwires", ipv6Bytes)
    .argument('<b4>', "the first softwire's B4 address", ipv6Bytes)
    .argument('<psid-length>', 'bits of PSID, 0 to 16', wholeNumber(0, 16))
    .argument(
      '[shift]',
      'bits of port below the PSID; what is left of 16 are reserved ports bits (default: none left)',
      wholeNumber(0, 16),
    )
    .option('--output <file>', 'write there instead of to stdout')
    .option('--pcap-v4 <file>', 'write packets from the internet to random softwires')
    .option('--pcap-v6 <file>', 'write the packets of the same flows from their B4s')
    .option(
      '--packet-size <bytes>',
      'length of the IPv4 Ethernet frames without FCS; the tunnelled ones are 40 longer',
      wholeNumber(smallestPacket, largestPacket),
      64,
    )
    .option('--npackets <n>', 'packets in each file', wholeNumber(1, 1e9), 20000)
    .addHelpText(
      'after',
      `
Example: a million softwires, and traffic for bench
  lwaftr generate-configuration --output million.conf --pcap-v4 v4.pcap --pcap-v6 v6.pcap \\
    193.5.0.0 15874 fc00::100 fc00:1::1 6
  lwaftr bench million.conf v4.pcap v6.pcap`,
    )
    .action(generate)
}

async function generate(
  ipv4: number,
  addresses: number,
  brAddress: Uint8Array,
  b4: Uint8Array,
  psidLength: number,
  shift: number | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  const reservedPortsBitCount = 16 - psidLength - (shift ?? 16 - psidLength)
  const plan: Plan = { ipv4, addresses, brAddress, b4, psidLength, reservedPortsBitCount }
  if (reservedPortsBitCount < 0)
    command.error(`error: psid-length ${psidLength} and shift ${shift} exceed 16`)
  if (ipv4 + addresses > 2 ** 32) command.error('error: that many addresses go past 255.255.255.255')
  if (overflows(b4, softwireCount(plan))) command.error('error: that many B4 addresses go past the last one')
  const traffic = { packetSize: options.packetSize, packets: options.npackets }
  if ((options.pcapV4 ?? options.pcapV6) !== undefined && softwireCount(plan) === 0)
    command.error('error: there are no softwires to make traffic for')
  await writeChunks(configurationText(plan), options.output)
  if (options.pcapV4 !== undefined) await writeChunks(externalPcap(plan, traffic), options.pcapV4)
  if (options.pcapV6 !== undefined) await writeChunks(internalPcap(plan, traffic), options.pcapV6)
}

function ipv4Argument(text: string): number {
  const bytes = parseIpv4(text)
  if (bytes === null) throw new InvalidArgumentError('It is not an IPv4 address.')
  return new DataView(bytes.buffer).getUint32(0)
}
