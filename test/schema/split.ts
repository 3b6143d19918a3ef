/** A tree with softwires in it as a datastore holds it. */
import type { Configuration } from '../../src/schema/configuration.js'
import { readJson } from '../../src/schema/json.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import type { Schema } from '../../src/schema/schema.js'
import { validateTree } from '../../src/schema/validate.js'

export function split(schema: Schema, tree: JsonObject): Configuration {
  const read = readJson(schema, Buffer.from(JSON.stringify(tree)))
  return { tree: validateTree(schema, read.tree), softwires: read.softwires }
}
