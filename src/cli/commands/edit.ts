// lwaftr edit: the running configuration in an editor.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { parsePath } from '../../schema/paths.js'
import { loadSchema } from '../../schema/schema.js'
import { type ConnectionOptions, clientCommand, connect } from '../client.js'
import { personAt, runEditor } from '../edit/editor.js'
import { editSession } from '../edit/session.js'
import { Refused } from '../failure.js'
import { type CommitOptions, withCommitOptions } from '../operation.js'
import { readState } from '../watch/relay-state.js'

/** Softwires that one can look over in an editor. */
const MANY = 1000

export function editCommand(): Command {
  return withCommitOptions(clientCommand('edit'))
    .description(
      'Open the running configuration, or the part of it at PATH, in $VISUAL or $EDITOR. What was changed is\n' +
        'validated, shown, and committed or edited again.',
    )
    .argument('[path]', 'what to edit', '/')
    .addHelpText(
      'after',
      `
More than ${MANY} softwires are left out unless PATH is one of them or their list. If the configuration was changed by
others meanwhile, your changes can be made on top of theirs. What is not committed stays in a file, which is named.

Examples:
  lwaftr edit
  lwaftr edit --comment "ticket 4711" /softwire-config/external-interface
  EDITOR='sed -i s/1460/1500/' lwaftr edit /softwire-config/external-interface --dry-run`,
    )
    .action(edit)
}

async function edit(given: string, options: ConnectionOptions & CommitOptions): Promise<void> {
  const schema = loadSchema()
  const path = parsePath(schema, given)
  const client = await connect(options)
  const person = personAt(process.stdin, process.stderr as NodeJS.WriteStream)
  const above = isAbove(
    path.steps.map(({ node }) => node),
    schema.softwires.parent,
  )
  const withSoftwires = !above || (await readState(client)).softwires <= MANY
  if (!withSoftwires)
    person.tell(`lwaftr: there are more than ${MANY} softwires; they are not part of the text\n`)
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-edit-'))
  const file = join(directory, 'lwaftr.conf')
  const subject = { schema, path, withSoftwires }
  const edit = () => runEditor(file, process.env)
  let isDone = false
  try {
    isDone = await editSession({ client, person, subject, file, edit }, options)
  } finally {
    if (isDone) rmSync(directory, { recursive: true })
    else person.tell(`lwaftr: your text is in ${file}\n`)
  }
  if (!isDone) throw new Refused('nothing was committed')
}

interface Linked {
  readonly parent: Linked | null
}

/** Whether the last of the nodes, or with none the datastore, contains `inner` or is it. */
function isAbove(nodes: readonly Linked[], inner: Linked | null): boolean {
  const last = nodes.at(-1)
  if (last === undefined) return true
  for (let node = inner; node !== null; node = node.parent) if (node === last) return true
  return false
}
