import type { Command } from 'commander'
import { connect } from '../client.js'
import { invoke } from '../operation.js'
import { type QueuesOptions, queues, queuesCommand } from '../queues.js'

export function purgeNeighborsCommand(): Command {
  return queuesCommand('purge-neighbors')
    .description('Forget the MAC addresses that next hops were found to have, and ask for them again.')
    .addHelpText('after', '\nExample:\n  lwaftr purge-neighbors eth1')
    .action(async (instance: string | undefined, options: QueuesOptions) => {
      const client = await connect(options)
      const { purged } = await invoke<{ purged: number }>(
        client,
        'purge-neighbors',
        queues(instance, options),
      )
      process.stdout.write(`${purged} next hops are asked for again\n`)
    })
}
