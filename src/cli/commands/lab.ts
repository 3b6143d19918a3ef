import { Command, InvalidArgumentError, Option } from 'commander'
import type { Driver } from '../../dataplane/dataplane.js'
import { runLab } from '../../lab/lab.js'
import { type Address, parseAddress } from '../../listen.js'

interface Options {
  readonly listen: Address
  readonly once: boolean
  readonly memory: boolean
  readonly driver: Driver
}

const DRIVERS: readonly Driver[] = ['auto', 'af-xdp', 'af-packet']

export function labCommand(): Command {
  const listen = new Option('--listen <host:port>', 'where its config server listens; another port if taken')
  return new Command('lab')
    .description(
      'Run a relay in a lab of network namespaces, show that packets cross it, and stay until Ctrl-C.',
    )
    .addOption(listen.argParser(addressArgument).default(parseAddress('127.0.0.1:8080'), '127.0.0.1:8080'))
    .option('--once', 'end after the show; the exit code says whether all of it worked', false)
    .option('--memory', 'in-memory devices instead of namespaces, as without root', false)
    .addOption(new Option('--driver <driver>', "the relay's driver").choices(DRIVERS).default('auto'))
    .addHelpText(
      'after',
      `
Example:
  lwaftr lab --once`,
    )
    .action(lab)
}

async function lab(options: Options): Promise<void> {
  const ok = await runLab({ ...options, print: (line) => process.stdout.write(`${line}\n`) })
  // Whatever the lab was in the middle of when it was told to end is of no interest any more.
  process.exit(ok ? 0 : 1)
}

function addressArgument(value: string): Address {
  const address = parseAddress(value)
  if (!address) throw new InvalidArgumentError('It is not HOST:PORT.')
  return address
}
