import { writeSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { startDaemon } from '../../daemon.js'
import { DRIVERS, type Driver } from '../../dataplane/dataplane.js'
import { native } from '../../dataplane/native.js'
import { type Address, isLoopback } from '../../listen.js'
import { LOG_FORMATS, type LogFormat, openLog } from '../../log/log.js'
import { NAME } from '../../registry.js'
import { ServiceManager } from '../../service-manager.js'
import type { TlsFiles } from '../../tls.js'
import { cpuList } from '../argument.js'
import { describeFailure } from '../failure.js'
import { listenOption } from '../listen-option.js'

interface Options {
  readonly conf: string
  readonly name: string
  readonly listen: Address
  readonly insecure: boolean
  readonly stateDir?: string
  readonly reset: boolean
  readonly driver: Driver
  readonly cpu: readonly number[]
  readonly duration?: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly clientCa?: string
  readonly auditLog?: string
  readonly logFormat: LogFormat
}

export function runCommand(): Command {
  return new Command('run')
    .description(
      'Run the relay and its config server until SIGTERM or SIGINT; SIGHUP reads FILE again. ' +
        'SIGUSR2 ends the config server alone: packets are forwarded on, and the next one started goes on with them.',
    )
    .requiredOption('--conf <file>', 'configuration to begin with: text, JSON or XML')
    .option('--name <name>', 'what other commands call this relay', nameArgument, 'lwaftr')
    .addOption(listenOption('where the config server listens; port 0: any free one'))
    .option('--tls-cert <file>', 'certificate of the config server, with those up to its authority (PEM)')
    .option('--tls-key <file>', 'its key (PEM); both are read again when they change')
    .option('--client-ca <file>', 'authorities whose client certificates say who somebody is (PEM)')
    .option('--audit-log <file>', 'write who changed what, and who was refused, there; default: stderr')
    .addOption(
      new Option('--log-format <format>', 'of what is said on stderr: lines, or an object a line')
        .choices(LOG_FORMATS)
        .default('text'),
    )
    .option(
      '--insecure',
      'listen beyond this machine without TLS, or without anybody having to log in',
      false,
    )
    .option('--state-dir <dir>', 'keep configuration and history there; what was committed wins over --conf')
    .option('--reset', 'forget what --state-dir holds and take --conf', false)
    .addOption(
      new Option('--driver <driver>', 'how packets come in and out').choices(DRIVERS).default('auto'),
    )
    .option('--cpu <list>', 'CPUs for the queues in their order, such as 2,4-7', cpuList, [])
    .option('-D, --duration <seconds>', 'stop after so long', secondsArgument)
    .addHelpText(
      'after',
      `
Example:
  lwaftr run --conf lwaftr.conf --name lw1 --state-dir /var/lib/lwaftr/lw1
  lwaftr run --conf lwaftr.conf --listen [::]:443 --tls-cert relay.pem --tls-key relay.key`,
    )
    .action(run)
}

async function run(options: Options, command: Command): Promise<void> {
  const { name, listen, conf, reset, driver, cpu, duration } = options
  const tls = tlsFiles(options, command)
  if (!isLoopback(listen) && !options.insecure && !tls)
    command.error(
      `error: ${listen.host} can be reached from other machines; give --tls-cert and --tls-key, ` +
        'listen on 127.0.0.1, or add --insecure',
      { exitCode: 2 },
    )
  const logging = openLog({ name, format: options.logFormat })
  const { log } = logging
  const manager = ServiceManager.of(process.env, native.notify, (problem) => log('warn', problem))
  const ended = untilSignalled(duration)
  // Whoever asks before there is a relay may mean what was written after the file was read.
  let isAsked = false
  let reload = () => {
    isAsked = true
  }
  process.on('SIGHUP', () => reload())
  const daemon = await startDaemon({
    name,
    conf,
    listen,
    stateDirectory: options.stateDir,
    tls,
    insecure: options.insecure,
    auditLog: options.auditLog,
    reset,
    driver,
    cpus: cpu,
    logging,
  })
  const ready = () => manager.ready(`${name} forwards; ${daemon.url}`)
  reload = () => {
    manager.reloading()
    const said = daemon.reload().then(
      (outcome) => log('info', `${conf} read again: ${outcome}`),
      (problem) =>
        log('error', `${conf} not taken, the running configuration stays: ${describeFailure(problem)}`),
    )
    void said.then(ready)
  }
  say(`lwaftr ${name} ready: ${daemon.url}\n`)
  ready()
  if (isAsked) reload()
  manager.watch(daemon.lives)
  const signal = await ended
  manager.stopping()
  await (signal === 'SIGUSR2' ? daemon.handOver() : daemon.stop())
}

/** A reader of stdout who has gone is no reason to end, as it is for other commands. */
function say(line: string): void {
  try {
    writeSync(process.stdout.fd, line)
  } catch {
    // Nobody is there to be told.
  }
}

function tlsFiles({ tlsCert, tlsKey, clientCa }: Options, command: Command): TlsFiles | undefined {
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey, clientCa }
  if (tlsCert !== undefined || tlsKey !== undefined)
    command.error('error: --tls-cert and --tls-key go together', { exitCode: 2 })
  if (clientCa !== undefined)
    command.error('error: --client-ca needs --tls-cert and --tls-key', { exitCode: 2 })
  return undefined
}

/** Resolves at the first signal that ends us, to its name, or when the time is over. */
function untilSignalled(seconds: number | undefined): Promise<NodeJS.Signals | undefined> {
  return new Promise((resolve) => {
    // Kept for good: a second signal must not end the process half-way through stopping.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const) process.on(signal, () => resolve(signal))
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000, undefined)
  })
}

function nameArgument(value: string): string {
  if (!NAME.test(value))
    throw new InvalidArgumentError('A name has letters, digits, dots, dashes, underscores.')
  return value
}

function secondsArgument(value: string): number {
  const seconds = Number(value)
  // Timers hold 31 bits of milliseconds.
  if (!(seconds >= 0 && seconds < 2 ** 31 / 1000))
    throw new InvalidArgumentError('It is not a number of seconds.')
  return seconds
}
