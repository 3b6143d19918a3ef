// Values that commands take: from the command line or from stdin, in whichever format they are written.
import { readFileSync } from 'node:fs'
import { readBytes } from '../config-server/configuration-file.js'
import { insert } from '../config-server/representation.js'
import { loadConfiguration, readValueAt } from '../schema/formats.js'
import type { JsonObject, JsonValue } from '../schema/json-types.js'
import type { DataPath } from '../schema/paths.js'
import { loadSchema, type Schema } from '../schema/schema.js'
import { decodeSoftwire } from '../schema/softwire-record.js'
import { readingInput } from './failure.js'

/** VALUE, or all of stdin when it was not given: the value of what is at the path. */
export function valueGiven(schema: Schema, path: DataPath, given: string | undefined): JsonValue {
  const source = given === undefined ? readFileSync(0) : Buffer.from(given)
  const file = given === undefined ? 'stdin' : 'value'
  const { value, softwires } = readingInput(source, () => readValueAt(schema, path, source, { file }))
  if (softwires.count === 0) return value
  // Back in their place: what a command line edits is small enough for objects.
  const entries = [...softwires].map((record) => decodeSoftwire(record))
  return insert(schema, path, value, entries)
}

/** A whole configuration from a file, or from stdin for `-`, valid but for the rules across softwires. */
export async function configurationGiven(file: string): Promise<JsonObject> {
  const schema = loadSchema()
  const source = file === '-' ? readFileSync(0) : await readBytes(file)
  const options = { file: file === '-' ? 'stdin' : file }
  const { tree, softwires } = readingInput(source, () => loadConfiguration(schema, source, options))
  const entries = [...softwires].map((record) => decodeSoftwire(record))
  return (entries.length === 0 ? tree : insert(schema, { steps: [] }, tree, entries)) as JsonObject
}
