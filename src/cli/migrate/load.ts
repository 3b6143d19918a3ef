/** What the model takes of a configuration: the rest is left out, one by one, by what it says of each. */
import { LwaftrError } from '../../errors.js'
import type { JsonObject } from '../../schema/json-types.js'
import type { Schema } from '../../schema/schema.js'
import { loadText } from '../../schema/text.js'
import type { Report } from './report.js'
import { type Lineage, type Statement, without, writeStatements } from './statements.js'

/** Things that are nothing without a part that is missing. */
const entries = ['passthru-interface', 'queue', 'instance']

export function loadWhatGoes(schema: Schema, statements: readonly Statement[], report: Report): JsonObject {
  let left = statements
  for (;;) {
    const { text, lines } = writeStatements(left)
    try {
      return loadText(schema, Buffer.from(text)).tree
    } catch (failure) {
      if (!(failure instanceof LwaftrError) || failure.line === undefined) throw failure
      const lineage = blamed(failure, lines[failure.line - 1] ?? [])
      const one = lineage.at(-1)
      // Without its top there would be nothing. The failure's own line is one of text that nobody sees.
      if (one === undefined || (lineage.length === 1 && left.length === 1))
        throw new LwaftrError(failure.code, failure.message, { path: failure.path, line: one?.line })
      report.leftOut(describe(lineage), failure.message, one.line)
      left = without(left, one)
    }
  }
}

/** Where something is missing, the entry that lacks it; else what the error is about. */
function blamed(failure: LwaftrError, lineage: Lineage): Lineage {
  if (!/^missing-/.test(failure.code)) return lineage
  for (let length = lineage.length; length > 0; length--)
    if (entries.includes(lineage[length - 1]?.name ?? '')) return lineage.slice(0, length)
  return []
}

/** `instance eth0 queue 1 external-interface mac 01:…`: entries by their keys. */
function describe(lineage: Lineage): string {
  return lineage
    .filter(({ name }, depth) => name !== 'softwire-config' || depth === lineage.length - 1)
    .map(({ name, argument, body }) => {
      const key = body?.find((one) => one.name === (name === 'queue' ? 'id' : 'device'))?.argument
      return [name, argument ?? (entries.includes(name) ? key : undefined)].filter(Boolean).join(' ')
    })
    .join(' ')
}
