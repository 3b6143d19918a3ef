// From a text to a commit: edit, read, validate, show, ask, commit; whatever fails leads back to the editor or leaves the
// text in its file.
//
//   read ──► editor ──► what it changes ──► commit ──► done
//              ▲             │ wrong          │ changed meanwhile
//              └──── [e] ────┴── [m] mine on top of theirs ──► what it changes …
import { readFileSync, writeFileSync } from 'node:fs'
import { LwaftrError } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { Client } from '../client.js'
import { type PathEdit, patchEdits } from '../edit-config.js'
import { describeFailure, excerpt, InInput, Refused } from '../failure.js'
import { type CommitOptions, commitInput, invoke, latestCommit, type Output } from '../operation.js'
import { editsBetween, readVersion, type Subject, type Version } from './configuration-text.js'
import type { Person } from './editor.js'

export interface EditParts {
  readonly client: Client
  readonly person: Person
  readonly subject: Subject
  /** Where the text is. */
  readonly file: string
  readonly edit: () => Promise<void>
}

/** Lines of somebody else's changes that are shown. */
const SHOWN = 40
/** Commits of others, elsewhere, within the time that one of ours takes. */
const ATTEMPTS = 10

/** True when the text is not needed any more. */
export async function editSession(parts: EditParts, options: CommitOptions): Promise<boolean> {
  const { client, person, subject, file } = parts
  let base = await readVersion(client, subject)
  writeFileSync(file, base.text, { mode: 0o600 })
  await parts.edit()
  for (;;) {
    try {
      const edits = editsBetween(subject, base.text, readFileSync(file, 'utf8'), file)
      if (edits.length === 0) {
        person.tell('lwaftr: nothing changed\n')
        return true
      }
      show(person, await invoke(client, 'validate', { edit: patchEdits(edits) }))
      if (options.dryRun) return true
      const choice = person.isThere
        ? await person.choose('commit this?', { y: 'yes', e: 'edit again', q: 'quit' })
        : 'y'
      if (choice === 'q') return false
      if (choice === 'y') {
        const comment =
          options.comment ?? (person.isThere ? await person.ask('comment (may be empty): ') : '')
        const theirs = await commit(parts, base, edits, {
          ...options,
          ...(comment === '' ? {} : { comment }),
        })
        if (theirs === undefined) return true
        base = await reconcile(parts, base, theirs)
        continue
      }
    } catch (problem) {
      if (!isInput(problem) || !person.isThere) throw problem
      person.tell(`lwaftr: ${describeFailure(problem)}\n${excerpt(problem)}`)
      if ((await person.choose('', { e: 'edit again', q: 'quit' })) === 'q') return false
    }
    await parts.edit()
  }
}

/** Undefined when it was made; else what the text has become meanwhile. */
async function commit(
  { client, person, subject }: EditParts,
  base: Version,
  edits: readonly PathEdit[],
  options: CommitOptions,
): Promise<Version | undefined> {
  let { revision } = base
  for (let attempt = 0; ; attempt++) {
    const input = { edit: patchEdits(edits), 'expected-revision': revision, ...commitInput(options) }
    try {
      const made = await invoke(client, 'commit', input as JsonObject)
      person.tell(`lwaftr: committed as revision ${made.revision}\n`)
      return undefined
    } catch (problem) {
      if (!(problem instanceof Refused && problem.details.status === PRECONDITION_FAILED)) throw problem
      const theirs = await readVersion(client, subject)
      // What others do elsewhere is no reason to ask.
      if (theirs.text !== base.text || attempt === ATTEMPTS) return theirs
      revision = theirs.revision
    }
  }
}

const PRECONDITION_FAILED = 412

/** What the text in the editor is compared with from now on. */
async function reconcile({ client, person }: EditParts, base: Version, theirs: Version): Promise<Version> {
  const changed = 'the configuration was changed meanwhile'
  if (!person.isThere) throw new Refused(changed)
  person.tell(`lwaftr: ${changed}:\n`)
  show(person, await invoke(client, 'compare', { from: base.revision, to: theirs.revision, limit: SHOWN }))
  const choice = await person.choose('', { m: 'my changes on top of that', q: 'quit' })
  if (choice === 'q') throw new Refused(changed)
  // The same edits, of a configuration that is now another: those that do not fit it any more are refused.
  return { text: base.text, revision: (await latestCommit(client)).revision }
}

function show(person: Person, { difference = [], truncated }: Output): void {
  person.tell(difference.map((line) => `${line}\n`).join('') + (truncated ? '…\n' : ''))
}

/** What another text could put right. */
function isInput(problem: unknown): boolean {
  return problem instanceof InInput || problem instanceof LwaftrError || problem instanceof Refused
}
