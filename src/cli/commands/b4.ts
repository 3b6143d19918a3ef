import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { native } from '../../dataplane/native.js'
import type { B4Options, NativeB4 } from '../../dataplane/native-b4.js'
import { ipv4Text, ipv6Text, wholeNumber } from '../argument.js'

interface Options {
  readonly tun: string
  readonly local: string
  readonly br: string
  readonly address?: string
  readonly mtu: number
  readonly publicIpv4?: string
  readonly psid: number
  readonly psidLength: number
  readonly reservedPortsBitCount: number
  readonly transparent?: true
}

/** Milliseconds to wait for the IPv6 address: duplicate address detection may still hold it back. */
const ADDRESS_PATIENCE = 5_000
const ADDRESS_RETRY = 100

export function b4Command(): Command {
  return new Command('b4')
    .description(
      'Be a lightweight B4 (RFC 7596), for labs and tests: IPv4 packets of a TUN device travel in a\n' +
        'softwire to a border relay. Stops on SIGTERM or Ctrl-C; a TUN that it created goes with it.',
    )
    .requiredOption('--tun <name>', 'TUN device, created if there is none')
    .requiredOption('--local <ipv6>', "the B4's end of the softwire, an address of this host", ipv6Text)
    .requiredOption('--br <ipv6>', "the border relay's end of the softwire", ipv6Text)
    .option('--address <ipv4>', 'address of the TUN, if it is created', ipv4Text)
    .option('--mtu <bytes>', 'MTU of the TUN, if it is created', wholeNumber(68, 65535), 1500)
    .option('--public-ipv4 <ipv4>', 'translate (NAPT44) to this address and its port set', ipv4Text)
    .option('--transparent', 'do not translate: hosts use the public address themselves (no --public-ipv4)')
    .option('--psid <number>', 'port set identifier', wholeNumber(0, 65535), 0)
    .option('--psid-length <bits>', 'bits of the PSID; 0: the whole address', wholeNumber(0, 16), 0)
    .option(
      '--reserved-ports-bit-count <bits>',
      'bits before the PSID (RFC 7597 offset)',
      wholeNumber(0, 16),
      0,
    )
    .addHelpText(
      'after',
      `
Example:
  lwaftr b4 --tun softwire --address 192.168.1.1 --local 2001:db8:b4::2 --br 2001:db8:ffff::100 \\
    --public-ipv4 193.5.1.101 --psid 7 --psid-length 6`,
    )
    .action(b4)
}

async function b4(options: Options, command: Command): Promise<void> {
  const { psid, psidLength, reservedPortsBitCount } = options
  if (psidLength + reservedPortsBitCount > 16)
    command.error('error: --psid-length and --reserved-ports-bit-count must not exceed 16 together')
  if (psid >> psidLength !== 0) command.error(`error: --psid must be less than 2^${psidLength}`)
  if (options.transparent && options.publicIpv4 !== undefined)
    command.error('error: --transparent and --public-ipv4 exclude each other')

  const started = await start({
    tun: options.tun,
    mtu: options.mtu,
    local: options.local,
    borderRelay: options.br,
    psid,
    psidLength,
    reservedPortsBitCount,
    ...(options.address !== undefined && { address: options.address }),
    ...(options.publicIpv4 !== undefined && { publicIpv4: options.publicIpv4 }),
  })
  const how =
    options.publicIpv4 === undefined
      ? 'without translation'
      : `as ${options.publicIpv4} with ${started.ports} ports`
  process.stdout.write(`lwaftr b4 ready: ${options.tun} to ${options.br} ${how}\n`)
  await new Promise<void>((resolve) => {
    // The packets are another thread's; this one only waits to be told.
    const alive = setInterval(() => {}, 1 << 30)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        clearInterval(alive)
        resolve()
      })
    }
  })
  started.stop()
}

async function start(options: B4Options): Promise<NativeB4> {
  for (const deadline = performance.now() + ADDRESS_PATIENCE; ; await sleep(ADDRESS_RETRY)) {
    try {
      return native.startB4(options)
    } catch (problem) {
      const code = (problem as NodeJS.ErrnoException).code
      if (code !== 'EADDRNOTAVAIL' || performance.now() > deadline) throw problem
    }
  }
}
