import type { Command } from 'commander'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import {
  type CommitOptions,
  commitInput,
  invoke,
  printDifference,
  revisionArgument,
  showingChanges,
  withCommitOptions,
} from '../operation.js'
import { readHistory } from './history.js'

export function rollbackCommand(): Command {
  return withCommitOptions(clientCommand('rollback'))
    .description('Go back to an earlier revision of the configuration, by a new commit.')
    .argument('<revision>', 'as lwaftr history lists them', revisionArgument)
    .addHelpText('after', '\nExample:\n  lwaftr rollback 41 --comment "ticket 4711 undone"')
    .action(rollback)
}

async function rollback(revision: number, options: ConnectionOptions & CommitOptions): Promise<void> {
  const client = await connect(options)
  if (options.dryRun) {
    const running = (await readHistory(client)).history.commit?.[0]?.revision ?? revision
    printDifference(await invoke(client, 'compare', { from: running, to: revision }))
    return
  }
  await showingChanges(client, options, () =>
    invoke(client, 'rollback', { revision, ...commitInput(options) }),
  )
}
