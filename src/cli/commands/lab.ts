import { Command, Option } from 'commander'
import type { Driver } from '../../dataplane/dataplane.js'
import { runLab } from '../../lab/lab.js'
import type { Address } from '../../listen.js'
import { listenOption } from '../listen-option.js'

interface Options {
  readonly listen: Address
  readonly once: boolean
  readonly memory: boolean
  readonly driver: Driver
}

const DRIVERS: readonly Driver[] = ['auto', 'af-xdp', 'af-packet']

export function labCommand(): Command {
  return new Command('lab')
    .description(
      'Run a relay in a lab of network namespaces, show that packets cross it, and stay until Ctrl-C.',
    )
    .addOption(listenOption('where its config server listens; another port if taken'))
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
