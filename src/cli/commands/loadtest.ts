import { isIPv4, isIPv6 } from 'node:net'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DRIVERS, type Driver } from '../../dataplane/dataplane.js'
import { LARGEST_FRAME, SMALLEST_FRAME, startLoad } from '../../dataplane/load.js'
import { native } from '../../dataplane/native.js'
import { error } from '../../errors.js'
import { parseIpv4, parseIpv6, parseMac } from '../../schema/addresses.js'
import { ipv4Text, ipv6Bytes, wholeNumber } from '../argument.js'
import { overflows, type Plan, softwiresPerAddress } from '../generate/softwires.js'
import { type PlanOptions, planLoad, type Sides } from '../loadtest/plan.js'
import { type Report, summary } from '../loadtest/report.js'
import { type Found, search, type Trial } from '../loadtest/search.js'
import { Session } from '../loadtest/session.js'

interface Options extends PlanOptions {
  readonly rate: number
  readonly duration?: number
  readonly search?: true
  readonly tolerance: number
  readonly trial: number
  readonly json?: true
}

/** IMIX, 7:4:1, without FCS; the largest fits into an IPv6 packet of 1500 bytes. */
const IMIX = [60, 590, 60, 60, 590, 60, 1474, 60, 590, 60, 590, 60]
/** Of the rate: a search ends there. */
const RESOLUTION = 0.01

export function loadtestCommand(): Command {
  return new Command('loadtest')
    .description(
      'Load a relay over its links from the other end: packets for subscribers to its external side, packets\n' +
        'of subscribers, in their softwires, to its internal side. Each has a number: what does not come back\n' +
        'is lost.',
    )
    .requiredOption('--device <if>', "interface towards the relay's device")
    .option('--external-device <if>', 'interface towards its external-device; without, it is on a stick')
    .option('--conf <file>', "the relay's configuration: its addresses, MACs, VLANs, and its softwires")
    .option(
      '--b4 <ipv6,ipv4,ports>',
      'without --conf: the first B4, its IPv4 address, ports of each',
      b4Argument,
    )
    .addOption(new Option('--br <ipv6>', "the relay's end of the softwires").argParser(ipv6Bytes))
    .option('--count <n>', 'how many softwires (default: 1, or all of --conf)', wholeNumber(1, 2 ** 24))
    .option('--ipv4 <address>', 'address in the internet', ipv4Text, '198.18.0.1')
    .option('--dst-mac <mac>', "the relay's MAC address, or IPV4-SIDE,IPV6-SIDE", sides(macArgument))
    .option(
      '--src-mac <mac>',
      "ours (default: its static next hop's, or the interface's)",
      sides(macArgument),
    )
    .option('--vlan <tag>', 'VLAN of both sides, or IPV4-SIDE,IPV6-SIDE', sides(wholeNumber(1, 4094)))
    .option('--next-hop <ipv4,ipv6>', 'addresses to answer ARP and neighbour discovery for', nextHopArgument)
    .addOption(
      new Option('--size <bytes>', 'IPv4 frames without FCS, in turn, such as 64,594; or imix')
        .argParser(sizes)
        .default(IMIX, 'imix'),
    )
    .option('--rate <mpps>', 'packets to send, both directions together', mpps, 1)
    .option('-D, --duration <seconds>', 'how long (default: until Ctrl-C)', seconds)
    .option('--search', 'find the highest rate without loss, at most --rate')
    .option('--tolerance <percent>', 'what --search does not call loss', percent, 0)
    .option('--trial <seconds>', 'how long --search tries each rate', seconds, 10)
    .option('--pass-device <if>', 'a passthru of our own: a TAP, made if absent, or an interface')
    .option('--pass-mac <mac>', 'MAC address of who is attached to it', macArgument)
    .option('--pass-mtu <bytes>', 'its largest packet', wholeNumber(68, 10_000), 1500)
    .option(
      '--pass-vlan <tag>',
      "its VLAN on the link (default: the relay's passthru's)",
      wholeNumber(1, 4094),
    )
    .addOption(new Option('--driver <driver>', 'how packets come in and out').choices(LINKS).default('auto'))
    .option('--cpu <cpu>', 'pin the thread to this CPU', wholeNumber(0, 1023))
    .option('--json', 'print one JSON object at the end, all else to stderr')
    .addHelpText(
      'after',
      `
Each second a line tells what came back: packets and bits (Ethernet frames without FCS) in IPv6 towards the
B4s, in IPv4 towards the internet, and the loss. The summary has latencies, from handing a packet to our
device to taking it from there.

Frames for --pass-mac, broadcast and multicast pass between the link and --pass-device meanwhile.

Examples:
  lwaftr loadtest --device eth2 --conf relay.conf --rate 3 -D 60
  lwaftr loadtest --device eth2 --conf relay.conf --rate 10 --search --json
  lwaftr loadtest --device eth2 --dst-mac 02:22:22:22:22:22 --src-mac 04:44:44:44:44:44 --br fc00::100 \\
    --b4 2001:db8::100,193.5.1.100,1024 --count 63000 --rate 3 --pass-device xe0 --pass-mac 02:00:00:00:00:99`,
    )
    .action(loadtest)
}

/** Links in memory have nobody at the other end. */
const LINKS: readonly Driver[] = DRIVERS.filter((driver) => driver !== 'memory')

