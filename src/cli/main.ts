// The command line. Commands are loaded when they are asked for: `lwaftr check` needs no config server.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { root } from '../root.js'

interface Entry {
  readonly summary: string
  readonly load: () => Promise<Command>
  /** For programs, not for people. */
  readonly hidden?: true
}

const commands: Readonly<Record<string, Entry>> = {
  run: {
    summary: 'run the relay and its config server',
    load: async () => (await import('./commands/run.js')).runCommand(),
  },
  lab: {
    summary: 'show a relay at work between network namespaces',
    load: async () => (await import('./commands/lab.js')).labCommand(),
  },
  'hash-password': {
    summary: 'make the hash that a configuration keeps of a password or token',
    load: async () => (await import('./commands/hash-password.js')).hashPasswordCommand(),
  },
  check: {
    summary: 'replay pcap files through the data plane, without network',
    load: async () => (await import('./commands/check.js')).checkCommand(),
  },
  explain: {
    summary: 'say what the relay does with a packet, and why',
    load: async () => (await import('./commands/explain.js')).explainCommand(),
  },
  bench: {
    summary: 'measure the data plane in memory',
    load: async () => (await import('./commands/bench.js')).benchCommand(),
  },
  loadtest: {
    summary: 'load a relay over its links, and count what is lost',
    load: async () => (await import('./commands/loadtest.js')).loadtestCommand(),
  },
  'generate-configuration': {
    summary: 'write a configuration of any size, and traffic that matches it',
    load: async () => (await import('./commands/generate-configuration.js')).generateConfigurationCommand(),
  },
  'migrate-configuration': {
    summary: "turn an older configuration of Snabb's into one that loads here",
    load: async () => (await import('./commands/migrate-configuration.js')).migrateConfigurationCommand(),
  },
  b4: {
    summary: 'be a lightweight B4, for labs and tests',
    load: async () => (await import('./commands/b4.js')).b4Command(),
  },
  'get-config': {
    summary: 'print the configuration, or a part of it',
    load: async () => (await import('./commands/get-config.js')).getConfigCommand(),
  },
  'set-config': {
    summary: 'replace a part of the configuration',
    load: async () => (await import('./commands/set-config.js')).setConfigCommand(),
  },
  'add-config': {
    summary: 'add entries to a list',
    load: async () => (await import('./commands/add-config.js')).addConfigCommand(),
  },
  'remove-config': {
    summary: 'remove a list entry or another part of the configuration',
    load: async () => (await import('./commands/remove-config.js')).removeConfigCommand(),
  },
  'load-config': {
    summary: 'replace the whole configuration by a file',
    load: async () => (await import('./commands/load-config.js')).loadConfigCommand(),
  },
  edit: {
    summary: 'change the configuration in an editor',
    load: async () => (await import('./commands/edit.js')).editCommand(),
  },
  config: {
    summary: 'the same, with the arguments of snabb config',
    load: async () => (await import('./commands/config.js')).configCommand(),
  },
  validate: {
    summary: 'ask whether a file would be taken as the configuration',
    load: async () => (await import('./commands/validate.js')).validateCommand(),
  },
  compare: {
    summary: 'print how revisions of the configuration differ',
    load: async () => (await import('./commands/compare.js')).compareCommand(),
  },
  history: {
    summary: 'list the commits',
    load: async () => (await import('./commands/history.js')).historyCommand(),
  },
  rollback: {
    summary: 'go back to an earlier revision',
    load: async () => (await import('./commands/rollback.js')).rollbackCommand(),
  },
  confirm: {
    summary: 'keep what was committed with --confirm',
    load: async () => (await import('./commands/confirm.js')).confirmCommand(),
  },
  cancel: {
    summary: 'take back what was committed with --confirm',
    load: async () => (await import('./commands/confirm.js')).cancelCommand(),
  },
  'get-state': {
    summary: 'print counters and other state',
    load: async () => (await import('./commands/get-state.js')).getStateCommand(),
  },
  query: {
    summary: 'print counters, by name',
    load: async () => (await import('./commands/query.js')).queryCommand(),
  },
  monitor: {
    summary: 'print what is carried and dropped each second',
    load: async () => (await import('./commands/monitor.js')).monitorCommand(),
  },
  top: {
    summary: 'show what the relay does on a live screen',
    load: async () => (await import('./commands/top.js')).topCommand(),
  },
  alarms: {
    summary: 'print what is wrong, now or as it changes',
    load: async () => (await import('./commands/alarms.js')).alarmsCommand(),
  },
  'purge-neighbors': {
    summary: 'forget what next hops were found to be, and ask again',
    load: async () => (await import('./commands/purge-neighbors.js')).purgeNeighborsCommand(),
  },
  capture: {
    summary: 'write live packets to a file, each with what became of it',
    load: async () => (await import('./commands/capture.js')).captureCommand(),
  },
  doctor: {
    summary: 'look for what of this machine holds a relay back',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
  drain: {
    summary: 'take traffic away from a link, and wait until it has gone',
    load: async () => (await import('./commands/drain.js')).drainCommand(),
  },
  undrain: {
    summary: 'let traffic come back to a link',
    load: async () => (await import('./commands/drain.js')).undrainCommand(),
  },
  routes: {
    summary: 'print the routes to announce, now or as they change',
    load: async () => (await import('./commands/routes.js')).routesCommand(),
  },
  'json-schema': {
    summary: 'print the JSON Schema of configurations',
    load: async () => (await import('./commands/json-schema.js')).jsonSchemaCommand(),
  },
  completion: {
    summary: 'print what makes a shell complete our words',
    load: async () => (await import('./commands/completion.js')).completionCommand(),
  },
  __complete: {
    summary: 'answer a shell that completes',
    load: async () => (await import('./commands/complete.js')).completeCommand(loadProgram),
    hidden: true,
  },
}

/** The command line with those commands loaded that are wanted; of others it knows the name and the summary. */
export async function loadProgram(wanted: (name: string) => boolean): Promise<Command> {
  const program = new Command('lwaftr')
    .description('A lightweight 4over6 border relay (RFC 7596), configured live through YANG.')
    .version(version(), '--version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'lwaftr: ')) })
  for (const [name, { summary, load, hidden = false }] of Object.entries(commands)) {
    const command = wanted(name) ? await load() : new Command(name)
    program.addCommand(command.summary(summary).copyInheritedSettings(program), { hidden })
    for (const below of command.commands) below.copyInheritedSettings(command)
  }
  return program
}

export async function main(words: readonly string[]): Promise<number> {
  const wanted = words.find((word) => word in commands)
  const program = await loadProgram((name) => name === wanted)
  if (words.length === 0) {
    program.outputHelp({ error: true })
    return 2
  }
  await program.parseAsync(words, { from: 'user' })
  return 0
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return version
}
