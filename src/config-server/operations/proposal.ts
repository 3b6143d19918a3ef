// The change that an RPC is about (grouping `proposal` of the model) as edits.
import type { JsonObject } from '../../schema/json-types.js'
import type { Schema } from '../../schema/schema.js'
import { unwrap } from '../body.js'
import type { Edit } from '../edit.js'
import { DATASTORE } from '../representation.js'
import { editsFromJson } from '../yang-patch-body.js'

const WHOLE = { steps: [] }

export function proposedEdits(schema: Schema, { config, edit }: JsonObject): Edit[] {
  if (config === undefined) return editsFromJson(schema, WHOLE, Array.isArray(edit) ? edit : [])
  const value = unwrap(schema, WHOLE, 'replace', { [DATASTORE]: config })
  return [{ operation: 'replace', target: WHOLE, ...value }]
}