async function loadtest(options: Options, command: Command): Promise<void> {
  check(options, command)
  const ended = untilSignalled()
  const plan = await planLoad(options)
  const load = startLoad(plan)
  try {
    const say = (line: string) => void process.stderr.write(`${line}\n`)
    say(`lwaftr: device ${options.device}: ${load.driver}`)
    const session = new Session(load, native.latencyBounds(), ended)
    if (!(await session.warmUp()) && !ended.aborted)
      say('lwaftr: warn: nothing comes back from the relay in one direction or both')
    const tell = options.json ? say : (line: string) => void process.stdout.write(`${line}\n`)
    const result = options.search
      ? searched(await searchRate(session, options, tell), options)
      : ran(await session.run(options.rate, options.duration ?? Number.POSITIVE_INFINITY, tell))
    process.stdout.write(options.json ? `${JSON.stringify(result.json)}\n` : result.text)
  } finally {
    load.stop()
  }
}

/** What options ask of each other. */
function check({ conf, b4, br, count, dstMac, passDevice, passMac }: Options, command: Command): void {
  const wrong = (problem: string) => command.error(`error: ${problem}`)
  if (conf === undefined && (b4 === undefined || br === undefined || dstMac === undefined))
    wrong('without --conf, --b4, --br and --dst-mac are needed')
  if (conf !== undefined && (b4 ?? br) !== undefined)
    wrong('--conf has the softwires: --b4 and --br do not fit')
  if ((passDevice === undefined) !== (passMac === undefined))
    wrong('--pass-device and --pass-mac need each other')
  if (b4 !== undefined && count !== undefined) {
    const addresses = Math.ceil(count / softwiresPerAddress(b4))
    if (b4.ipv4 + addresses > 2 ** 32 || overflows(b4.b4, count))
      wrong('that many softwires go past the last address')
  }
}

interface Result {
  readonly json: unknown
  readonly text: string
}

function ran(report: Report): Result {
  return { json: report, text: summary(report) }
}

interface ReportedTrial extends Trial {
  readonly report: Report
}

function searchRate(
  session: Session,
  { rate: most, tolerance, trial }: Options,
  tell: (line: string) => void,
): Promise<Found<ReportedTrial>> {
  return search({ most, tolerance, resolution: RESOLUTION }, async (rate) => {
    if (session.ended.aborted) throw error('data-plane', { problem: 'the search was interrupted' })
    const report = await session.run(rate, trial, () => {})
    const { 'offered-mpps': offered, loss } = report
    tell(`${rate.toFixed(3)} Mpps asked for, ${offered.toFixed(3)} offered: lost ${loss.toFixed(3)}%`)
    return { rate, offered, loss, report }
  })
}

function searched({ best, trials }: Found<ReportedTrial>, { tolerance }: Options): Result {
  const json = {
    best: best?.report ?? null,
    'tolerance-percent': tolerance,
    trials: trials.map(({ rate, offered, loss }) => ({ 'asked-mpps': rate, 'offered-mpps': offered, loss })),
  }
  const within = tolerance === 0 ? 'without loss' : `with at most ${tolerance}% lost`
  const text =
    best === null
      ? `no rate ${within} was found\n`
      : `highest rate ${within}: ${best.offered.toFixed(3)} Mpps\n${summary(best.report)}`
  return { json, text }
}

/** Aborted by the first SIGTERM or SIGINT. */
function untilSignalled(): AbortSignal {
  const ended = new AbortController()
  // Kept for good: a second signal must not cost the summary.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ended.abort())
  return ended.signal
}

/** `2001:db8::100,193.5.1.100,1024`: every softwire has so many ports, the first of each address are nobody's. */
function b4Argument(text: string): Plan {
  const [b4 = '', ipv4 = '', ports = ''] = text.split(',')
  const [b4Bytes, ipv4Bytes, bits] = [parseIpv6(b4), parseIpv4(ipv4), Math.log2(Number(ports))]
  if (b4Bytes === null || ipv4Bytes === null || !Number.isInteger(bits) || bits > 15)
    throw new InvalidArgumentError('It is not IPV6,IPV4,PORTS with PORTS a power of two up to 32768.')
  const address = new DataView(ipv4Bytes.buffer).getUint32(0)
  const psidLength = 16 - bits
  return {
    ipv4: address,
    addresses: 1,
    brAddress: b4Bytes,
    b4: b4Bytes,
    psidLength,
    reservedPortsBitCount: 0,
  }
}

function sides<T>(parse: (text: string) => T): (text: string) => Sides<T> {
  return (text) => {
    const [ipv4 = '', ipv6 = ipv4, ...more] = text.split(',')
    if (more.length > 0) throw new InvalidArgumentError('It is not one value, or the IPv4 and the IPv6 side.')
    return [parse(ipv4), parse(ipv6)]
  }
}

function nextHopArgument(text: string): Sides<string> {
  const [ipv4 = '', ipv6 = ''] = text.split(',')
  if (!isIPv4(ipv4) || !isIPv6(ipv6)) throw new InvalidArgumentError('It is not IPV4,IPV6.')
  return [ipv4, ipv6]
}

function sizes(text: string): readonly number[] {
  if (text === 'imix') return IMIX
  return text.split(',').map(wholeNumber(SMALLEST_FRAME, LARGEST_FRAME))
}

function macArgument(text: string): string {
  const bytes = parseMac(text)
  if (bytes === null || ((bytes[0] as number) & 1) !== 0)
    throw new InvalidArgumentError('It is not a MAC address of one station.')
  return text
}

function mpps(text: string): number {
  return number(text, 1e-6, 1000, 'a rate in millions of packets a second')
}
function seconds(text: string): number {
  return number(text, 0.1, 86_400, 'a number of seconds')
}
function percent(text: string): number {
  return number(text, 0, 100, 'a percentage')
}

function number(text: string, least: number, most: number, what: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new InvalidArgumentError(`It is not ${what}.`)
  return value
}
